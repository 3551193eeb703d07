/**
 * Invalid responses, hostile handlers and replaced globals: no connection hangs, a connection that can't continue fails
 * with one error, and other connections still work.
 */

import { expect } from 'chai';
import {
  EventSource,
  type EventSourceErrorEvent,
  type EventSourceFetchInit,
  type EventSourceInit,
} from 'eventsource-wasm';
import { createParser } from 'eventsource-wasm/stream';
import { catchReports, next, sleep, using } from '../../conformance/conformance-test.js';

const url = 'https://server.invalid/';
const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text);
type Fetch = NonNullable<EventSourceInit['fetch']>;

/** A fetch whose response streams these chunks and then hangs. */
function streaming(...chunks: unknown[]): Fetch {
  return async () => {
    const body = new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
}

/** A fetch that resolves to a fake response with these members. */
function answering(parts: object): Fetch {
  const headers = { get: (name: string) => (name === 'Content-Type' ? 'text/event-stream' : null) };
  return async () => ({ status: 200, headers, body: null, url: '', ...parts }) as unknown as Response;
}

/** A fetch whose body's reads return these results, one after the other. A function is called. */
function reading(...results: unknown[]): Fetch {
  const reads = results.values();
  const read = () => {
    const { done, value } = reads.next();
    return done ? new Promise(() => {}) : typeof value === 'function' ? value() : value;
  };
  return answering({ body: { getReader: () => ({ read, cancel: () => undefined }) } });
}

/** Replaces a function or a class. */
function throws(): never {
  throw new RangeError('hostile');
}

const NativePromise = Promise;
const pause = (milliseconds: number) =>
  new NativePromise<void>((resolve) => setTimeout(resolve, milliseconds));

async function expectHealth(): Promise<void> {
  await using(new EventSource(url, { fetch: streaming(bytes('data: well\n\n')) }), async (source) => {
    expect((await next(source, 'message')).data).to.equal('well');
  });
}

class Longer extends Uint8Array {
  override get length(): number {
    return 1 << 20;
  }
}

let turn = 0;
class Changing extends Uint8Array {
  override get length(): number {
    return ++turn;
  }
  override get byteLength(): number {
    return turn;
  }
}

describe('invalid responses of fetch', () => {
  const nonsense: Record<string, Fetch> = {
    'a status that is a symbol': answering({ status: Symbol('status') }),
    'a status that throws when it is converted': answering({ status: { valueOf: throws } }),
    'a status whose getter throws': answering({
      get status() {
        return throws();
      },
    }),
    'headers without get': answering({ headers: {} }),
    'headers that throw': answering({ headers: { get: throws } }),
    'a header that is a number': answering({ headers: { get: () => 5 } }),
    'a header that is an object': answering({ headers: { get: () => ({ length: 4 }) } }),
    'a header that is a symbol': answering({ headers: { get: () => Symbol('header') } }),
    'a body that is a string': answering({ body: 'data: x\n\n' }),
    'a body that is a number': answering({ body: 1 }),
    'a body whose getter throws': answering({
      get body() {
        return throws();
      },
    }),
    'a body without a reader': answering({ body: {} }),
    'a reader that is null': answering({ body: { getReader: () => null } }),
    'a reader without read': answering({ body: { getReader: () => ({}) } }),
    'reads that throw': reading(throws),
    'reads that return undefined': reading(undefined),
    'reads that return null': reading(null),
    'a done getter that throws': reading({
      get done() {
        return throws();
      },
    }),
    'a value getter that throws': reading({
      done: false,
      get value() {
        return throws();
      },
    }),
    'a chunk that is text': reading({ done: false, value: 'data: x\n\n' }),
    'a missing chunk': reading({ done: false }),
    'a chunk that is an ArrayBuffer': reading({ done: false, value: bytes('data: x\n\n').buffer }),
    'a chunk that is a DataView': reading({ done: false, value: new DataView(new ArrayBuffer(10)) }),
    'a chunk of 16-bit numbers': reading({ done: false, value: Uint16Array.of(100, 97) }),
    'a chunk with a wrong length': reading({ done: false, value: new Longer(3) }),
    'a chunk whose length changes': reading({ done: false, value: new Changing(3) }),
    'a chunk that is a fake Uint8Array': reading({ done: false, value: Object.create(Uint8Array.prototype) }),
  };
  for (const [what, fetch] of Object.entries(nonsense)) {
    it(`${what}: one error, and other connections still work`, async () => {
      const source = new EventSource(url, { method: 'POST', fetch });
      const errors: EventSourceErrorEvent[] = [];
      source.onerror = (error) => errors.push(error);
      while (source.readyState !== EventSource.CLOSED) await sleep(2);
      await sleep(5);
      expect(errors).to.have.length(1);
      expect(errors[0]?.kind).to.be.oneOf(['unreadable', 'network', 'content-type', 'status', 'internal']);
      await expectHealth();
    });
  }

  it('fetch can return a thenable', async () => {
    const response = await streaming(bytes('data: x\n\n'))(url, {} as EventSourceFetchInit);
    // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable.
    const thenable = { then: (resolve: (value: unknown) => void) => setTimeout(resolve, 1, response) };
    const fetch = (() => thenable) as unknown as Fetch;
    await using(new EventSource(url, { fetch }), async (source) => {
      expect((await next(source, 'message')).data).to.equal('x');
    });
  });

  it('a body that fails midway: either all or none of its events fire before the error', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes('data: 1\n\ndata: 2\n\ndata: 3'));
      },
      pull(controller) {
        controller.error(new RangeError('midway'));
      },
    });
    const fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    const source = new EventSource(url, { method: 'POST', fetch });
    const seen: string[] = [];
    source.onmessage = ({ data }) => seen.push(data);
    const error = await next<EventSourceErrorEvent>(source, 'error');
    expect(error).to.include({ kind: 'network' });
    expect(error.message).to.contain('midway');
    expect(seen.length).to.be.oneOf([0, 2]);
  });

  it('close() cancels a read that never settles', async () => {
    let cancelled = 0;
    const read = () => new Promise(() => {});
    const cancel = async () => void cancelled++;
    const source = new EventSource(url, {
      fetch: answering({ body: { getReader: () => ({ read, cancel }) } }),
    });
    await next(source, 'open');
    source.close();
    expect(cancelled).to.equal(1);
    await expectHealth();
  });

  it('memory that grows while a chunk is parsed', async () => {
    const large = 'x'.repeat(3 << 20);
    const chunks = [
      bytes(`data: a\n\nid: é\ndata: ${large}`),
      bytes(`${large}\n\ndata: b\n\ndata: ${large}\ndata: c\n\n`),
    ];
    await using(new EventSource(url, { fetch: streaming(...chunks) }), async (source) => {
      const seen: string[] = [];
      source.onmessage = ({ data, lastEventId }) => seen.push(`${lastEventId}:${data.length}`);
      while (seen.length < 4) await next(source, 'message');
      expect(seen).to.deep.equal([':1', `é:${6 << 20}`, 'é:1', `é:${(3 << 20) + 2}`]);
    });
  });
});

