/**
 * The module as text inside the JavaScript file. For other build variants, the build replaces this file with one of
 * `source-*.ts` (`tools/variants.mjs`).
 */

import { frequentBytes, wasmText } from './generated/inline.js';

/** The argument of `init` of `eventsource-wasm/slim`. */
export type WasmSource = WasmSourceValue | Promise<WasmSourceValue>;
type WasmSourceValue = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/**
 * Compiles the module, synchronously where that is allowed: for such a small module, handing the work to another
 * thread takes longer than the work.
 */
export async function compile(_source?: WasmSourceValue): Promise<WebAssembly.Module> {
  try {
    return compileSync();
  } catch {
    // Older versions of Chromium compile at most 4 KiB synchronously in a page.
    return WebAssembly.compile(bytes());
  }
}

/** @throws if WebAssembly is forbidden, or a module of this size can't be compiled synchronously */
export function compileSync(): WebAssembly.Module {
  return new WebAssembly.Module(bytes());
}

/** Characters that aren't used as codes, because they would have to be escaped: `"$'<\\` and a backtick. */
const NO_CODES = [34, 36, 39, 60, 92, 96];

/** The text is decoded in parts of this many codes: engines optimize a repeated call sooner than a long loop. */
const PART = 1024;

/**
 * Decodes the text: the inverse of `toText` in `tools/pack-wasm.mjs`. It runs once in each user's page, so it has few
 * steps for each byte.
 */
function bytes(): Uint8Array<ArrayBuffer> {
  const singles: number[] = [];
  for (let code = 34; code < 127; code++) {
    if (!NO_CODES.includes(code)) singles.push(code);
  }
  /**
   * The byte of each code, in three pages. A code below 34 selects the page for the next code; the default is page 0.
   */
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
        // Decoding in place is safe: the write position never passes the read position.
        codes[length++] = pages[page + code] as number;
        page = 0;
      }
    }
  };
  for (let at = 0; at < codes.length; at += PART) readPart(at, Math.min(at + PART, codes.length));
  return codes.subarray(0, length);
}

/** Returns the message for an error of WebAssembly or of a Content-Security-Policy, `undefined` for any other error. */
export function explain(cause: unknown): string | undefined {
  if (!isOfWebAssembly(cause)) return undefined;
  return (
    `This package's WebAssembly module could not be started: ${cause}. If a Content-Security-Policy forbids it,` +
    " either add 'wasm-unsafe-eval' to its script-src or import 'eventsource-wasm/js', which needs no WebAssembly"
  );
}

/** Engines and policies throw different classes of errors, but all of them contain one of these words. */
export const isOfWebAssembly = (cause: unknown): boolean =>
  /webassembly|wasm|compileerror|linkerror|csp\b|content.security/i.test(`${cause}`);
