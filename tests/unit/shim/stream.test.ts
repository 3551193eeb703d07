/**
 * Tests `createParser` and `EventSourceParserStream` against eventsource-parser. Common behaviour is tested on both,
 * with tables. Each difference has its own test, and docs/migrating.md explains it.
 */

import { expect } from 'chai';
import * as peer from 'eventsource-parser';
import { EventSourceParserStream as PeerStream } from 'eventsource-parser/stream';
import {
  createParser,
  type EventSourceMessage,
  EventSourceParserStream,
  ParseError,
  type ParserCallbacks,
  type ParserConfig,
} from 'eventsource-wasm/stream';
import fixtures from '../../support/fixtures/event-streams.json' with { type: 'json' };

type CreateParser = (config: ParserConfig) => peer.EventSourceParser;
const parsers: Record<string, CreateParser> = { ours: createParser, 'eventsource-parser': peer.createParser };

type Call = [callback: string, argument: unknown];

/** Callbacks that record their calls. */
function recorded(calls: Call[]): Required<ParserCallbacks> {
  const record = (name: string) => (argument: unknown) => void calls.push([name, given(argument)]);
  return {
    onEvent: record('event'),
    onId: record('id'),
    onRetry: record('retry'),
    onComment: record('comment'),
    onError: ({ type, field, value, line }) => {
      calls.push([`error ${type}`, given({ field, value, line })]);
    },
  };
}

/** Without the members that are undefined. */
function given<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

/** The callbacks that these chunks cause. */
function calls(create: CreateParser, pieces: readonly string[], config: ParserConfig = {}): Call[] {
  const calls: Call[] = [];
  const parser = create({ ...recorded(calls), ...config });
  for (const piece of pieces) parser.feed(piece);
  return calls;
}

const events = (create: CreateParser, pieces: readonly string[]) =>
  calls(create, pieces).filter(([callback]) => callback === 'event');

function unknown(field: string, value: string, line: string): Call {
  return ['error unknown-field', { field, value, line }];
}

function invalidRetry(value: string, line: string): Call {
  return ['error invalid-retry', { value, line }];
}

const same: Record<string, [pieces: string[], expected: Call[]]> = {
  'an event with an ID and a type': [
    ['id: 1\nevent: x\ndata: a\ndata: b\n\n'],
    [
      ['id', '1'],
      ['event', { id: '1', event: 'x', data: 'a\nb' }],
    ],
  ],
  'the next event has neither': [
    ['id: 1\nevent: x\ndata: a\n\ndata: b\n\n'],
    [
      ['id', '1'],
      ['event', { id: '1', event: 'x', data: 'a' }],
      ['event', { data: 'b' }],
    ],
  ],
  'an empty type is ignored': [['event:\ndata: a\n\n'], [['event', { data: 'a' }]]],
  'an empty ID is reported': [
    ['id\ndata: a\n\n'],
    [
      ['id', ''],
      ['event', { id: '', data: 'a' }],
    ],
  ],
  'the last valid ID of a block': [
    ['id: 1\nid: 2\nid: 3\0\ndata: a\n\n'],
    [
      ['id', '2'],
      ['event', { id: '2', data: 'a' }],
    ],
  ],
  'a block that has only an ID': [['id: 7\n\n'], [['id', '7']]],
  'a block that has only a type': [['event: x\n\n'], []],
  'empty data': [
    ['data\n\ndata:\n\ndata\ndata\n\n'],
    [
      ['event', { data: '' }],
      ['event', { data: '' }],
      ['event', { data: '\n' }],
    ],
  ],
  'comments are reported immediately, also within an event': [
    [': hi\n:there\n:\ndata: a\n: mid\nid: 1\nretry: 5\n\n'],
    [
      ['comment', 'hi'],
      ['comment', 'there'],
      ['comment', ''],
      ['comment', 'mid'],
      ['retry', 5],
      ['id', '1'],
      ['event', { id: '1', data: 'a' }],
    ],
  ],
  'reconnection times, also large ones': [
    ['retry: 10\nretry:0\nretry: 99999999999\n'],
    [
      ['retry', 10],
      ['retry', 0],
      ['retry', 99_999_999_999],
    ],
  ],
  'invalid reconnection times': [
    ['retry: x\nretry\nretry: -5\nretry: 1e3\n'],
    [
      invalidRetry('x', 'retry: x'),
      invalidRetry('', 'retry'),
      invalidRetry('-5', 'retry: -5'),
      invalidRetry('1e3', 'retry: 1e3'),
    ],
  ],
  'unknown fields': [
    ['foo: bar\nfoo\nDATA: x\n data: x\n{"a": 1}\ndatax\ndata: é\nFOO:: ü\n\n'],
    [
      unknown('foo', 'bar', 'foo: bar'),
      unknown('foo', '', 'foo'),
      unknown('DATA', 'x', 'DATA: x'),
      unknown(' data', 'x', ' data: x'),
      unknown('{"a"', '1}', '{"a": 1}'),
      unknown('datax', '', 'datax'),
      unknown('FOO', ': ü', 'FOO:: ü'),
      ['event', { data: 'é' }],
    ],
  ],
  'a surrogate pair in two chunks': [['data: \ud83d', '\ude00\n\n'], [['event', { data: '😀' }]]],
  'a byte order mark': [['\ufeffdata: a\n\n'], [['event', { data: 'a' }]]],
  'line ends in several chunks': [
    ['data: a\r', '\r', 'data: b\r\n\r', '\n'],
    [
      ['event', { data: 'a' }],
      ['event', { data: 'b' }],
    ],
  ],
  'an unfinished event': [['data: a\n'], []],
};

