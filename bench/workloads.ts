/** The streams that parsers are measured with: each has its shape, and the same bytes in every run. */

/** A stream as what it comes in. */
export interface Workload {
  name: string;
  /** One of those that eventsource-parser's own benchmark has, in the pieces that it has there. */
  isPublished: boolean;
  /** The whole stream's bytes. */
  size: number;
  events: number;
  /** Code units of all the events' data together: who has another sum has parsed wrongly. */
  dataLength: number;
  /** The pieces, by the name of the cut. */
  cuts: Record<string, Uint8Array[]>;
}

/** A stream, block by block: the lines of each, and the data of the event that it is, if it is one. */
type Block = [text: string, data?: string];

const SIZE = 1 << 20;
const WORDS =
  ' the river, winds past old mills and quiet gardens. Nobody asks where it goes! Tokens come one by one'
    .split(/(?= )/)
    .map((word) => word);
const CHINESE =
  '，山中有一条小路，走过的人都说，春天的雨来得正好。书桌上的茶还是热的'.match(/.{1,3}/gu) ?? [];
const EMOJI = ['🙂', '🚀', '👩‍🚀', '🌧️', '🇨🇭', '🧑🏽‍🍳', ' and ', '✨', '🐙'];

/** A generator of numbers below 1 that are the same each time (an LCG, with Numerical Recipes' numbers). */
function numbers(): () => number {
  let state = 20_261_123;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function chooser(): (from: readonly string[]) => string {
  const next = numbers();
  return (from) => from[Math.floor(next() * from.length)] as string;
}

/** Blocks until there are enough bytes. */
function until(size: number, block: (index: number) => Block): Block[] {
  const blocks: Block[] = [];
  for (let length = 0; length < size; ) {
    const made = block(blocks.length);
    blocks.push(made);
    length += made[0].length;
  }
  return blocks;
}

const event = (data: string, fields = ''): Block => [`${fields}data: ${data}\n\n`, data];

/** A chunk of a chat completion, as OpenAI's servers and many others send it. */
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

function messageDelta(text: string): Block {
  const data = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
  return event(JSON.stringify(data), 'event: content_block_delta\n');
}

const shapes: Record<string, () => Block[]> = {
  'OpenAI-like': () => {
    const choose = chooser();
    return until(SIZE, () => event(chatChunk(choose(WORDS))));
  },
  'Anthropic-like': () => {
    const choose = chooser();
    return until(SIZE, () => messageDelta(choose(WORDS)));
  },
  tiny: () => until(SIZE / 4, (index) => event(String(index % 10))),
  'id, event and data': () => {
    const choose = chooser();
    return until(SIZE, (index) =>
      event(`{"price":${index % 977}.25,"note":"${choose(WORDS)}"}`, `id: ${index}\nevent: trade\n`),
    );
  },
  'many lines of data': () => {
    const choose = chooser();
    return until(SIZE, () => {
      const lines = Array.from({ length: 8 }, () => `${choose(WORDS)}${choose(WORDS)}${choose(WORDS)}`);
      return [`${lines.map((line) => `data: ${line}\n`).join('')}\n`, lines.join('\n')];
    });
  },
  CRLF: () => {
    const choose = chooser();
    return until(SIZE, (index) => {
      const data = `{"sequence":${index},"text":"${choose(WORDS)}${choose(WORDS)}"}`;
      return [`event: update\r\ndata: ${data}\r\n\r\n`, data];
    });
  },
  heartbeats: () => {
    const choose = chooser();
    return until(SIZE / 2, () => {
      const data = choose(WORDS);
      return [`${': keep-alive\n\n'.repeat(4)}data: ${data}\n\n`, data.replace(/^ /, ' ')];
    });
  },
  Chinese: () => {
    const choose = chooser();
    return until(SIZE / 2, () => event(chatChunk(choose(CHINESE) + choose(CHINESE))));
  },
  'all Chinese': () => {
    const choose = chooser();
    return until(SIZE / 3, () => event(Array.from({ length: 40 }, () => choose(CHINESE)).join('')));
  },
  emoji: () => {
    const choose = chooser();
    return until(SIZE / 2, () => event(`{"text":"${choose(EMOJI)}${choose(EMOJI)}${choose(EMOJI)}"}`));
  },
};

/**
 * The shapes of eventsource-parser's benchmark (`bench/parse.bench.ts` there), each piece one call of `feed`. There
 * they are fed as strings; here as the bytes that a network gives.
 */
const published: Record<string, () => { blocks: Block[]; pieces?: string[] }> = {
  'data-only': () => {
    const choose = chooser();
    const blocks = Array.from({ length: 258 }, () => event(chatChunk(choose(WORDS))));
    return { blocks };
  },
  'named-event': () => {
    const choose = chooser();
    return { blocks: Array.from({ length: 134 }, () => messageDelta(choose(WORDS))) };
  },
  'identified-event': () => {
    const choose = chooser();
    const block = (_: unknown, index: number) =>
      event(JSON.stringify({ index, text: choose(WORDS) }), `id: ${1_000 + index}\nevent: tick\n`);
    return { blocks: Array.from({ length: 128 }, block) };
  },
  multibyte: () => {
    const choose = chooser();
    const block = () =>
      event(
        Array.from({ length: 12 }, () => choose(CHINESE)).join('') +
          Array.from({ length: 5 }, () => choose(EMOJI)).join(' '),
      );
    return { blocks: Array.from({ length: 128 }, block) };
  },
  heartbeat: () => {
    const choose = chooser();
    const blocks = Array.from({ length: 64 }, () => event(choose(WORDS).trim()));
    const pieces = blocks.flatMap(([text]) => [...Array.from({ length: 4 }, () => ': keep-alive\n'), text]);
    return { blocks, pieces };
  },
  'idle-stream': () => ({
    blocks: [event('at last')],
    pieces: [...Array.from({ length: 512 }, () => ':'), '\n', 'data: at last\n\n'],
  }),
  'small-chunk': () => {
    const choose = chooser();
    const next = numbers();
    const blocks = Array.from({ length: 130 }, () => event(chatChunk(choose(WORDS))));
    const text = blocks.map(([text]) => text).join('');
    const pieces = [];
    for (let start = 0; start < text.length; ) {
      const end = start + 1 + Math.floor(next() * 15);
      pieces.push(text.slice(start, end));
      start = end;
    }
    return { blocks, pieces };
  },
  'edge-cases': () => ({
    blocks: [
      ['', 'hello there'],
      ['', 'over two pieces'],
      ['', 'one\ntwo\nthree'],
      ['', 'only\rCR'.replace('\r', '\n')],
      ['', 'cut in its name'],
      ['', 'the end'],
    ],
    pieces: [
      'id: 1\r\nevent: hello\r\ndata: hello there\r\n\r\n',
      'id: 2\r\nevent: cut\r\ndata: over two pieces\r',
      '\n\r\n',
      'event: lines\ndata: one\ndata: two\ndata: three\n\n',
      ': a comment\n: and another\n',
      'event: returns\rdata: only\rdata: CR\r\r',
      'retry: 1500\nnonsense: ignored\n\n',
      'ev',
      'ent: name\nda',
      'ta: cut in its name\n\n',
      'event: last\ndata: the end',
      '\n',
      '\n',
    ],
  }),
};

const encoder = new TextEncoder();

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces = [];
  // Copies: what a network gives has a buffer of its own.
  for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.slice(start, start + size));
  return pieces;
}

