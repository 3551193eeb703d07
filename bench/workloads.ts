/** The streams of the benchmarks. They have the same bytes in every run. */

import { generator } from '../tests/support/chaos/random.js';

/** A stream, split into chunks in one or several ways. */
export interface Workload {
  name: string;
  /** The size of the stream, in bytes. */
  size: number;
  events: number;
  /** The length of all events' data together, in UTF-16 code units. */
  dataLength: number;
  /** The chunks, by the name of the split. */
  cuts: Record<string, Uint8Array[]>;
}

/** A block of a stream: its text, and the data if it is an event. */
type Block = [text: string, data?: string];

/** Creates block number `index`. */
type Shape = (choose: (from: readonly string[], count?: number) => string, index: number) => Block;

const SIZE = 1 << 20;
const WORDS =
  ' the river, winds past old mills and quiet gardens. Nobody asks where it goes! Tokens come one by one'.split(
    /(?= )/,
  );
const CHINESE =
  '，山中有一条小路，走过的人都说，春天的雨来得正好。书桌上的茶还是热的'.match(/.{1,3}/gu) ?? [];
const EMOJI = ['🙂', '🚀', '👩‍🚀', '🌧️', '🇨🇭', '🧑🏽‍🍳', ' and ', '✨', '🐙'];

/** A generator of numbers below 1, with a fixed seed. */
const numbers = () => generator(20_261_123);

/** Creates blocks of a shape while `isWanted` returns true. */
function blocksOf(shape: Shape, isWanted: (count: number, size: number) => boolean): Block[] {
  const next = numbers();
  const choose = (from: readonly string[], count = 1) =>
    Array.from({ length: count }, () => from[Math.floor(next() * from.length)]).join('');
  const blocks: Block[] = [];
  for (let size = 0; isWanted(blocks.length, size); size += blocks.at(-1)?.[0].length ?? 0)
    blocks.push(shape(choose, blocks.length));
  return blocks;
}
const bySize = (limit: number, shape: Shape) => blocksOf(shape, (_, size) => size < limit);
const byCount = (limit: number, shape: Shape) => blocksOf(shape, (count) => count < limit);

const event = (data: string, fields = ''): Block => [`${fields}data: ${data}\n\n`, data];

/** A chunk of a chat completion, as sent by OpenAI and many other servers. */
export function chatChunk(content: string): string {
  return JSON.stringify({
    id: 'chatcmpl-B7k2ZpQw9XnR4tYv',
    object: 'chat.completion.chunk',
    created: 1_795_000_000,
    model: 'gpt-x-2026',
    service_tier: 'default',
    system_fingerprint: 'fp_7c1d0a44e2',
    choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }],
  });
}

const chatEvent: Shape = (choose) => event(chatChunk(choose(WORDS)));
const messageDelta: Shape = (choose) => {
  const delta = { type: 'text_delta', text: choose(WORDS) };
  const data = JSON.stringify({ type: 'content_block_delta', index: 0, delta });
  return event(data, 'event: content_block_delta\n');
};

const streams: Record<string, () => Block[]> = {
  'OpenAI-like': () => bySize(SIZE, chatEvent),
  'Anthropic-like': () => bySize(SIZE, messageDelta),
  tiny: () => bySize(SIZE / 4, (_, index) => event(String(index % 10))),
  'id, event and data': () =>
    bySize(SIZE, (choose, index) =>
      event(`{"price":${index % 977}.25,"note":"${choose(WORDS)}"}`, `id: ${index}\nevent: trade\n`),
    ),
  'many lines of data': () =>
    bySize(SIZE, (choose) => {
      const lines = Array.from({ length: 8 }, () => choose(WORDS, 3));
      return [`${lines.map((line) => `data: ${line}\n`).join('')}\n`, lines.join('\n')];
    }),
  CRLF: () =>
    bySize(SIZE, (choose, index) => {
      const data = `{"sequence":${index},"text":"${choose(WORDS, 2)}"}`;
      return [`event: update\r\ndata: ${data}\r\n\r\n`, data];
    }),
  heartbeats: () =>
    bySize(SIZE / 2, (choose) => {
      const data = choose(WORDS);
      return [`${': keep-alive\n\n'.repeat(4)}data: ${data}\n\n`, data];
    }),
  Chinese: () => bySize(SIZE / 2, (choose) => event(chatChunk(choose(CHINESE, 2)))),
  'all Chinese': () => bySize(SIZE / 3, (choose) => event(choose(CHINESE, 40))),
  emoji: () => bySize(SIZE / 2, (choose) => event(`{"text":"${choose(EMOJI, 3)}"}`)),
};