describe('hostile handlers', () => {
  const three = streaming(bytes('data: 1\n\ndata: 2\n\ndata: 3\n\n'));

  it('that throw: each exception is reported, and the stream continues', async () => {
    const reported = catchReports();
    try {
      await using(new EventSource(url, { fetch: three }), async (source) => {
        const seen: string[] = [];
        source.onmessage = ({ data }) => {
          seen.push(data);
          throw new Error(data);
        };
        while (seen.length < 3) await sleep(1);
        await sleep(5);
        expect(reported.messages()).to.deep.equal(['1', '2', '3']);
      });
    } finally {
      reported.stop();
    }
  });

  it('that dispatch events, close other objects and construct hundreds', async () => {
    const made: EventSource[] = [];
    const other = new EventSource(url, { fetch: three });
    const source = new EventSource(url, { fetch: three });
    const seen: string[] = [];
    let received = 0;
    source.onmessage = ({ data }) => {
      seen.push(data);
      if (seen.length > 20) return;
      other.close();
      source.dispatchEvent(new MessageEvent('message', { data: `again ${data}` }));
      for (let count = 0; count < 10; count++) {
        const one = new EventSource(url, { fetch: three });
        one.onmessage = () => received++;
        made.push(one);
      }
    };
    while (seen.filter((data) => !data.startsWith('again')).length < 3) await sleep(1);
    expect(made.length).to.be.above(199);
    while (received < 3 * made.length) await sleep(1);
    for (const each of [source, ...made]) each.close();
    await expectHealth();
  });

  it('that close() in an event and then call other methods', async () => {
    for (const type of ['open', 'message'] as const) {
      const source = new EventSource(url, { fetch: three });
      const seen: string[] = [];
      for (const name of ['open', 'message', 'error', 'close']) {
        source.addEventListener(name, () => {
          seen.push(name);
          if (name !== type) return;
          source.close();
          source.close();
          source.onmessage = null;
          source.dispatchEvent(new Event('custom'));
        });
      }
      await next(source, type);
      await sleep(10);
      expect(seen.filter((name) => name === type)).to.have.length(1);
      expect(seen).to.not.include('close');
    }
  });

  it('that change the object’s prototype', async () => {
    const source = new EventSource(url, { fetch: three });
    const seen: string[] = [];
    source.addEventListener('message', ({ data }) => {
      seen.push(data);
      Object.setPrototypeOf(source, EventTarget.prototype);
    });
    while (seen.length < 3) await sleep(1);
    Object.setPrototypeOf(source, EventSource.prototype);
    source.close();
    expect(seen).to.deep.equal(['1', '2', '3']);
  });
});