for (const [name, create] of Object.entries(parsers)) {
  describe(`createParser: ${name}`, () => {
    for (const [what, [pieces, expected]] of Object.entries(same)) {
      it(what, () => expect(calls(create, pieces)).to.deep.equal(expected));
    }

    it('reset() drops unfinished data, and a byte order mark is dropped again', () => {
      const seen: Call[] = [];
      const parser = create(recorded(seen));
      parser.feed('\ufeffdata: a\n\ndata: b\n');
      parser.reset();
      parser.feed('\ufeffdata: c\n\n');
      expect(seen).to.deep.equal([
        ['event', { data: 'a' }],
        ['event', { data: 'c' }],
      ]);
    });

    it('reset() with consume parses an unfinished line, but drops an unfinished event', () => {
      for (const [piece, expected] of [
        ['retry: 5', [['retry', 5]]],
        [': five', [['comment', 'five']]],
        ['data: a', []],
        ['data: a\n', []],
        ['data: a\r', []],
      ] as const) {
        const seen: Call[] = [];
        const parser = create(recorded(seen));
        parser.feed(piece);
        parser.reset({ consume: true });
        expect(seen, piece).to.deep.equal(expected);
        parser.feed('\n');
        expect(seen, piece).to.deep.equal(expected);
      }
    });

    it('the limit: an error, then feed() throws until reset()', () => {
      const seen: Call[] = [];
      const parser = create({ ...recorded(seen), maxBufferSize: 20 });
      parser.feed('data: 0123456789');
      parser.feed('0123456789');
      expect(seen).to.deep.equal([['error max-buffer-size-exceeded', {}]]);
      expect(() => parser.feed('\n\n')).to.throw(/reset\(\)/);
      parser.reset();
      parser.feed('data: a\n\n');
      expect(seen.at(-1)).to.deep.equal(['event', { data: 'a' }]);
    });

    it('the limit counts the lines of an event together', () => {
      const seen: Call[] = [];
      const parser = create({ ...recorded(seen), maxBufferSize: 40 });
      for (let line = 0; line < 8; line++) {
        if (seen.length === 0) parser.feed('data: 01234567\n');
      }
      expect(seen).to.deep.equal([['error max-buffer-size-exceeded', {}]]);
    });

    it('feed() throws the exception of a callback', () => {
      const parser = create({
        onEvent: () => {
          throw new RangeError('mine');
        },
      });
      expect(() => parser.feed('data: a\n\n')).to.throw(RangeError, 'mine');
    });

    it('a function or nothing as the argument throws', () => {
      for (const wrong of [undefined, null, () => {}]) {
        expect(() => create(wrong as unknown as ParserConfig)).to.throw(TypeError);
      }
    });

    it('feed and reset work without their object', () => {
      const seen: string[] = [];
      const { feed, reset } = create({ onEvent: ({ data }) => seen.push(data) });
      feed('data: 1\n\nda');
      reset();
      feed('data: 2\n\n');
      expect(seen).to.deep.equal(['1', '2']);
    });

    it('callbacks are optional', () => {
      expect(() => create({}).feed(': a\nretry: x\nid: 1\ndata: a\n\n')).not.to.throw();
    });
  });
}

