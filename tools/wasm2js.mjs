/**
 * Builds the core as JavaScript, for pages and engines without WebAssembly. Input: cargo's module, without SIMD.
 * Output: core.js, with the same exports as the WebAssembly build's glue, and module.js instead of `WebAssembly`.
 *
 *   cargo's wasm, its features turned off ─▶ bindgen ─▶ wasm-opt ─▶ wasm2js ─▶ core.js, module.js
 */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { glueOf, moduleOf, withoutFeatures } from './patch-generated.mjs';
import { npmBin, run } from './run.mjs';

/** Features that bindgen uses if the module declares them, but wasm2js can't translate. */
const UNWANTED_FEATURES = ['reference-types', 'multivalue'];

/**
 * @param {{ rawWasm: string, bindgen: string, features: string[], work: string, out: string }} paths
 *   `features`: wasm-opt's names; `work` and `out` are folders
 */
export async function makeWasm2js({ rawWasm, bindgen, features, work, out }) {
  mkdirSync(work, { recursive: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(`${work}/plain.wasm`, withoutFeatures(readFileSync(rawWasm), UNWANTED_FEATURES));
  await run(bindgen, [`${work}/plain.wasm`, work]);
  const options = ['--mvp-features', ...features.map((feature) => `--enable-${feature}`)];
  await run(npmBin('wasm-opt'), [
    '-Oz',
    ...options,
    '--llvm-nontrapping-fptoint-lowering',
    '--llvm-memory-copy-fill-lowering',
    '--signext-lowering',
    '--strip-debug',
    '--strip-producers',
    '--strip-target-features',
    `${work}/core_bg.wasm`,
    '--output',
    `${work}/lowered.wasm`,
  ]);
  const output = ['--output', `${work}/wasm2js.js`];
  await run(npmBin('wasm2js'), ['-O2', ...options, `${work}/lowered.wasm`, ...output]);
  const { transform } = await import('esbuild');
  const { code } = await transform(moduleOf(readFileSync(`${work}/wasm2js.js`, 'utf8')), { minify: true });
  writeFileSync(`${out}/module.js`, code);
  writeFileSync(`${out}/core.js`, glueOf(readFileSync(`${work}/core.js`, 'utf8')));
}
