/** The module as a separate file, `dist/core.wasm`, which is compiled while it is fetched. */

import { type compile as compileInline, isOfWebAssembly } from './source.js';

export type { WasmSource } from './source.js';

export const compile: typeof compileInline = (source) =>
  compileFile(source).catch((cause) => {
    throw new Error(`core.wasm: ${cause}`, { cause });
  });

const compileFile: typeof compileInline = async (source = new URL('../core.wasm', import.meta.url)) => {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(source);
  const url = source instanceof Response ? source.url : source instanceof Request ? source.url : `${source}`;
  const bytes = /^file:/.test(url) && readFile(new URL(url));
  if (bytes) return WebAssembly.compile(await bytes);
  const response = source instanceof Response ? source : await fetch(source);
  if (!response.ok) throw new Error(`${response.url || url} was answered with ${response.status}`);
  // Compiling during the download needs the right content type. With another one, compile afterwards.
  const isCalledWasm = /^application\/wasm$/i.test(response.headers.get('Content-Type') ?? '');
  return isCalledWasm && WebAssembly.compileStreaming
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
};

export function compileSync(): WebAssembly.Module {
  throw new Error('core.wasm is not loaded yet: await init() first');
}

/** Reads a file in Node, whose `fetch` can't. Without an `import`, so that bundlers don't look for Node's module. */
function readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> | undefined {
  const { process } = globalThis as {
    process?: {
      getBuiltinModule?(name: 'fs'): { promises: { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> } };
    };
  };
  return process?.getBuiltinModule?.('fs').promises.readFile(url);
}

export function explain(cause: unknown): string | undefined {
  if (!isOfWebAssembly(cause)) return undefined;
  return (
    `This package's WebAssembly module could not be started: ${cause}. If the file core.wasm can't be found, pass` +
    ' its URL or its bytes to init(). If a Content-Security-Policy forbids WebAssembly, either add' +
    " 'wasm-unsafe-eval' to its script-src or import 'eventsource-wasm/js', which needs no WebAssembly"
  );
}