/**
 * The shapes of eventsource-parser's own benchmark (its `bench/parse.bench.ts`), with one call of `feed` for each
 * piece. As bytes, because a network delivers bytes.
 */
const published: Record<string, () => { blocks: Block[]; pieces?: string[] }> = {
  'data-only': () => ({ blocks: byCount(258, chatEvent) }),
  'named-event': () => ({ blocks: byCount(134, messageDelta) }),
  'identified-event': () => ({
    blocks: byCount(128, (choose, index) =>
      event(JSON.stringify({ index, text: choose(WORDS) }), `id: ${1_000 + index}\nevent: tick\n`),
    ),
  }),
  multibyte: () => ({ blocks: byCount(128, (choose) => event(choose(CHINESE, 12) + choose(EMOJI, 5))) }),
  heartbeat: () => {
    const blocks = byCount(64, (choose) => event(choose(WORDS).trim()));
    return { blocks, pieces: blocks.flatMap(([text]) => [...Array(4).fill(': keep-alive\n'), text]) };
  },
  'idle-stream': () => ({
    blocks: [event('at last')],
    pieces: [...Array(512).fill(':'), '\n', 'data: at last\n\n'],
  }),
  'small-chunk': () => {
    const next = numbers();
    const blocks = byCount(130, chatEvent);
    const text = blocks.map(([text]) => text).join('');
    const pieces = [];
    for (let start = 0, end = 0; start < text.length; start = end) {
      end = start + 1 + Math.floor(next() * 15);
      pieces.push(text.slice(start, end));
    }
    return { blocks, pieces };
  },
  'edge-cases': () => ({
    blocks: ['hello there', 'two pieces', 'one\ntwo\nthree', 'only\nCR', 'cut name', 'the end'].map((data) =>
      event(data),
    ),
    pieces: [
      ...['id: 1\r\nevent: hello\r\ndata: hello there\r\n\r\n', 'id: 2\r\nevent: cut\r\ndata: two pieces\r'],
      ...['\n\r\n', 'event: lines\ndata: one\ndata: two\ndata: three\n\n', ': a comment\n: and another\n'],
      ...['event: returns\rdata: only\rdata: CR\r\r', 'retry: 1500\nnonsense: ignored\n\n', 'ev'],
      ...['ent: name\nda', 'ta: cut name\n\n', 'event: last\ndata: the end', '\n', '\n'],
    ],
  }),
};

const encoder = new TextEncoder();

/** Splits by size, in bytes. All other splits have one chunk for each piece of the stream. */
const SIZES: Record<string, number> = {
  '64 KiB': 64 << 10,
  '4 KiB': 4 << 10,
  '1460 bytes': 1460,
  '16 bytes': 16,
};

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces = [];
  // Copies, because chunks from a network have separate buffers.
  for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.slice(start, start + size));
  return pieces;
}

const textsOf = (blocks: Block[]) => blocks.map(([text]) => text);

function workload(name: string, cuts: string[], blocks: Block[], pieces = textsOf(blocks)): Workload {
  const bytes = encoder.encode(pieces.join(''));
  const data = blocks.flatMap(([, data]) => data ?? []);
  const inPieces = (cutName: string) => {
    const size = SIZES[cutName];
    return size ? cut(bytes, size) : pieces.map((piece) => encoder.encode(piece));
  };
  return {
    name,
    size: bytes.length,
    events: data.length,
    dataLength: data.join('').length,
    cuts: Object.fromEntries(cuts.map((cutName) => [cutName, inPieces(cutName)])),
  };
}

/** Creates `count` events, each with a chunk of a chat completion, about 268 bytes. */
export const chatEvents = (count: number) =>
  textsOf(byCount(count, chatEvent)).map((text) => encoder.encode(text));

const line = (size: number) => [event('abcdefghijklmnopqrstuvwxyz012345'.repeat(size / 32))];

/** Yields one workload at a time, because together they would need a lot of memory. */
export function* workloads(): Generator<Workload> {
  for (const [name, make] of Object.entries(streams)) {
    yield workload(name, ['64 KiB', '4 KiB', 'one event'], make());
  }
  yield workload('a line of 4 MiB', ['64 KiB', '4 KiB', '1460 bytes', 'one event'], line(4 << 20));
  yield workload('a line of 256 KiB', ['16 bytes'], line(256 << 10));
  for (const [name, make] of Object.entries(published)) {
    const { blocks, pieces } = make();
    yield workload(name, ['as published'], blocks, pieces);
  }
}