function workload(name: string, blocks: Block[], cuts: Workload['cuts'], isPublished = false): Workload {
  const data = blocks.flatMap(([, data]) => (data === undefined ? [] : [data]));
  return {
    name,
    isPublished,
    size: Object.values(cuts)[0]?.reduce((sum, piece) => sum + piece.length, 0) ?? 0,
    events: data.length,
    dataLength: data.reduce((sum, text) => sum + text.length, 0),
    cuts,
  };
}

const encodeBlocks = (blocks: Block[]) => encoder.encode(blocks.map(([text]) => text).join(''));
const line = (size: number) => [event('abcdefghijklmnopqrstuvwxyz012345'.repeat(size / 32))];

/** All of them, one at a time: together they would take a lot of memory. */
export function* workloads(): Generator<Workload> {
  for (const [name, make] of Object.entries(shapes)) {
    const blocks = make();
    const bytes = encodeBlocks(blocks);
    yield workload(name, blocks, {
      '64 KiB': cut(bytes, 64 << 10),
      '4 KiB': cut(bytes, 4 << 10),
      'one event': blocks.map(([text]) => encoder.encode(text)),
    });
  }
  const long = line(4 << 20);
  const bytes = encodeBlocks(long);
  yield workload('a line of 4 MiB', long, {
    '64 KiB': cut(bytes, 64 << 10),
    '4 KiB': cut(bytes, 4 << 10),
    '1460 bytes': cut(bytes, 1460),
    'one event': [bytes],
  });
  const dripped = line(256 << 10);
  yield workload('a line of 256 KiB', dripped, { '16 bytes': cut(encodeBlocks(dripped), 16) });
  for (const [name, make] of Object.entries(published)) {
    const { blocks, pieces = blocks.map(([text]) => text) } = make();
    yield workload(name, blocks, { 'as published': pieces.map((piece) => encoder.encode(piece)) }, true);
  }
}
