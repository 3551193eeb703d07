/**
 * Like `eventsource-wasm`, with the WebAssembly module in a separate file: `eventsource-wasm/core.wasm`.
 *
 * @module eventsource-wasm/slim
 */

import { load } from './wasm/load.js';
import type { WasmSource } from './wasm/source.js';

export * from './index.js';
export type { WasmSource };

/**
 * Loads and starts the WebAssembly module. Without this call, the module is fetched when the first object is created,
 * from the package's own file, which many bundlers find. Call `init` first if your bundler doesn't, or to start the
 * module early.
 *
 * @param source a URL, a request, a response, bytes, a compiled module, or a promise of one of these
 */
export async function init(source?: WasmSource): Promise<void> {
  await load(source);
}
