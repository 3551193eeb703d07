/** Requests: methods, headers, bodies, signals and custom fetch functions. */

import { expect } from 'chai';
import {
  EventSource,
  type EventSourceErrorEvent,
  type EventSourceFetchInit,
  type EventSourceInit,
  type EventSourceOpenEvent,
  type FetchLike,
} from 'eventsource-wasm';
import { createEventServer } from 'eventsource-wasm/testing';
import { next, record, sleep, using } from '../../conformance/conformance-test.js';
import { Scenario } from '../../support/server/scenario.js';

describe('requests', () => {
  it('a POST sends its headers and body, and streams the response', async () => {
    const scenario = await Scenario.of({
      steps: ['data: {"token":"Hel"}\n\n', { wait: 20 }, 'data: {"token":"lo"}\n\n'],
    });
    const source = new EventSource(scenario.url, {
      method: 'POST',
      headers: { Authorization: 'Bearer key', 'Content-Type': 'application/json' },
      body: JSON.stringify({ stream: true }),
    });
    const events = record(source, 'message', 'error', 'close');
    await next<Event>(source, 'close');
    expect(events).to.deep.equal([
      ['message', '{"token":"Hel"}', ''],
      ['message', '{"token":"lo"}', ''],
      ['close'],
    ]);
    expect(source.readyState).to.equal(EventSource.CLOSED);
    const [request] = await scenario.requests();
    expect(request).to.include({ method: 'POST', body: '{"stream":true}' });
    expect(request?.headers).to.include({
      authorization: 'Bearer key',
      'content-type': 'application/json',
      accept: 'text/event-stream',
    });
  });

  for (const headers of [
    { 'X-Own': 'a', accept: 'text/event-stream, application/json' },
    [
      ['X-Own', 'a'],
      ['accept', 'text/event-stream, application/json'],
    ] as [string, string][],
    new Headers({ 'X-Own': 'a', accept: 'text/event-stream, application/json' }),
  ]) {
    it(`headers as ${headers.constructor.name}; the user's Accept is kept`, async () => {
      const scenario = await Scenario.of({ steps: [':\n', { end: 'hang' }] });
      await using(new EventSource(scenario.url, { headers }), async (source) => {
        await next<Event>(source, 'open');
        const [request] = await scenario.requests();
        expect(request?.headers).to.include({ 'x-own': 'a', accept: 'text/event-stream, application/json' });
      });
    });
  }

  it('headers are sent again on reconnection', async () => {
    const scenario = await Scenario.of(
      { steps: ['retry: 1\nid: 5\n\n'] },
      { steps: [':\n', { end: 'hang' }] },
    );
    await using(
      new EventSource(scenario.url, { headers: { 'x-own': 'a', 'Last-Event-ID': '4' } }),
      async () => {
        const requests = await scenario.until((seen) => seen.length === 2);
        expect(requests.map(({ headers }) => [headers['x-own'], headers['last-event-id']])).to.deep.equal([
          ['a', '4'],
          ['a', '5'],
        ]);
      },
    );
  });

  it('the open event describes the response', async () => {
    const scenario = await Scenario.of({
      headers: { 'x-request-id': '17' },
      steps: [':\n', { end: 'hang' }],
    });
    await using(new EventSource(scenario.url), async (source) => {
      const opened = await next<EventSourceOpenEvent>(source, 'open');
      expect(opened).to.include({ status: 200, url: scenario.url });
      expect(opened.headers.get('x-request-id')).to.equal('17');
    });
  });

  it('a custom fetch is called with the URL and the request', async () => {
    const calls: [string, RequestInit][] = [];
    const fetch = async (url: string, init: RequestInit) => {
      calls.push([url, init]);
      return new Response('data: x\n\n', { headers: { 'content-type': 'text/event-stream' } });
    };
    const source = new EventSource('http://127.0.0.1:1/', { method: 'PUT', fetch, keepalive: true });
    const events = record(source, 'message', 'close');
    await next<Event>(source, 'close');
    expect(events).to.deep.equal([['message', 'x', ''], ['close']]);
    expect(calls).to.have.length(1);
    const [[url, init] = []] = calls;
    expect(url).to.equal('http://127.0.0.1:1/');
    expect(init).to.include({
      method: 'PUT',
      cache: 'no-store',
      credentials: 'same-origin',
      keepalive: true,
    });
    expect(init?.signal).to.be.instanceOf(AbortSignal);
  });

  it('an async iterable as a body is sent as a stream, or refused where streams can’t be sent', async () => {
    const pieces = async function* () {
      yield new TextEncoder().encode('x');
    };
    const scenario = await Scenario.of({});
    const source = new EventSource(scenario.url, { method: 'POST', body: pieces() as never });
    const { cause } = (await Promise.race([
      next<Event>(source, 'close'),
      next<Event>(source, 'error'),
    ])) as Partial<EventSourceErrorEvent>;
    if (cause) expect(`${cause}`).to.contain("this platform's fetch can't send this stream as a body");
    else expect((await scenario.requests())[0]?.body).to.equal('x');
  });

  it('the global fetch is looked up for each request, so that it can be replaced', async () => {
    const server = createEventServer({
      onRequest: (request) => {
        request.open();
        request.end();
      },
    });
    server.install();
    const source = new EventSource('http://127.0.0.1:1/', { method: 'POST' });
    await next<Event>(source, 'close').finally(() => server.restore());
    expect(server.requests).to.have.length(1);
  });
});

