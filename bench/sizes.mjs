/**
 * What each entry weighs in a user's bundle, beside what others weigh. Out: rows of bytes: bundled and minified, then
 * compressed.
 */
// @ts-check
import { build } from 'esbuild';
import { measureSizes, weigh } from '../tools/size.mjs';
import { root } from '../tools/steps.mjs';

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

/** @returns {Promise<SizeRow[]>} */
export async function sizes() {
  const ours = (await measureSizes()).map((row) => ({ ...row, isOurs: true }));
  const peers = [];
  for (const [name, contents] of PEERS) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      logLevel: 'error',
      write: false,
    });
    const { contents: bytes } = /** @type {import('esbuild').OutputFile} */ (outputFiles[0]);
    peers.push({ ...weigh(name, bytes), isOurs: false });
  }
  return [...ours, ...peers];
}
