/** The module as an import, for Cloudflare Workers and edge functions, which forbid compiling at run time. */

import module from './core.wasm';
import type { compile as compileInline } from './source.js';

export { explain, type WasmSource } from './source.js';

export const compile: typeof compileInline = async () => module;

export const compileSync = (): WebAssembly.Module => module;