describe('events of messages', () => {
  it('have enumerable attributes, as native ones', async () => {
    const scenario = await Scenario.of({ steps: ['id: 1\ndata: x\n\n', { end: 'hang' }] });
    await using(new EventSource(scenario.url), async (source) => {
      const event = await next<MessageEvent>(source, 'message');
      const copy: Record<string, unknown> = {};
      for (const name in event) copy[name] = event[name as keyof MessageEvent];
      const { origin } = new URL(scenario.url);
      expect(copy).to.include({ type: 'message', data: 'x', lastEventId: '1', origin, source: null });
      expect(copy.ports).to.equal(event.ports).and.to.deep.equal([]);
    });
  });
});

describe('a POST or PATCH is sent only once', () => {
  it('if its stream ends', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 1\nid: 1\ndata: x\n\n'] });
    const source = new EventSource(scenario.url, { method: 'POST' });
    const events = record(source, 'error', 'close');
    await next<Event>(source, 'close');
    await sleep(100);
    expect(events).to.deep.equal([['close']]);
    expect(await scenario.requests()).to.have.length(1);
  });

  it('if its stream breaks off', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 1\ndata: x\n\n', { end: 'reset' }] });
    const source = new EventSource(scenario.url, { method: 'POST' });
    const events = record(source, 'message', 'close');
    const error = await next<EventSourceErrorEvent>(source, 'error');
    expect(error).to.include({ kind: 'network', willReconnect: false, delay: undefined });
    expect(source.readyState).to.equal(EventSource.CLOSED);
    await sleep(100);
    expect(events).to.deep.equal([['message', 'x', '']]);
    expect(await scenario.requests()).to.have.length(1);
  });

  it('if there is no answer', async () => {
    const scenario = await Scenario.of({ status: 'reset' });
    // Count the calls, not the server's requests: a browser may repeat a request on a reused connection by itself.
    let calls = 0;
    const fetch = (url: string, init: RequestInit) => {
      calls++;
      return globalThis.fetch(url, init);
    };
    const source = new EventSource(scenario.url, { method: 'PATCH', body: 'x', fetch });
    const error = await next<EventSourceErrorEvent>(source, 'error');
    expect(error).to.include({ kind: 'network', willReconnect: false });
    await sleep(100);
    expect(calls).to.equal(1);
  });

  it('but a GET without an answer is retried', async () => {
    const scenario = await Scenario.of(
      { steps: ['retry: 10\n\n'] },
      ...Array.from({ length: 6 }, () => ({ status: 'reset' }) as const),
      { steps: ['data: back\n\n', { end: 'hang' }] },
    );
    await using(new EventSource(scenario.url), async (source) => {
      const delays: unknown[] = [];
      source.addEventListener('error', (event) => delays.push(event.delay));
      await next(source, 'message');
      // A browser may repeat a request by itself when its connection was reset before the answer.
      expect(delays.length).to.be.within(1, 7);
      expect(delays).to.deep.equal([10, 20, 40, 80, 160, 320, 640].slice(0, delays.length));
    });
  });
});

describe('signals', () => {
  it('aborting closes the connection, and the server notices', async () => {
    const scenario = await Scenario.of({ steps: [':\n', { end: 'hang' }] });
    const controller = new AbortController();
    const source = new EventSource(scenario.url, { signal: controller.signal, method: 'POST' });
    const events = record(source, 'error', 'close');
    await next<Event>(source, 'open');
    controller.abort();
    expect(source.readyState).to.equal(EventSource.CLOSED);
    await scenario.until(([request]) => request?.isOpen === false);
    expect(events).to.deep.equal([]);
  });

  it('an already aborted signal: CLOSED, and no request', async () => {
    const scenario = await Scenario.of({ steps: [':\n', { end: 'hang' }] });
    const source = new EventSource(scenario.url, { signal: AbortSignal.abort() });
    const events = record(source, 'error', 'close', 'open');
    expect(source.readyState).to.equal(EventSource.CLOSED);
    await sleep(50);
    expect(events).to.deep.equal([]);
    expect(await scenario.requests()).to.deep.equal([]);
  });

  it('no listener is left on a signal', async () => {
    const scenario = await Scenario.of({ steps: ['data: x\n\n'] });
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const completed = new EventSource(scenario.url, { signal, method: 'POST' });
    expect(listeners).to.equal(1);
    await next<Event>(completed, 'close');
    expect(listeners).to.equal(0);
    new EventSource(scenario.url, { signal }).close();
    expect(listeners).to.equal(0);
  });
});

