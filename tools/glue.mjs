/**
 * The glue of wasm-bindgen, without what this package never uses: the module comes compiled, is started once, and no
 * string crosses. Importing it must look nothing up, and wasm-bindgen's own makes a `TextDecoder`.
 */
// @ts-check
import { StepError } from './run.mjs';

/** @type {[pattern: RegExp, replacement: string][]} */
const cuts = [
  // The only text that the module would show: that of an error in wasm-bindgen itself.
  [
    /throw new Error\(getStringFromWasm0\(arg0, arg1\)\);/,
    "throw new Error('eventsource-wasm: internal error');",
  ],
  [/^function getStringFromWasm0[\s\S]*?^\}\n/m, ''],
  [/^let cachedUint8ArrayMemory0[\s\S]*?^function getUint8ArrayMemory0[\s\S]*?^\}\n/m, ''],
  [/^let cachedTextDecoder[\s\S]*?^function decodeText[\s\S]*?^\}\n/m, ''],
  [/^async function __wbg_load[\s\S]*?^\}\n/m, ''],
  [/^function __wbg_finalize_init[\s\S]*?^\}\n/m, ''],
  [/^let wasmModule, wasmInstance, wasm;$/m, 'let wasm;'],
  [
    /^function initSync\(module\) \{[\s\S]*?^\}\n/m,
    `function initSync({ module }) {
    wasm = new WebAssembly.Instance(module, __wbg_get_imports()).exports;
    wasm.__wbindgen_start?.();
}
`,
  ],
  [/^let __wbg_init_promise;[\s\S]*?(?=^export \{)/m, ''],
  // The shim writes to the module's memory and reads from it.
  [
    /^export \{ initSync, __wbg_init as default \};?$/m,
    `function coreMemory() {
    return wasm.memory;
}

function coreStack() {
    return wasm.__stack_pointer;
}

export { coreMemory, coreStack, initSync };`,
  ],
];

/** @param {string} glue */
export function trimGlue(glue) {
  return cuts.reduce((text, [pattern, replacement]) => {
    if (!pattern.test(text)) throw new StepError(`wasm-bindgen's glue has no ${pattern}`);
    return text.replace(pattern, () => replacement);
  }, glue);
}

/** The types of what this adds. @param {string} declarations */
export function trimDeclarations(declarations) {
  return declarations.replace(
    /^export type InitInput[\s\S]*$/m,
    'export function initSync(source: { module: WebAssembly.Module }): void;\nexport function coreMemory(): WebAssembly.Memory;\nexport function coreStack(): { value: number };\n',
  );
}
