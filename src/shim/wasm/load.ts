/** Starts the Rust core: at its first use, once. The only file that knows how the module is had. */

import * as core from './generated/core.js';
import { wasmBase64 } from './generated/inline.js';

export type Core = typeof core;

let loading: Promise<Core> | undefined;
let isStarted = false;

/** The core, when it is ready. Rejects where WebAssembly isn't to be had; the next call tries anew. */
export function load(): Promise<Core> {
  loading ??= start().catch((cause) => {
    loading = undefined;
    throw cause;
  });
  return loading;
}

/** The core at once, for interfaces that can't wait. Throws where WebAssembly isn't to be had. */
export function loadSync(): Core {
  if (!isStarted) core.initSync({ module: new WebAssembly.Module(decodeBase64(wasmBase64)) });
  isStarted = true;
  return core;
}

/** Says what to do where the module can't be started. */
export function explainNotStarted(cause: unknown): string {
  return (
    `This package's WebAssembly module could not be started: ${cause}. Where the page has a Content-Security-Policy,` +
    " its script-src has to allow 'wasm-unsafe-eval'"
  );
}

async function start(): Promise<Core> {
  const module = await WebAssembly.compile(decodeBase64(wasmBase64));
  if (!isStarted) core.initSync({ module });
  isStarted = true;
  return core;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
