/**
 * Panics of the core at chosen places (the build of tools/core.mjs that panics on demand): each causes one error in one
 * object, and all other objects still work.
 */

import { expect } from 'chai';
import { EventSource, type EventSourceErrorEvent } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { createParser, events } from 'eventsource-wasm/stream';
import { next, sleep } from '../../conformance/conformance-test.js';

/** The same numbers as in `src/browser/bindings.rs`. */
const STEP = 0;
const SCAN = 1;
type Place = typeof STEP | typeof SCAN;

type Panicking = typeof globalThis & { panicsOnDemand: (place: Place) => boolean };

const url = 'https://server.invalid/';
const encoder = new TextEncoder();

/** Panics when the place is reached for the (`passages` + 1)th time. */
function panicAt(place: Place, passages = 0): void {
  let left = passages;
  (globalThis as Panicking).panicsOnDemand = (here) => here === place && left-- === 0;
}

function neverPanic(): void {
  (globalThis as Panicking).panicsOnDemand = () => false;
}

/** A fake server with one stream at a time. `signals` are the signals of the requests. */
function server() {
  const signals: AbortSignal[] = [];
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const fetch = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    if (init?.signal) signals.push(init.signal);
    const body = new ReadableStream<Uint8Array>({
      start(started) {
        controller = started;
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  return {
    fetch,
    signals,
    send: (text: string) => controller?.enqueue(encoder.encode(text)),
    end: () => controller?.close(),
  };
}

async function expectAlive(source: EventSource, send: (text: string) => void): Promise<void> {
  const message = next(source, 'message');
  send('data: alive\n\n');
  expect((await message).data).to.equal('alive');
}

/** The places where a connection panics. */
const places: [what: string, place: Place, passages: number][] = [
  ['when it starts', STEP, 0],
  ['when the response arrives, while its state is borrowed', STEP, 1],
  ['when bytes are parsed, while the parser is borrowed', SCAN, 0],
  ['when the stream ends', STEP, 2],
  ['when the timer of a reconnection fires', STEP, 3],
  ['when the second response arrives', STEP, 4],
];

describe('a panic in the core', () => {
  beforeEach(neverPanic);
  after(neverPanic);

  for (const [what, place, passages] of places) {
    it(`${what}: one error, and other connections still work`, async () => {
      const [mine, others] = [server(), server()];
      const other = new EventSource(url, { fetch: others.fetch });
      await next(other, 'open');

      panicAt(place, passages);
      const source = new EventSource(url, {
        fetch: mine.fetch,
        reconnect: { initialDelay: 1, jitter: 0 },
      });
      const errors: EventSourceErrorEvent[] = [];
      source.onerror = (error) => errors.push(error);
      source.onopen = () => {
        mine.send('data: x\n\n');
        mine.end();
      };
      while (source.readyState !== EventSource.CLOSED) await sleep(5);
      await sleep(20);
      expect(errors.filter(({ kind }) => kind === 'internal')).to.have.length(1);
      expect(errors.at(-1)).to.include({ kind: 'internal', willReconnect: false });
      expect(errors.at(-1)?.message).to.match(/unreachable/i);
      expect(errors.at(-1)?.cause).to.be.instanceOf(WebAssembly.RuntimeError);
      if (passages < 2) for (const signal of mine.signals) expect(signal.aborted).to.equal(true);
      // Later calls and events do nothing.
      source.close();
      globalThis.dispatchEvent?.(new Event('online'));

      await expectAlive(other, others.send);
      other.close();
      const fresh = new EventSource(url, { fetch: mine.fetch });
      await next(fresh, 'open');
      await expectAlive(fresh, mine.send);
      fresh.close();
    });
  }

  it('in close(), which doesn’t throw', async () => {
    const { fetch, signals, send } = server();
    const source = new EventSource(url, { fetch });
    await next(source, 'open');
    panicAt(STEP);
    source.close();
    expect(source.readyState).to.equal(EventSource.CLOSED);
    expect(signals[0]?.aborted).to.equal(true);
    const fresh = new EventSource(url, { fetch });
    await next(fresh, 'open');
    await expectAlive(fresh, send);
    fresh.close();
  });

  it('two thousand times: the stack and other connections survive', async () => {
    const others = server();
    const other = new EventSource(url, { fetch: others.fetch });
    await next(other, 'open');
    for (let round = 0; round < 20; round++) {
      const wave = Array.from({ length: 100 }, () => new EventSource(url, { fetch: server().fetch }));
      (globalThis as Panicking).panicsOnDemand = (place) => place === STEP;
      const errors = await Promise.all(wave.map((source) => next<EventSourceErrorEvent>(source, 'error')));
      neverPanic();
      expect(new Set(errors.map(({ kind }) => kind))).to.deep.equal(new Set(['internal']));
    }
    await expectAlive(other, others.send);
    other.close();
  });

  it('a loop throws, and fetchEventSource rejects', async () => {
    panicAt(SCAN);
    const { fetch, send } = server();
    const loop = events(url, { fetch });
    const first = loop.next();
    await sleep(20);
    send('data: x\n\n');
    const thrown = await first.then(
      () => expect.fail('it should have thrown'),
      (error) => error,
    );
    expect(thrown).to.include({ name: 'EventSourceError', kind: 'internal' });

    panicAt(STEP, 1);
    const rejected = await fetchEventSource(url, { fetch: server().fetch as typeof fetch }).then(
      () => expect.fail('it should have been rejected'),
      (error) => error,
    );
    expect(rejected).to.include({ kind: 'internal' });
  });

  it('a parser throws until reset(), and other parsers still work', () => {
    const seen: string[] = [];
    const other = createParser({ onEvent: ({ data }) => seen.push(`other: ${data}`) });
    other.feed('data: o');
    const parser = createParser({ onEvent: ({ data }) => seen.push(data) });
    parser.feed('data: 1\n\ndata: 2');
    panicAt(SCAN);
    expect(() => parser.feed('\n\n')).to.throw(/reset\(\)/);
    neverPanic();
    expect(() => parser.feed('data: 3\n\n')).to.throw(/reset\(\)/);
    other.feed('\n\n');
    parser.reset();
    parser.feed('data: 4\n\n');
    expect(seen).to.deep.equal(['1', 'other: o', '4']);
  });
});
