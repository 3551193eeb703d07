/**
 * All changes to generated code: the glue of wasm-bindgen, with and without WebAssembly, and the output of wasm2js.
 * Each change fails if the code that it replaces is missing.
 */
// @ts-check
import { StepError } from './run.mjs';

/**
 * The plain exports of `src/browser/mod.rs` and of the linker. The glue exports them directly, without wrapper
 * functions. Their types are in `src/shim/wasm/core.d.ts`.
 */
const plainExports = [
  ...['memory', 'stack', 'buffersAddress', 'connect', 'feed', 'disconnect'],
  ...['newScanner', 'scan', 'restartWindow', 'rewind', 'freeScanner'],
];
const exported = ['initSync', 'addHeapObject', ...plainExports];
/** @param {string} name */
const nameInModule = (name) =>
  name === 'stack' ? '__stack_pointer' : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * Removes code of the glue that this package never uses: the module is already compiled, is started once, and passes no
 * strings. Importing the glue must look nothing up, but wasm-bindgen's creates a `TextDecoder`.
 * @type {[pattern: RegExp, replacement: string][]}
 */
const cuts = [
  // An import that bindgen provides only for a table of objects.
  [
    /^import \* as import1 from "__wbindgen_externref_xform__"\n/m,
    'const import1 = { __wbindgen_externref_statics_end: () => FIRST_OBJECT };\n',
  ],
  [/^let heap_next = heap.length;\n/m, 'let heap_next = heap.length;\nconst FIRST_OBJECT = heap.length;\n'],
  // Rust holds all its closures until it frees them, so none is ever garbage-collected first.
  [/^const CLOSURE_DTORS = [\s\S]*?;\n\n/m, ''],
  [/^ +CLOSURE_DTORS\.(un)?register\(.*\n/gm, ''],
  // The only text from the module: the message of an error in wasm-bindgen itself.
  [
    /throw new Error\(getStringFromWasm0\(arg0, arg1\)\);/,
    "throw new Error('eventsource-wasm: internal error');",
  ],
  [/^function getStringFromWasm0[\s\S]*?^\}\n/m, ''],
  [/^let cachedUint8ArrayMemory0[\s\S]*?^function getUint8ArrayMemory0[\s\S]*?^\}\n/m, ''],
  [/^let cachedTextDecoder[\s\S]*?^function decodeText[\s\S]*?^\}\n/m, ''],
  [/^async function __wbg_load[\s\S]*?^\}\n/m, ''],
  [/^function __wbg_finalize_init[\s\S]*?^\}\n/m, ''],
  [/^let wasmModule, wasmInstance, wasm;$/m, `let wasm, ${plainExports.join(', ')};`],
  [
    /^function initSync\(module\) \{[\s\S]*?^\}\n/m,
    `function initSync({ module }) {
    wasm = new WebAssembly.Instance(module, __wbg_get_imports()).exports;
${plainExports.map((name) => `    ${name} = wasm.${nameInModule(name)};\n`).join('')}}
`,
  ],
  [/^let __wbg_init_promise;[\s\S]*?(?=^export \{)/m, ''],
  [/^export \{ initSync, __wbg_init as default \};?$/m, `export { ${exported.join(', ')} };`],
];

/** @param {string} glue */
export function trimGlue(glue) {
  if (glue.includes('__wbindgen_start'))
    throw new StepError("wasm-bindgen's glue calls __wbindgen_start, which trimGlue removes");
  return cuts.reduce((text, [pattern, replacement]) => {
    if (!pattern.test(text)) throw new StepError(`wasm-bindgen's glue has no ${pattern}`);
    return text.replace(pattern, () => replacement);
  }, glue);
}

/**
 * Replaces the names of the module's imports and exports in the glue by short ones.
 * @param {string} glue
 * @param {Map<string, string>} imports
 * @param {Map<string, string>} exports
 */
export function withNames(glue, imports, exports) {
  const found = new Set();
  const modules = /"\.\/core_bg\.js": import0,\s*"__wbindgen_externref_xform__": import1,/;
  once(glue, modules);
  const named = glue
    .replace(/\bwasm\.(\w+)/g, (_all, name) => `wasm.${exports.get(name)}`)
    .replace(/^ {8}(__wb\w+)(?=: function)/gm, (_all, name) => {
      found.add(name);
      return imports.get(name) ?? name;
    })
    .replace(modules, 'a: import0,');
  const missing = [...imports.keys()].filter((name) => !found.has(name));
  if (missing.length > 0) throw new StepError(`the glue has no ${missing.join(', ')}`);
  return named;
}

/**
 * Marks features as unused in the module's features section, so that bindgen doesn't use them.
 * @param {Buffer} wasm @param {string[]} features
 */
export function withoutFeatures(wasm, features) {
  for (const feature of features) {
    const entry = String.fromCharCode(feature.length) + feature;
    const at = wasm.lastIndexOf(`+${entry}`, wasm.length, 'latin1');
    if (at >= 0) wasm.write('-', at, 'latin1');
    else if (wasm.lastIndexOf(`-${entry}`, wasm.length, 'latin1') < 0)
      throw new StepError(`the module says nothing about the feature ${feature}`);
  }
  return wasm;
}

/**
 * Wraps the output of wasm2js, which instantiates the module when it is imported, in a class that does so for each
 * instance.
 * @param {string} translated
 */
export function moduleOf(translated) {
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

/** Returns the index of a part. Throws if it is missing. @param {string} text @param {string | RegExp} part */
function once(text, part) {
  const at = text.search(typeof part === 'string' ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : part);
  if (at < 0) throw new StepError(`there is no ${part} in what bindgen or wasm2js wrote`);
  return at;
}