describe('createParser: where ours differs', () => {
  for (const [name, create] of Object.entries(parsers)) {
    const isOurs = name === 'ours';

    // migrating.md: an unknown line comes in two pieces, or `consume` ends it
    it(`${name}: an unknown line in two chunks is ${isOurs ? 'reported' : 'dropped'}`, () => {
      const expected = unknown('{"error"', '{"message": "no"}}', '{"error": {"message": "no"}}');
      expect(calls(create, ['{"error"', ': {"message": "no"}}\n'])).to.deep.equal(isOurs ? [expected] : []);
    });

    // migrating.md: an unknown line comes in two pieces, or `consume` ends it
    it(`${name}: an unfinished unknown line is ${isOurs ? 'reported' : 'dropped'} by consume`, () => {
      const seen: Call[] = [];
      const parser = create(recorded(seen));
      parser.feed('{"error": 1}');
      parser.reset({ consume: true });
      expect(seen).to.deep.equal(isOurs ? [unknown('{"error"', '1}', '{"error": 1}')] : []);
    });

    // migrating.md: a callback throws
    it(`${name}: after an exception, the rest of the chunk is ${isOurs ? 'parsed later' : 'lost'}`, () => {
      const seen: string[] = [];
      const parser = create({
        onEvent: ({ data }) => {
          seen.push(data);
          if (data === '2') throw new Error('mine');
        },
      });
      expect(() => parser.feed('data: 1\n\ndata: 2\n\ndata: 3\n\nda')).to.throw('mine');
      parser.feed('ta: 4\n\n');
      expect(seen).to.deep.equal(isOurs ? ['1', '2', '3', '4'] : ['1', '2']);
    });

    // migrating.md: a callback feeds
    it(`${name}: input from a callback is parsed ${isOurs ? 'after' : 'before'} the rest of the chunk`, () => {
      const seen: string[] = [];
      const parser = create({
        onEvent: ({ data }) => {
          seen.push(data);
          if (data === '1') parser.feed('data: 3\n\n');
        },
      });
      parser.feed('data: 1\n\ndata: 2\n\n');
      expect(seen).to.deep.equal(isOurs ? ['1', '2', '3'] : ['1', '3', '2']);
    });

    // migrating.md: `maxBufferSize` is given
    it(`${name}: a line in one chunk that exceeds the limit is ${isOurs ? 'refused' : 'accepted'}`, () => {
      const expected: Call = isOurs
        ? ['error max-buffer-size-exceeded', {}]
        : ['event', { data: '0123456789' }];
      expect(calls(create, ['data: 0123456789\n\n'], { maxBufferSize: 10 })).to.deep.equal([expected]);
    });

    // migrating.md: a callback calls `reset()`
    it(`${name}: reset() in a callback drops ${isOurs ? 'the rest of the chunk' : 'only the parsed part'}`, () => {
      const seen: string[] = [];
      const parser = create({
        onEvent: ({ data }) => {
          seen.push(data);
          if (data === '1') parser.reset();
        },
      });
      parser.feed('data: 1\n\nda');
      parser.feed('ta: 2\n\n');
      expect(seen).to.deep.equal(isOurs ? ['1'] : ['1', '2']);
    });

    // migrating.md: half a pair of surrogates
    it(`${name}: a lone surrogate ${isOurs ? 'is replaced, as in UTF-8' : 'is kept'}`, () => {
      const data = isOurs ? '\ufffdx' : '\ud83dx';
      expect(events(create, ['data: \ud83dx\n\n'])).to.deep.equal([['event', { data }]]);
    });

    it(`${name}: a second byte order mark is ${isOurs ? 'a part of the field name, as the standard says' : 'the same'}`, () => {
      expect(events(create, ['\ufeff\ufeffdata: a\n\n'])).to.deep.equal([]);
    });
  }
});

