/**
 * Where the module comes from: here, out of the JavaScript file itself. The build puts one of the other
 * `source-*.ts` in the place of this file to make the package's other forms (`tools/entries.mjs`).
 */

import { wasmBase64 } from './generated/inline.js';

/** What `init` of `eventsource-wasm/slim` takes. */
export type WasmSource = WasmSourceValue | Promise<WasmSourceValue>;
type WasmSourceValue = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/** The compiled module. */
export function compile(_source?: WasmSourceValue): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytes());
}

/** The same at once. */
export function compileSync(): WebAssembly.Module {
  return new WebAssembly.Module(bytes());
}

function bytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0));
}

/** What an error says when the module could not be started. */
export function explain(cause: unknown): string {
  return (
    `This package's WebAssembly module could not be started: ${cause}. Where a Content-Security-Policy forbids it,` +
    " either add 'wasm-unsafe-eval' to its script-src or import 'eventsource-wasm/js', which needs no WebAssembly"
  );
}
