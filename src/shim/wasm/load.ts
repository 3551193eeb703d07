/** Starts the Rust core: at its first use, once. The other files here say how the module is had. */

import { type FailureArguments, internalFailure } from '../events.js';
import * as core from './generated/core.js';
import { compile, compileSync, explain, type WasmSource } from './source.js';

export type Core = typeof core;

let loading: Promise<Core> | undefined;
let isStarted = false;

/** The core, when it is ready. Rejects where its module isn't to be had; the next call tries anew. */
export function load(source?: WasmSource): Promise<Core> {
  loading ??= start(source).catch((cause) => {
    loading = undefined;
    throw cause;
  });
  return loading;
}

/** The core at once, for interfaces that can't wait. Throws where its module isn't to be had. */
export function loadSync(): Core {
  if (!isStarted) core.initSync({ module: compileSync() });
  isStarted = true;
  return core;
}

async function start(source: WasmSource | undefined): Promise<Core> {
  const module = await compile(await source);
  if (!isStarted) core.initSync({ module });
  isStarted = true;
  return core;
}

/** The exception for a core that couldn't be started: it names WebAssembly only where that is to blame. */
export function startError(cause: unknown): unknown {
  const message = explain(cause);
  return message ? new Error(message, { cause }) : cause;
}

/** The same as a connection's failure. */
export function startFailure(cause: unknown): FailureArguments {
  const message = explain(cause);
  return message ? ['webassembly', message, 0, cause, undefined, undefined] : internalFailure(0, cause);
}