describe('createParser: ours', () => {
  it('every fixture in two chunks, at every cut', () => {
    for (const { name, stream, events: expected, latin1 } of fixtures as Fixture[]) {
      const bytes = latin1
        ? Uint8Array.from(stream, (character) => character.charCodeAt(0))
        : new TextEncoder().encode(stream);
      for (let cut = 0; cut <= Math.min(bytes.length, 200); cut++) {
        const seen: string[][] = [];
        let lastEventId = '';
        const parser = createParser({
          onId: (id) => {
            lastEventId = id;
          },
          onEvent: ({ event = 'message', data }) => seen.push([event, data, lastEventId]),
        });
        parser.feed(bytes.subarray(0, cut));
        parser.feed(bytes.subarray(cut));
        expect(seen, `${name}, cut at ${cut}`).to.deep.equal(expected);
      }
    }
  });

  it('the limit is checked at once', () => {
    for (const maxBufferSize of [Number.NaN, -1]) {
      const message = `The option "maxBufferSize" is ${maxBufferSize}; it must be a number from 0`;
      expect(() => createParser({ maxBufferSize })).to.throw(TypeError, message);
      expect(() => new EventSourceParserStream({ maxBufferSize })).to.throw(TypeError, message);
    }
  });

  // migrating.md: the messages of errors
  it('error messages name the problem and the value', () => {
    const errors: ParseError[] = [];
    const parser = createParser({ onError: (error) => errors.push(error), maxBufferSize: 99 });
    parser.feed(`retry: soon\n${'x'.repeat(60)}: y\n${'x'.repeat(100)}`);
    expect(errors.map(({ message }) => message)).to.deep.equal([
      'The value of "retry" is "soon"; it must be digits',
      `The field "${'x'.repeat(40)}…" is unknown`,
      'The server sent a line or an event of more than 99 bytes',
    ]);
    for (const error of errors) {
      expect(error).to.be.instanceOf(ParseError).and.to.be.instanceOf(Error);
      expect(error.name).to.equal('ParseError');
    }
  });

  it('feed() throws for input that is neither text nor bytes', () => {
    for (const wrong of [null, 5, {}, ['data: x']]) {
      expect(() => createParser({}).feed(wrong as unknown as string)).to.throw(
        TypeError,
        /expects a string or Uint8Array, got/,
      );
    }
  });
});

interface Fixture {
  name: string;
  stream: string;
  events: [type: string, data: string, lastEventId: string][];
  latin1?: boolean;
}

/** A stream of these chunks, which counts how many were read. */
function source<T>(pieces: T[]): ReadableStream<T> & { pulled(): number } {
  let pulled = 0;
  const stream = new ReadableStream<T>(
    {
      pull(controller) {
        const piece = pieces[pulled++];
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
  return Object.assign(stream, { pulled: () => pulled });
}

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const items: T[] = [];
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) items.push(given(read.value));
  return items;
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('it should have failed'),
    (error) => error as Error,
  );
}

