/** What each entry and each peer weighs in a user's bundle: bundled, minified, and compressed. */
// @ts-check
import { readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from '../tools/run.mjs';
import { OPTIMIZED_WASM, packageEntries, scripts } from '../tools/variants.mjs';

/** An import as a user writes it. @type {[name: string, code: string][]} */
const PEERS = [
  ['@microsoft/fetch-event-source', `export { fetchEventSource } from '@microsoft/fetch-event-source'`],
  ['eventsource-parser', `export { createParser } from 'eventsource-parser'`],
  ['eventsource-parser/stream', `export { EventSourceParserStream } from 'eventsource-parser/stream'`],
  ['eventsource-client', `export { createEventSource } from 'eventsource-client'`],
  ['openai/streaming', `export { Stream } from 'openai/streaming'`],
  ['eventsource', `export { EventSource } from 'eventsource'`],
  ['socket.io-client', `export { io } from 'socket.io-client'`],
  ['openai', `export { default } from 'openai'`],
  ['ai, DefaultChatTransport', `export { DefaultChatTransport } from 'ai'`],
  ['ai, streamText', `export { streamText } from 'ai'`],
];

/** @typedef {{ name: string, isOurs: boolean, raw: number, gzip: number, brotli: number }} SizeRow */

/** @param {string} name @param {boolean} isOurs @param {Uint8Array} bytes @returns {SizeRow} */
const weigh = (name, isOurs, bytes) => ({
  name,
  isOurs,
  raw: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotliCompressSync(bytes).length,
});

/** @param {import('esbuild').BuildOptions} options */
async function bundled(options) {
  const { outputFiles } = await build({
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    write: false,
    ...options,
  });
  return outputFiles?.[0]?.contents ?? new Uint8Array();
}

/** @returns {Promise<SizeRow[]>} */
export async function sizes() {
  /** @type {SizeRow[]} */
  const rows = [];
  const core = { specifier: 'the core: wasm and glue', output: 'src/shim/wasm/load.ts' };
  for (const { specifier, output } of [...packageEntries(), core])
    rows.push(weigh(specifier, true, await bundled({ entryPoints: [output], packages: 'external' })));
  for (const { output } of scripts) rows.push(weigh(output, true, readFileSync(output)));
  rows.push(weigh('the wasm alone', true, readFileSync(OPTIMIZED_WASM)));
  for (const [name, contents] of PEERS)
    rows.push(
      weigh(name, false, await bundled({ stdin: { contents, resolveDir: root }, platform: 'browser' })),
    );
  return rows;
}
