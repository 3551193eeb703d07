/**
 * Where the module comes from: here, out of the JavaScript file itself. The build puts one of the other
 * `source-*.ts` in the place of this file to make the package's other forms (`tools/entries.mjs`).
 */

import { frequentBytes, wasmText } from './generated/inline.js';

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

/** The opposite of `toText` in `tools/pack-wasm.mjs`. */
function bytes(): Uint8Array<ArrayBuffer> {
  const isFrequent = (byte: number) =>
    (Number.parseInt(frequentBytes[byte >> 2] ?? '', 16) >> (byte & 3)) & 1;
  const values = Array.from({ length: 256 }, (_, byte) => byte).sort((a, b) => isFrequent(b) - isFrequent(a));
  const ranks: number[] = [];
  let count = -2;
  for (let code = 32; code < 127; code++) {
    if (!'"$\'<\\`'.includes(String.fromCharCode(code))) ranks[code] = count++;
  }
  const bytes = [];
  let page = 0;
  for (let at = 0; at < wasmText.length; at++) {
    const rank = ranks[wasmText.charCodeAt(at)] as number;
    if (rank < 0) {
      page = (rank + 3) * count;
    } else {
      bytes.push(values[page + rank] as number);
      page = 0;
    }
  }
  return Uint8Array.from(bytes);
}

/** What an error says when the module could not be started. */
export function explain(cause: unknown): string {
  return (
    `This package's WebAssembly module could not be started: ${cause}. Where a Content-Security-Policy forbids it,` +
    " either add 'wasm-unsafe-eval' to its script-src or import 'eventsource-wasm/js', which needs no WebAssembly"
  );
}
