/**
 * Compares `EventSource`, `SharedEventSource`, `fetchEventSource`, `events()` and the parsers with a naive parser, on
 * random streams at random cuts: fields in any order, comments, ignored lines, malformed UTF-8, NUL, and text between
 * bytes. Failures name the seed.
 */

import { expect } from 'chai';
import { EventSource } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { SharedEventSource } from 'eventsource-wasm/shared';
import { createParser, EventSourceParserStream, events } from 'eventsource-wasm/stream';
import { generator } from '../../support/chaos/random.js';

type Chunk = string | Uint8Array<ArrayBuffer>;
type Call = [callback: string, argument: unknown];
interface Message {
  event: string;
  /** The ID that the block has set. */
  id: string | undefined;
  data: string;
  retry: number | undefined;
  lastEventId: string;
}

const encoder = new TextEncoder();

const LINE_ENDS = ['\n', '\n', '\r', '\r\n', '\n\n', '\n\n', '\r\r', '\r\n\r\n', '\n\r\n'];
const NAMES = ['data', 'data:', 'data: ', 'data: ', 'event: ', 'event:', 'id: ', 'id', 'retry: ', 'retry:'];
const OTHER_NAMES = [':', ': ', 'dat', 'datax: ', ' data: ', 'Data: ', 'unknown: ', 'retry', '\ufeff'];
const VALUES = ['a', 'word', '7', '1500', ' ', ':', '', 'é', '漢字', '😀', '\0', '\ufeff', 'x'.repeat(70)];
/** Malformed and incomplete UTF-8, and the rest of one of the sequences. */
const BYTES = [
  [0xff],
  [0xf0],
  [0xf0, 0x9f],
  [0x98, 0x80],
  [0xc3],
  [0xa9],
  [0xef],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
];
/** More rows than the table has, and more bytes than the window has. */
const LARGE = ['data\n\n'.repeat(2_100), `data: ${'é'.repeat(20_000)}`, `: ${'x'.repeat(40_000)}`];

interface Kind {
  malformed: boolean;
  text: boolean;
}

function randomChunks(random: () => number, { malformed, text }: Kind): Chunk[] {
  const choose = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const parts: Chunk[] = [];
  for (let count = random() * 40; count > 0; count--) {
    if (random() < 0.003) parts.push(choose(LARGE));
    if (random() < 0.8) parts.push(random() < 0.75 ? choose(NAMES) : choose(OTHER_NAMES));
    while (random() < 0.6) parts.push(choose(VALUES));
    while (malformed && random() < 0.3) parts.push(Uint8Array.from(choose(BYTES)));
    if (text && random() < 0.1) parts.push('😀'.charAt(random() < 0.5 ? 0 : 1));
    if (random() < 0.9) parts.push(choose(LINE_ENDS));
  }
  // Neighbours of the same kind become one chunk, which is cut again.
  const chunks: Chunk[] = [];
  let asText = text && random() < 0.5;
  let pending: Chunk[] = [];
  const flush = () => {
    const whole: Chunk = asText
      ? pending.join('')
      : concat(pending.map((part) => (typeof part === 'string' ? encoder.encode(part) : part)));
    const longest = choose(whole.length > 2_000 ? [2_000, 100_000] : [1, 3, 20, 200]);
    for (let offset = 0; offset < whole.length; ) {
      const size = 1 + Math.floor(random() * longest);
      chunks.push(whole.slice(offset, offset + size));
      offset += size;
    }
    pending = [];
  };
  for (const part of parts) {
    const isText: boolean = typeof part === 'string' && (text ? (random() < 0.05 ? !asText : asText) : false);
    if (isText !== asText) flush();
    asText = isText;
    pending.push(part);
  }
  flush();
  return chunks;
}

