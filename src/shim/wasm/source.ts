/**
 * The module as hexadecimal text inside the JavaScript file. For other build variants, the build replaces this file
 * with one of `source-*.ts` (`tools/variants.mjs`).
 */

import { wasmHex } from './generated/inline.js';

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

/**
 * Decodes the text: by the engine where it can, because a loop that has never run before takes several milliseconds.
 */
function bytes(): Uint8Array<ArrayBuffer> {
  const { fromHex } = Uint8Array as { fromHex?: (hex: string) => Uint8Array<ArrayBuffer> };
  if (fromHex) return fromHex(wasmHex);
  const { Buffer } = globalThis as {
    Buffer?: { from(text: string, encoding: string): Uint8Array<ArrayBuffer> };
  };
  if (Buffer) return Buffer.from(wasmHex, 'hex');
  const codes = new TextEncoder().encode(wasmHex);
  const { length } = codes;
  // Decoding in place is safe: the write position never passes the read position. Letters have bit 6, digits don't.
  for (let at = 0; at < length; at += 2) {
    const high = codes[at] as number;
    const low = codes[at + 1] as number;
    codes[at >> 1] = ((high & 15) + 9 * (high >> 6)) * 16 + (low & 15) + 9 * (low >> 6);
  }
  return codes.subarray(0, length / 2);
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
