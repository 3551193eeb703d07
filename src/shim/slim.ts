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
 * Says where the module is, and starts it. Without this it is fetched when the first object is made, from where the
 * package's file is, which many bundlers find by themselves; call this before, where yours doesn't or where you want
 * the module ready.
 *
 * @param source a URL, a request or a response, bytes, or a compiled module; or a promise of one
 */
export async function init(source?: WasmSource): Promise<void> {
  await load(source);
}
