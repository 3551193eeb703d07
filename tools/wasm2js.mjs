/**
 * Builds the core as JavaScript, for pages and engines without WebAssembly. Input: cargo's module, without SIMD.
 * Output: core.js, with the same exports as the WebAssembly build's glue, and module.js instead of `WebAssembly`.
 *
 *   cargo's wasm, without features that wasm2js can't translate ─▶ bindgen ─▶ wasm-opt ─▶ wasm2js ─▶ core.js, module.js
 */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { runBindgen } from './pack-wasm.mjs';
import { moduleOf, trimGlue } from './patch-generated.mjs';
import { npmBin, run } from './run.mjs';

/**
 * @param {{ rawWasm: string, bindgen: string, features: string[], work: string, out: string }} paths
 *   `features`: wasm-opt's names; `work` and `out` are folders
 */
export async function makeWasm2js({ rawWasm, bindgen, features, work, out }) {
  mkdirSync(out, { recursive: true });
  await runBindgen(bindgen, rawWasm, work, ['reference-types', 'multivalue']);
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
  await run(npmBin('wasm2js'), ['-O2', ...options, `${work}/lowered.wasm`, `--output=${work}/wasm2js.js`]);
  const { transform } = await import('esbuild');
  const { code } = await transform(moduleOf(readFileSync(`${work}/wasm2js.js`, 'utf8')), { minify: true });
  writeFileSync(`${out}/module.js`, code);
  const glue = trimGlue(readFileSync(`${work}/core.js`, 'utf8'));
  writeFileSync(`${out}/core.js`, `import { WebAssembly } from './module.js';\n${glue}`);
}
