/**
 * The core as JavaScript, for pages and engines without WebAssembly. In: the module as cargo built it, without SIMD.
 * Out: core.js, with the same exports as the WebAssembly build's glue, and module.js in place of `WebAssembly`.
 *
 *   cargo's wasm, its features turned off ─▶ bindgen ─▶ wasm-opt ─▶ wasm2js ─▶ core.js, module.js
 */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { trimGlue } from './glue.mjs';
import { npmBin, run, StepError } from './run.mjs';

/** What bindgen would use if the module were said to have it, and wasm2js can't translate. */
const UNWANTED_FEATURES = ['reference-types', 'multivalue'];

/**
 * @param {{ rawWasm: string, bindgen: string, features: string[], work: string, out: string }} paths
 *   `features` as wasm-opt calls them; `work` and `out` are folders
 */
export async function makeWasm2js({ rawWasm, bindgen, features, work, out }) {
  mkdirSync(work, { recursive: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(`${work}/plain.wasm`, withoutFeatures(readFileSync(rawWasm)));
  await run(bindgen, [`${work}/plain.wasm`, work]);
  await run(npmBin('wasm-opt'), [
    '-Oz',
    '--mvp-features',
    ...features.map((feature) => `--enable-${feature}`),
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
  await run(npmBin('wasm2js'), [
    '-O2',
    '--mvp-features',
    ...features.map((feature) => `--enable-${feature}`),
    `${work}/lowered.wasm`,
    '--output',
    `${work}/wasm2js.js`,
  ]);
  const { transform } = await import('esbuild');
  const { code } = await transform(moduleOf(readFileSync(`${work}/wasm2js.js`, 'utf8')), { minify: true });
  writeFileSync(`${out}/module.js`, code);
  writeFileSync(`${out}/core.js`, glueOf(readFileSync(`${work}/core.js`, 'utf8')));
}

/**
 * A module whose section of features says of some that they are not used: bindgen then keeps objects in an array of
 * its own instead of a table.
 * @param {Buffer} wasm
 */
function withoutFeatures(wasm) {
  const [plus, minus] = ['+', '-'];
  for (const feature of UNWANTED_FEATURES) {
    const entry = String.fromCharCode(feature.length) + feature;
    const at = wasm.lastIndexOf(plus + entry, wasm.length, 'latin1');
    if (at >= 0) wasm.write(minus, at, 'latin1');
    else if (wasm.lastIndexOf(minus + entry, wasm.length, 'latin1') < 0)
      throw new StepError(`the module says nothing about the feature ${feature}`);
  }
  return wasm;
}

/**
 * wasm2js instantiates when it is imported; this does so when it is asked to, as often as it is asked to.
 * @param {string} translated
 */
function moduleOf(translated) {
  const code = translated
    .slice(0, once(translated, '\nvar retasmFunc = asmFunc('))
    .replace(/^import \* as .*\n/gm, '');
  if (/^(import|export) /m.test(code))
    throw new StepError('wasm2js wrote an import or an export that is not known');
  return `${code}
class Module {}
class Instance {
  constructor(_module, imports) {
    this.exports = asmFunc(imports);
  }
}
export const WebAssembly = { Module, Instance };
`;
}

/**
 * The glue with the translated module instead of WebAssembly.
 * @param {string} glue
 */
function glueOf(glue) {
  let text = trimGlue(glue);
  /** @param {string | RegExp} from @param {string} to */
  const replace = (from, to) => {
    once(text, from);
    text = text.replace(from, () => to);
  };
  replace(
    /^import \* as (\w+) from "__wbindgen_externref_xform__"\n/m,
    `import { WebAssembly } from './module.js';\nconst ${/^import \* as (\w+)/m.exec(text)?.[1]} = { __wbindgen_externref_statics_end: () => firstObject };\n`,
  );
  replace(
    '\nlet heap_next = heap.length;\n',
    '\nlet heap_next = heap.length;\nconst firstObject = heap.length;\n',
  );
  return text;
}

/** Where a text is that has to be there, and only once. @param {string} text @param {string | RegExp} part */
function once(text, part) {
  const at = text.search(typeof part === 'string' ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : part);
  if (at < 0) throw new StepError(`there is no ${part} in what bindgen or wasm2js wrote`);
  return at;
}
