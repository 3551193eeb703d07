/** The module by import, compiled before the program runs: Cloudflare's workers and edge functions compile nothing. */

import module from './core.wasm';
import type { compile as compileInline } from './source.js';

export { explain, type WasmSource } from './source.js';

export const compile: typeof compileInline = async () => module;

export const compileSync = (): WebAssembly.Module => module;