function concat(list: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(list.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of list) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** Decodes runs of bytes, and replaces lone surrogates in runs of text. */
function decodeAll(chunks: Chunk[]): string {
  let text = '';
  for (let index = 0; index < chunks.length; ) {
    const isText = typeof chunks[index] === 'string';
    const run: Chunk[] = [];
    while (index < chunks.length && (typeof chunks[index] === 'string') === isText)
      run.push(chunks[index++] as Chunk);
    const bytes = isText ? encoder.encode(run.join('')) : concat(run as Uint8Array[]);
    text += new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }
  return text.replace(/^\ufeff/, '');
}

/**
 * Interprets a stream line by line, as the standard says. With `consume`, an unfinished line at the end counts as a
 * line, as for `reset({ consume: true })`.
 */
function parseNaively(chunks: Chunk[], consume = false): { calls: Call[]; messages: Message[] } {
  const calls: Call[] = [];
  const messages: Message[] = [];
  const lines = decodeAll(chunks).split(/\r\n|\n|\r/);
  let data: string[] = [];
  let event = '';
  let id: string | undefined;
  let retry: number | undefined;
  let lastEventId = '';
  // The last one has no end.
  const last = lines.pop();
  if (consume && last) lines.push(last);
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (line === '') {
      if (id !== undefined) {
        lastEventId = id;
        calls.push(['onId', id]);
      }
      if (data.length > 0) {
        messages.push({ event, id, data: data.join('\n'), retry, lastEventId });
        calls.push(['onEvent', { id, event: event || undefined, data: data.join('\n') }]);
      }
      data = [];
      event = '';
      id = retry = undefined;
    } else if (line.startsWith(':')) calls.push(['onComment', line.slice(line[1] === ' ' ? 2 : 1)]);
    else if (name === 'data') data.push(fieldValue(line));
    else if (name === 'event') event = fieldValue(line);
    else if (name === 'id') id = value.includes('\0') ? id : fieldValue(line);
    else if (name === 'retry' && /^[0-9]+$/.test(fieldValue(line))) {
      retry = Math.min(Number(fieldValue(line)), 2 ** 53);
      calls.push(['onRetry', retry]);
    } else calls.push(['onError', line]);
  }
  return { calls, messages };
}

function fieldValue(line: string): string {
  const colon = line.indexOf(':');
  if (colon < 0) return '';
  return line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
}

function bodyOf(chunks: Chunk[]): ReadableStream<Chunk> {
  let index = 0;
  return new ReadableStream<Chunk>({
    pull(controller) {
      const chunk = chunks[index++];
      if (chunk === undefined) controller.close();
      // A part of a larger buffer, as some platforms read it.
      else if (typeof chunk === 'string') controller.enqueue(chunk);
      else controller.enqueue(concat([Uint8Array.of(10, 10), chunk, Uint8Array.of(10)]).subarray(2, -1));
    },
  });
}

const fetchOf = (chunks: Chunk[]) => async () =>
  new Response(bodyOf(chunks) as ReadableStream<Uint8Array<ArrayBuffer>>, {
    headers: { 'Content-Type': 'text/event-stream' },
  });

const URL = 'https://example.test/stream';

async function readEventSource(
  Class: typeof EventSource | typeof SharedEventSource,
  url: string,
  chunks: Chunk[],
): Promise<unknown[]> {
  const seen: unknown[] = [];
  const source = new Class(url, { fetch: fetchOf(chunks), reconnect: false, comments: true });
  source.dispatchEvent = (event) => {
    if (event instanceof MessageEvent) {
      const { type, data, lastEventId } = event;
      seen.push(type === 'comment' ? [type, data] : [type, data, lastEventId]);
    }
    return true;
  };
  while (source.readyState !== EventSource.CLOSED) await new Promise((resolve) => setTimeout(resolve));
  return seen;
}

let sharedCount = 0;

const read: Record<string, (chunks: Chunk[]) => Promise<unknown[]>> = {
  EventSource: (chunks) => readEventSource(EventSource, URL, chunks),
  // Each has a connection of its own. In Node 20, which has no Web Locks, it isn't shared.
  SharedEventSource: (chunks) => readEventSource(SharedEventSource, `${URL}?${sharedCount++}`, chunks),
  async fetchEventSource(chunks) {
    const seen: unknown[] = [];
    await fetchEventSource(URL, {
      fetch: fetchOf(chunks),
      openWhenHidden: true,
      onmessage: ({ event, id, data, retry }) => void seen.push([event, id, data, retry]),
    });
    return seen;
  },
  async 'events()'(chunks) {
    const seen: unknown[] = [];
    for await (const { event, id, data } of events(URL, { fetch: fetchOf(chunks), reconnect: false }))
      seen.push([event, id, data]);
    return seen;
  },
  async EventSourceParserStream(chunks) {
    const seen: unknown[] = [];
    const reader = bodyOf(chunks).pipeThrough(new EventSourceParserStream()).getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      const { event, id, data } = step.value;
      seen.push([event, id, data]);
    }
    return seen;
  },
};

const wanted: Record<string, (chunks: Chunk[]) => unknown[]> = {
  EventSource: (chunks) => {
    // In the order of the stream, with comments between the events.
    const { calls, messages } = parseNaively(chunks);
    const rest = [...messages];
    return calls.flatMap(([callback, argument]) => {
      if (callback === 'onComment') return [['comment', argument]];
      if (callback !== 'onEvent') return [];
      const { event, data, lastEventId } = rest.shift() as Message;
      return [[event || 'message', data, lastEventId]];
    });
  },
  SharedEventSource: (chunks) => wanted.EventSource?.(chunks) ?? [],
  fetchEventSource: (chunks) =>
    parseNaively(chunks).messages.map(({ event, id, data, retry }) => [event, id ?? '', data, retry]),
  'events()': (chunks) =>
    parseNaively(chunks).messages.map(({ event, id, data }) => [event || undefined, id, data]),
};
wanted.EventSourceParserStream = wanted['events()'] as (chunks: Chunk[]) => unknown[];

