/**
 * The same as `eventsource-wasm`, with the WebAssembly module in a file of its own: `eventsource-wasm/core.wasm`.
 *
 * @module eventsource-wasm/slim
 */

import { load } from './wasm/load.js';
import type { WasmSource } from './wasm/source.js';

export * from './index.js';
export type { WasmSource };

/**
 * Locates the module and starts it. Without this call, the module is fetched when the first object is made, from the
 * package's own file, which many bundlers find. Call this before if yours doesn't, or if you want the module ready.
 *
 * @param source a URL, a request or a response, bytes, or a compiled module; or a promise of one
 */
export async function init(source?: WasmSource): Promise<void> {
  await load(source);
}
