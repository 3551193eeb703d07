/**
 * The module's source: text inside the JavaScript file. For other build variants, the build replaces this file with
 * one of `source-*.ts` (`tools/variants.mjs`).
 */

import { frequentBytes, wasmText } from './generated/inline.js';

/** What `init` of `eventsource-wasm/slim` takes. */
export type WasmSource = WasmSourceValue | Promise<WasmSourceValue>;
type WasmSourceValue = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/**
 * The compiled module. It is compiled at once where that is allowed: handing it to another thread takes longer than
 * compiling so little.
 */
export async function compile(_source?: WasmSourceValue): Promise<WebAssembly.Module> {
  try {
    return compileSync();
  } catch {
    // Older versions of Chromium allow only 4 KiB at once in a page.
    return WebAssembly.compile(bytes());
  }
}

/** @throws if WebAssembly is forbidden, or so large a module at once */
export function compileSync(): WebAssembly.Module {
  return new WebAssembly.Module(bytes());
}

/** What is no code of a byte, as it would have to be escaped: `"$'<\\` and a backtick. */
const NO_CODES = [34, 36, 39, 60, 92, 96];

/** The text is decoded in parts of this many codes: engines optimize a repeated call sooner than a long loop. */
const PART = 1024;

/** The opposite of `toText` in `tools/pack-wasm.mjs`. It runs once, in all users' pages: few steps for each byte. */
function bytes(): Uint8Array<ArrayBuffer> {
  const singles: number[] = [];
  for (let code = 34; code < 127; code++) {
    if (!NO_CODES.includes(code)) singles.push(code);
  }
  /** What a code stands for, by the page that the code before it has chosen, or none has. */
  const pages = new Uint8Array(3 * 128);
  let frequent = 0;
  let rare = singles.length;
  for (let byte = 0, digit = 0; byte < 256; byte++) {
    digit = byte & 3 ? digit >> 1 : Number.parseInt(frequentBytes[byte >> 2] as string, 16);
    const rank = digit & 1 ? frequent++ : rare++;
    pages[Math.floor(rank / singles.length) * 128 + (singles[rank % singles.length] as number)] = byte;
  }
  const codes = new TextEncoder().encode(wasmText);
  let page = 0;
  let length = 0;
  const readPart = (start: number, end: number) => {
    for (let at = start; at < end; at++) {
      const code = codes[at] as number;
      if (code < 34) {
        page = (code - 31) * 128;
      } else {
        // What is written is never behind what has been read.
        codes[length++] = pages[page + code] as number;
        page = 0;
      }
    }
  };
  for (let at = 0; at < codes.length; at += PART) readPart(at, Math.min(at + PART, codes.length));
  return codes.subarray(0, length);
}

/** The message for an error of WebAssembly's or of a policy's; `undefined` for any other. */
export function explain(cause: unknown): string | undefined {
  if (!isOfWebAssembly(cause)) return undefined;
  return (
    `This package's WebAssembly module could not be started: ${cause}. Where a Content-Security-Policy forbids it,` +
    " either add 'wasm-unsafe-eval' to its script-src or import 'eventsource-wasm/js', which needs no WebAssembly"
  );
}

/** Each engine and each policy has an error class of its own, and all of them name one of these. */
export const isOfWebAssembly = (cause: unknown): boolean =>
  /webassembly|wasm|compileerror|linkerror|csp\b|content.security/i.test(`${cause}`);