const seed = Math.floor(Math.random() * 2 ** 31);
const kinds: Record<string, Kind> = {
  'well-formed bytes': { malformed: false, text: false },
  'malformed bytes': { malformed: true, text: false },
  text: { malformed: false, text: true },
  'malformed bytes and text': { malformed: true, text: true },
};

describe('random streams', () => {
  for (const [kindName, kind] of Object.entries(kinds)) {
    it(`createParser: ${kindName}, with any callbacks, and another parser in between`, () => {
      const random = generator(seed);
      for (let run = 0; run < 100; run++) {
        const parsers = [0, 1].map(() => {
          const chunks = randomChunks(random, kind);
          const calls: Call[] = [];
          const names = ['onEvent', 'onId', 'onRetry', 'onComment', 'onError'].filter(() => random() < 0.7);
          const callbacks = Object.fromEntries(
            names.map((name) => [
              name,
              (argument: unknown) =>
                calls.push([name, name === 'onError' ? (argument as { line: string }).line : argument]),
            ]),
          );
          return { parser: createParser(callbacks), chunks, rest: [...chunks], names, calls };
        });
        while (parsers.some(({ rest }) => rest.length > 0)) {
          const { parser, rest } = parsers[Math.floor(random() * 2)] as (typeof parsers)[number];
          const chunk = rest.shift();
          if (chunk !== undefined) parser.feed(chunk);
        }
        for (const { chunks, names, calls } of parsers) {
          const expected = parseNaively(chunks).calls.filter(([name]) => names.includes(name));
          check(calls, expected, `seed ${seed}, run ${run}: ${JSON.stringify(show(chunks))}`);
        }
      }
    });
  }

  it('createParser: two incomplete characters at the end of a chunk', () => {
    const incomplete = [[0xc3], [0xe2], [0xe2, 0x82], [0xf0], [0xf0, 0x9f], [0xf0, 0x9f, 0x98]];
    for (const first of incomplete) {
      for (const second of incomplete) {
        for (const start of ['data: a\n\ndata: é', 'data: é']) {
          const chunks = [
            Uint8Array.from([...encoder.encode(start), ...first, ...second]),
            encoder.encode('b\n\ndata: c\n\n'),
          ];
          const calls: Call[] = [];
          const parser = createParser({ onEvent: (event) => calls.push(['onEvent', event]) });
          for (const chunk of chunks) parser.feed(chunk);
          check(calls, parseNaively(chunks).calls, `${JSON.stringify(start)}, ${first}, ${second}`);
        }
      }
    }
  });

  it('createParser: reset() between streams, with and without an unfinished line', () => {
    const random = generator(seed);
    for (let run = 0; run < 100; run++) {
      const streams = Array.from({ length: 3 }, () =>
        randomChunks(random, { malformed: random() < 0.5, text: random() < 0.5 }),
      );
      const calls: Call[] = [];
      const expected: Call[] = [];
      const parser = createParser({
        onEvent: (event) => calls.push(['onEvent', event]),
        onId: (id) => calls.push(['onId', id]),
        onComment: (comment) => calls.push(['onComment', comment]),
        onRetry: (retry) => calls.push(['onRetry', retry]),
        onError: ({ line }) => calls.push(['onError', line]),
      });
      for (const chunks of streams) {
        const consume = random() < 0.5;
        for (const chunk of chunks) parser.feed(chunk);
        parser.reset({ consume });
        expected.push(...parseNaively(chunks, consume).calls);
      }
      check(calls, expected, `seed ${seed}, run ${run}: ${JSON.stringify(streams.map(show))}`);
    }
  });

  for (const [name, readAll] of Object.entries(read)) {
    it(`${name}: bytes, well-formed or malformed`, async () => {
      const random = generator(seed);
      for (let run = 0; run < 50; run++) {
        const chunks = randomChunks(random, { malformed: run % 2 === 1, text: false });
        const expected = wanted[name]?.(chunks);
        const seen = await readAll(chunks);
        check(seen, expected, `seed ${seed}, run ${run}: ${JSON.stringify(show(chunks))}`);
      }
    });
  }
});

/** Comparing thousands of events deeply takes seconds, so that is done only for the message. */
function check(seen: unknown[], expected: unknown[] | undefined, message: string): void {
  if (JSON.stringify(seen) !== JSON.stringify(expected)) expect(seen, message).to.deep.equal(expected);
}

/** The chunks for a message: large streams are cut off. */
function show(chunks: Chunk[]): unknown[] {
  return chunks.slice(0, 50).map((chunk) => (typeof chunk === 'string' ? chunk : [...chunk.slice(0, 100)]));
}
