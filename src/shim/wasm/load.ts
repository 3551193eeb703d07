/** Starts the Rust core: at its first use, once. The other files here say how the module is had. */

import * as core from './generated/core.js';
import { compile, type WasmSource } from './source.js';

export { explain } from './source.js';
export type Core = typeof core;

let loading: Promise<Core> | undefined;

/** The core, when it is ready. Rejects where its module isn't to be had; the next call tries anew. */
export function load(source?: WasmSource): Promise<Core> {
  loading ??= start(source).catch((cause) => {
    loading = undefined;
    throw cause;
  });
  return loading;
}

async function start(source: WasmSource | undefined): Promise<Core> {
  core.initSync({ module: await compile(await source) });
  return core;
}