describe('headers for a custom fetch', () => {
  /** The second arguments of `fetch` for two attempts. */
  async function initsOf(init: EventSourceInit): Promise<EventSourceFetchInit[]> {
    const inits: EventSourceFetchInit[] = [];
    const fetch: FetchLike = async (_url, init) => {
      inits.push(init);
      const steps = inits.length === 1 ? 'retry: 1\nid: 7ä\ndata: x\n\n' : 'data: y\n\n';
      return new Response(steps, { headers: { 'content-type': 'text/event-stream' } });
    };
    await using(new EventSource('http://127.0.0.1:1/', { ...init, fetch }), async (source) => {
      source.addEventListener('message', ({ data }) => data === 'y' && source.close());
      while (source.readyState !== EventSource.CLOSED) await sleep(2);
    });
    return inits;
  }

  it('are a plain object with all headers of the request', async () => {
    const [first, second] = await initsOf({ headers: { 'X-Count': 3, 'x-own': 'a' } });
    expect(Object.getPrototypeOf(first?.headers)).to.equal(Object.prototype);
    expect(first?.headers).to.deep.equal({
      'X-Count': '3',
      'x-own': 'a',
      Accept: 'text/event-stream',
    });
    const { headers } = second ?? {};
    // An ID is sent as its UTF-8 bytes.
    expect({ ...headers, Authorization: 'key' }).to.deep.equal({
      'X-Count': '3',
      'x-own': 'a',
      Accept: 'text/event-stream',
      'Last-Event-ID': '7\u00c3\u00a4',
      Authorization: 'key',
    });
  });

  it('names are case-insensitive: each header is sent once', async () => {
    const headers: [string, string | number][] = [
      ['X-Own', 'a'],
      ['x-own', 2],
      ['ACCEPT', 'text/plain'],
      ['last-event-id', '1'],
    ];
    const [first, second] = await initsOf({ headers });
    expect(first?.headers).to.deep.equal({ 'x-own': 'a, 2', Accept: 'text/plain', 'last-event-id': '1' });
    expect(second?.headers).to.deep.equal({
      'x-own': 'a, 2',
      Accept: 'text/plain',
      'Last-Event-ID': '7\u00c3\u00a4',
    });
  });

  it('a fetch that returns a minimal response', async () => {
    const chunks = ['data: a\n', '\nevent: named\ndata: b\n\n'].map((text) => new TextEncoder().encode(text));
    const fetch: FetchLike = async () => ({
      status: 200,
      headers: { get: (name) => (name.toLowerCase() === 'content-type' ? 'text/event-stream' : null) },
      body: {
        getReader: () => ({
          read: async () => {
            const value = chunks.shift();
            return value ? { done: false, value } : { done: true };
          },
          cancel: async () => {},
        }),
      },
    });
    const source = new EventSource('http://127.0.0.1:1/', { method: 'POST', fetch });
    const events = record(source, 'message', 'named', 'error', 'close');
    await next<Event>(source, 'close');
    expect(events).to.deep.equal([['message', 'a', ''], ['named', 'b', ''], ['close']]);
  });

  it('a URL that can’t be a base, and a response without a URL', async () => {
    const source = new EventSource('app:feed', {
      fetch: async () => new Response('data: a\n\n', { headers: { 'Content-Type': 'text/event-stream' } }),
    });
    await next<Event>(source, 'open');
    expect((await next<MessageEvent>(source, 'message')).origin).to.equal('null');
    source.close();
  });

  it('a response with a relative URL, and a body that has only getReader', async () => {
    const response = new Response('data: a\n\n', { headers: { 'Content-Type': 'text/event-stream' } });
    const source = new EventSource('http://127.0.0.1:1/', {
      fetch: async () => Object.defineProperty(response, 'url', { value: '/x' }),
    });
    const opened = next<Event>(source, 'open');
    expect((await next<MessageEvent>(source, 'message')).origin).to.equal('http://127.0.0.1:1');
    await opened;
    source.close();

    let send: (response: unknown) => void = () => {};
    const closed = new EventSource('http://127.0.0.1:1/', {
      fetch: () => new Promise((resolve) => (send = resolve as typeof send)),
    });
    await sleep(20);
    closed.close();
    // An exception here would fail the process.
    send({ status: 200, headers: new Headers(), body: { getReader: () => ({}) } });
    await sleep(20);
  });

  it('an async function that is rejected while another one throws', async () => {
    const source = new EventSource('http://127.0.0.1:1/', {
      url: async () => {
        throw new Error('later');
      },
      headers: () => {
        throw new Error('now');
      },
    });
    // An unhandled rejection would fail the process.
    expect((await next<EventSourceErrorEvent>(source, 'error')).message).to.include('now');
    await sleep(20);
  });

  it('of a POST keep the Content-Type', async () => {
    const [first] = await initsOf({
      method: 'POST',
      body: '{}',
      reconnect: true,
      headers: new Headers({ 'Content-Type': 'application/json' }),
    });
    const { headers } = first ?? {};
    expect({ ...headers }).to.include({ 'content-type': 'application/json', Accept: 'text/event-stream' });
  });
});