describe('EventSourceParserStream', () => {
  it('the bytes of a response’s body', async () => {
    const { body } = new Response('id: 1\nevent: x\ndata: é\n\ndata: b\n\ndata: cut off');
    const stream: ReadableStream<EventSourceMessage> = (
      body as ReadableStream<Uint8Array<ArrayBuffer>>
    ).pipeThrough(new EventSourceParserStream());
    expect(await all(stream)).to.deep.equal([{ id: '1', event: 'x', data: 'é' }, { data: 'b' }]);
  });

  for (const [name, Stream] of Object.entries({ ours: EventSourceParserStream, peer: PeerStream })) {
    it(`${name}: missing members are undefined`, async () => {
      const reader = source(['data: a\n\n']).pipeThrough(new Stream()).getReader();
      expect((await reader.read()).value).to.deep.equal({ id: undefined, event: undefined, data: 'a' });
    });

    it(`${name}: text, after a TextDecoderStream`, async () => {
      const body = source([new Uint8Array([100, 97, 116, 97, 58, 0xc3]), new Uint8Array([0xa9, 10, 10])]);
      // The DOM's types of a decoder's writable end and of bodies don't agree.
      const decoder = new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>;
      const stream = body.pipeThrough(decoder).pipeThrough(new Stream());
      expect(await all(stream)).to.deep.equal([{ data: 'é' }]);
    });

    it(`${name}: callbacks`, async () => {
      const seen: Call[] = [];
      const { onEvent: _, ...callbacks } = recorded(seen);
      const onError = (error: Error) => callbacks.onError?.(error as ParseError);
      const pieces = source([': a\nretry: 1\nid: 2\nfoo: x\n\n']);
      expect(await all(pieces.pipeThrough(new Stream({ ...callbacks, onError })))).to.deep.equal([]);
      expect(seen).to.deep.equal([
        ['comment', 'a'],
        ['retry', 1],
        unknown('foo', 'x', 'foo: x'),
        ['id', '2'],
      ]);
    });

    it(`${name}: onError: 'terminate' fails the stream`, async () => {
      const stream = source(['data: a\n\nfoo: x\n\n']).pipeThrough(new Stream({ onError: 'terminate' }));
      expect(await failure(all(stream))).to.include({ type: 'unknown-field', field: 'foo' });
    });

    it(`${name}: unknown fields are ignored by default`, async () => {
      expect(await all(source(['foo: x\ndata: a\n\n']).pipeThrough(new Stream()))).to.deep.equal([
        { data: 'a' },
      ]);
    });

    it(`${name}: the limit fails the stream, with or without onError`, async () => {
      for (const onError of [undefined, () => {}]) {
        const pieces = source(['data: 0123456789', '0123456789']);
        const stream = pieces.pipeThrough(new Stream({ onError, maxBufferSize: 20 }));
        expect(await failure(all(stream))).to.include({ type: 'max-buffer-size-exceeded' });
      }
    });

    it(`${name}: reads nothing ahead of the consumer`, async () => {
      const pieces = source(Array.from({ length: 100 }, (_, index) => `data: ${index}\n\n`));
      const reader = pieces.pipeThrough(new Stream()).getReader();
      expect(await reader.read()).to.have.nested.property('value.data', '0');
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(pieces.pulled()).to.be.below(5);
      await reader.cancel();
    });
  }
});

describe('createParser: callbacks that call the parser, or throw', () => {
  it('feed() and reset() in onId don’t repeat the event', () => {
    const data: string[] = [];
    let isFirst = true;
    const feeding = createParser({
      onEvent: (event) => data.push(event.data),
      onId: () => {
        if (isFirst) feeding.feed('data: x\n\n');
        isFirst = false;
      },
    });
    feeding.feed('id: 1\ndata: a\n\n');
    const resetting = createParser({
      onEvent: (event) => data.push(event.data),
      onId: () => resetting.reset(),
    });
    resetting.feed('id: 1\ndata: b\n\n');
    expect(data).to.deep.equal(['a', 'x', 'b']);
  });

  it('an exception of onId and then one of onEvent lose no chunk', () => {
    const data: string[] = [];
    const parser = createParser({
      onEvent: (event) => {
        data.push(event.data);
        if (event.data === 'a') throw new Error('event');
      },
      onId: () => {
        throw new Error('id');
      },
    });
    expect(() => parser.feed('id: 1\ndata: a\n\n')).to.throw('id');
    expect(() => parser.feed('data: b\n\n')).to.throw('event');
    parser.feed('data: c\n\n');
    expect(data).to.deep.equal(['a', 'b', 'c']);
  });
});