/** Replaces a global or a member while `run` runs. */
async function replacing(
  target: object,
  name: PropertyKey,
  value: unknown,
  run: () => Promise<void>,
): Promise<void> {
  const before = Object.getOwnPropertyDescriptor(target, name);
  // Bun's TextDecoder.prototype.decode can't be configured.
  Object.defineProperty(target, name, { value, configurable: before?.configurable ?? true, writable: true });
  try {
    // Restores the member even if `run` hangs. Uses the native Promise, because `Promise` may be replaced.
    await new NativePromise<void>((resolve, reject) => {
      const timer = setTimeout(reject, 4_000, new Error('it hangs'));
      (async () => {
        try {
          await run();
          resolve();
        } catch (error) {
          reject(error);
        } finally {
          clearTimeout(timer);
        }
      })();
    });
  } finally {
    if (before) Object.defineProperty(target, name, before);
    else Reflect.deleteProperty(target, name);
  }
}

describe('globals that are replaced after the import', () => {
  // Let the platform initialize itself first, which isn't under test.
  before(expectHealth);

  /** The connection must either work or end with one error. */
  const fates: [what: string, target: object, name: PropertyKey][] = [
    ['a decode() that throws', TextDecoder.prototype, 'decode'],
    ['an AbortController constructor that throws', globalThis, 'AbortController'],
    ['an abort() that throws', AbortController.prototype, 'abort'],
    ['a Headers.set() that throws', Headers.prototype, 'set'],
    ['Object.assign that throws', Object, 'assign'],
    ['a Promise constructor that throws', globalThis, 'Promise'],
    ['Promise.resolve that throws', Promise, 'resolve'],
    ['a then() that throws', Promise.prototype, 'then'],
    ['a queueMicrotask that throws', globalThis, 'queueMicrotask'],
    ['Math.random that throws', Math, 'random'],
    ['Date.now that throws', Date, 'now'],
    ['ArrayBuffer.isView that throws', ArrayBuffer, 'isView'],
  ];
  for (const [what, target, name] of fates) {
    it(`${what}: one error, and other connections still work`, async () => {
      const fetch: Fetch = async (...parameters) => {
        const response = await streaming(bytes('data: x\n\n'))(...parameters);
        return response;
      };
      const errors: EventSourceErrorEvent[] = [];
      const reported = catchReports();
      // The test runner also calls then().
      await pause(0);
      try {
        await replacing(target, name, throws, async () => {
          const source = new EventSource(url, { method: 'POST', fetch });
          source.onerror = (error) => errors.push(error);
          let hasCome = false;
          source.onmessage = () => {
            hasCome = true;
          };
          for (let tries = 0; !hasCome && source.readyState !== EventSource.CLOSED; tries++) {
            if (tries === 1_000) throw new Error('no event and no error');
            await pause(2);
          }
          if (hasCome) source.close();
          else expect(errors).to.have.length(1);
          expect(source.readyState).to.equal(EventSource.CLOSED);
        });
      } finally {
        reported.stop();
      }
      for (const { kind, message } of errors) {
        expect(kind).to.be.oneOf(['internal', 'request', 'network', 'unreadable', 'webassembly']);
        expect(message).to.contain('hostile');
      }
      await expectHealth();
    });
  }

  it('a Headers constructor that throws makes the EventSource constructor throw', async function () {
    // WebKitGTK has compiled the global into the shim's code by now, and ignores the replacement.
    const { userAgent = '' } = globalThis.navigator ?? {};
    if (userAgent.includes('AppleWebKit') && !userAgent.includes('Chrome')) this.skip();
    await replacing(globalThis, 'Headers', throws, async () => {
      expect(() => new EventSource(url, { headers: { x: '1' } })).to.throw(RangeError, 'hostile');
    });
    await expectHealth();
  });

  it('a MessageEvent constructor that throws isn’t needed', () =>
    replacing(globalThis, 'MessageEvent', throws, expectHealth));

  it('a dispatchEvent that throws loses those events, but not the stream', async function () {
    // Deno's reportError() calls dispatchEvent, and ends the process.
    if ('Deno' in globalThis) this.skip();
    const reported = catchReports();
    let send: (text: string) => void = () => {};
    const fetch = async () => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          send = (text) => controller.enqueue(bytes(text));
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    const source = new EventSource(url, { fetch });
    try {
      await next(source, 'open');
      await replacing(EventTarget.prototype, 'dispatchEvent', throws, async () => {
        send('data: 1\n\ndata: 2\n\n');
        while (reported.messages().length < 2) await sleep(1);
      });
      send('data: 3\n\n');
      expect((await next(source, 'message')).data).to.equal('3');
    } finally {
      reported.stop();
      source.close();
    }
    expect(reported.messages()).to.deep.equal(['hostile', 'hostile']);
  });

  it('a replaced fetch is used, and polluted prototypes have no effect', async () => {
    await replacing(globalThis, 'fetch', streaming(bytes('data: theirs\n\n')), () =>
      using(new EventSource(url), async (source) => {
        expect((await next(source, 'message')).data).to.equal('theirs');
      }),
    );
    for (const target of [Object.prototype, Array.prototype]) {
      for (const name of ['kind', 'error', 'delay', 'cause', 'prepare']) {
        await replacing(target, name, 'polluted', expectHealth);
      }
    }
  });

  it('a parser whose decoder throws also throws, and works again after reset()', async () => {
    const seen: string[] = [];
    const parser = createParser({ onEvent: ({ data }) => seen.push(data) });
    await replacing(TextDecoder.prototype, 'decode', throws, async () => {
      expect(() => parser.feed(bytes('data: é\n\n'))).to.throw(/reset\(\)/);
    });
    parser.reset();
    parser.feed('data: 2\n\n');
    expect(seen).to.deep.equal(['2']);
    for (const chunk of [1, null, new DataView(new ArrayBuffer(4)), Uint16Array.of(1), {}]) {
      expect(() => parser.feed(chunk as unknown as string)).to.throw(TypeError);
    }
    parser.feed('data: 3\n\n');
    expect(seen).to.deep.equal(['2', '3']);
  });
});
