/** The core as JavaScript, without a WebAssembly module (`tools/wasm2js.mjs`). */

import type { compile as compileInline } from './source.js';

export type { WasmSource } from './source.js';

export const compile: typeof compileInline = async () => ({}) as WebAssembly.Module;

export const compileSync = (): WebAssembly.Module => ({}) as WebAssembly.Module;

export const explain = (_cause: unknown): string | undefined => undefined;
