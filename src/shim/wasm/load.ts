/** Starts the Rust core: at its first use, once. The only file that knows how the module is had. */

import * as core from './generated/core.js';
import { wasmBase64 } from './generated/inline.js';

export type Core = typeof core;

let loading: Promise<Core> | undefined;

/** The core, when it is ready. Rejects where WebAssembly isn't to be had; the next call tries anew. */
export function load(): Promise<Core> {
  loading ??= start().catch((cause) => {
    loading = undefined;
    throw cause;
  });
  return loading;
}

async function start(): Promise<Core> {
  core.initSync({ module: await WebAssembly.compile(decodeBase64(wasmBase64)) });
  return core;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
