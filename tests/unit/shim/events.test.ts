/** Tests `events()`. */

import { expect } from 'chai';
import { completion } from 'eventsource-wasm/llm';
import { type EventSourceMessage, events } from 'eventsource-wasm/stream';
import { sleep } from '../../conformance/conformance-test.js';
import { Scenario } from '../../support/server/scenario.js';

async function all(stream: AsyncIterable<EventSourceMessage>): Promise<EventSourceMessage[]> {
  const taken: EventSourceMessage[] = [];
  for await (const message of stream) taken.push(message);
  return taken;
}

async function failure(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  return promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
}

const message = (data: string, more: { id?: string; event?: string } = {}) => ({
  id: undefined,
  event: undefined,
  data,
  ...more,
});

const stream = 'id: 1\nevent: x\ndata: é\n\nid: 2\n\ndata: b\ndata: c\n\ndata: cut off';
const expected = [message('é', { id: '1', event: 'x' }), message('b\nc')];

describe('events', () => {
  it('something else than a URL, a Request or a Response is refused at once', () => {
    const { body } = new Response('data: x\n\n');
    for (const source of [body, {}, [{}][1], null]) {
      for (const call of [events, completion] as ((source: unknown) => unknown)[]) {
        expect(() => call(source)).to.throw(
          TypeError,
          'the first argument must be a URL, a Request or a Response',
        );
      }
    }
  });

  it('of a response', async () => {
    const scenario = await Scenario.of({ steps: [stream] });
    expect(await all(events(await fetch(scenario.url)))).to.deep.equal(expected);
    expect(await scenario.requests()).to.have.length(1);
  });

  it('of a URL: the loop over a POST ends with the body', async () => {
    const scenario = await Scenario.of({ steps: [stream] });
    const init = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'question' };
    expect(await all(events(scenario.url, init))).to.deep.equal(expected);
    expect(await scenario.requests()).to.have.length(1);
    expect((await scenario.requests())[0]).to.include({ method: 'POST', body: 'question' });
  });

  it('of a URL: a GET reconnects when the stream ends, with the last event ID', async () => {
    const scenario = await Scenario.of(
      { steps: ['retry: 1\nid: 1\ndata: a\n\n'] },
      { steps: ['data: b\n\n', { end: 'hang' }] },
    );
    const taken: string[] = [];
    for await (const { data } of events(scenario.url)) {
      taken.push(data);
      if (taken.length === 2) break;
    }
    expect(taken).to.deep.equal(['a', 'b']);
    expect((await scenario.requests())[1]?.headers['last-event-id']).to.equal('1');
  });

  it('of a URL: with reconnect: false, the loop over a GET ends with the body', async () => {
    const scenario = await Scenario.of({ steps: [stream] });
    expect(await all(events(new URL(scenario.url), { reconnect: false }))).to.deep.equal(expected);
    expect(await scenario.requests()).to.have.length(1);
  });

  it('of a relative URL, resolved against the page', async () => {
    const urls: string[] = [];
    const fetch = async (url: string) => {
      urls.push(url);
      return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
    };
    const ask = () => events('/feed?a#b', { method: 'POST', fetch });
    const page =
      (globalThis as { document?: { baseURI?: string } }).document?.baseURI ?? globalThis.location?.href;
    if (page === undefined) {
      expect(ask).to.throw(/"\/feed\?a#b" is not a valid URL; a relative URL needs a page/);
      return;
    }
    expect(await all(ask())).to.deep.equal(expected);
    expect(urls).to.deep.equal([new URL('/feed?a#b', page).href]);
  });

  it('of a Request, whose body is sent again on a retry', async () => {
    const scenario = await Scenario.of({ status: 503 }, { steps: [stream] });
    const request = new Request(scenario.url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'x-mine': '1' },
      body: 'question',
    });
    const policy = { initialDelay: 1, statuses: [503], maxAttempts: 1 };
    const taken: EventSourceMessage[] = [];
    for await (const message of events(request, { reconnect: policy, headers: { 'x-more': '2' } })) {
      taken.push(message);
      if (taken.length === 2) break;
    }
    expect(taken).to.deep.equal(expected);
    const requests = await scenario.requests();
    expect(requests.map(({ method, body }) => [method, body])).to.deep.equal([
      ['POST', 'question'],
      ['POST', 'question'],
    ]);
    expect(requests[1]?.headers).to.include({ 'x-mine': '1', 'x-more': '2' });
  });

  it('of a POST as a Request: a broken stream is resumed, and the POST is not sent again', async () => {
    const scenario = await Scenario.of(
      { steps: ['retry: 1\nid: 1\ndata: a\n\n', { end: 'reset' }] },
      { steps: ['id: 2\ndata: b\n\n', { end: 'hang' }] },
    );
    const headers = { 'content-type': 'text/plain', 'x-mine': '1' };
    const request = new Request(scenario.url, { method: 'POST', headers, body: 'question' });
    const taken: string[] = [];
    for await (const { data } of events(request, { resume: {} })) {
      taken.push(data);
      if (data === 'b') break;
    }
    expect(taken).to.deep.equal(['a', 'b']);
    const requests = await scenario.requests();
    expect(requests.map(({ method, body }) => [method, body])).to.deep.equal([
      ['POST', 'question'],
      ['GET', ''],
    ]);
    expect(requests[1]?.headers).to.include({ 'x-mine': '1', 'last-event-id': '1' });
    expect(requests[1]?.headers).not.to.have.property('content-type');
  });

  it('of a Request: options of fetch are sent, and only those', async () => {
    const inits: object[] = [];
    const send = async (_url: string, init: object) => {
      inits.push({ ...init, headers: undefined, signal: undefined });
      return new Response('data: a\n\n', { headers: { 'content-type': 'text/event-stream' } });
    };
    const request = new Request('http://127.0.0.1:1/');
    for (const init of [
      {},
      { credentials: 'include', cache: 'reload' },
      { withCredentials: true },
    ] as const) {
      for await (const _message of events(request, { ...init, fetch: send as never })) break;
    }
    const rest = { headers: undefined, signal: undefined };
    expect(inits).to.deep.equal([
      rest,
      { ...rest, credentials: 'include', cache: 'reload' },
      { ...rest, credentials: 'include' },
    ]);
  });

  it('bodies that aren’t read are cancelled', async () => {
    let cancelled = 0;
    const open = () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\n')),
        cancel: () => void cancelled++,
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    await failure(all(events(open(), { accept: () => false })));
    await failure(all(events(open(), { signal: AbortSignal.abort() })));
    const left = events(open());
    left.next();
    await left.return?.();
    const waiting = events('http://127.0.0.1:1/', {
      fetch: async () => open(),
      accept: () => new Promise(() => {}),
    });
    waiting.next();
    await sleep(20);
    await waiting.return?.();
    for await (const _message of events(open())) break;
    await sleep(20);
    expect(cancelled).to.equal(5);
  });

  it('throws an exception of the function `reconnect` at the end of the stream, too', async () => {
    const cause = new RangeError('mine');
    const reconnect = () => {
      throw cause;
    };
    for (const end of ['close', 'reset'] as const) {
      const scenario = await Scenario.of({ steps: ['data: a\n\n', ...(end === 'reset' ? [{ end }] : [])] });
      expect((await failure(all(events(scenario.url, { reconnect })))).cause).to.equal(cause);
    }
  });

  it('sends no request before the first next()', async () => {
    const scenario = await Scenario.of({ steps: [stream] });
    const iterator = events(scenario.url, { method: 'POST' });
    await sleep(30);
    expect(await scenario.requests()).to.have.length(0);
    expect(await iterator.next()).to.deep.equal({ done: false, value: expected[0] });
    await iterator.return?.();
  });

  it('leaving the loop closes the connection', async () => {
    const scenario = await Scenario.of({ steps: ['data: a\n\ndata: b\n\n', { end: 'hang' }] });
    const iterator = events(scenario.url);
    for await (const { data } of iterator) {
      expect(data).to.equal('a');
      break;
    }
    const [request] = await scenario.until(([request]) => request?.isOpen === false);
    expect(request).to.include({ isOpen: false, wasAborted: true });
    expect(await iterator.next()).to.deep.equal({ done: true, value: undefined });
  });

  it('return() ends a pending next()', async () => {
    const scenario = await Scenario.of({ steps: [{ end: 'hang' }] });
    const iterator = events(scenario.url);
    const waiting = iterator.next();
    await scenario.until((requests) => requests.length === 1);
    await iterator.return?.();
    expect(await waiting).to.deep.equal({ done: true, value: undefined });
    expect((await scenario.until(([request]) => request?.isOpen === false))[0]?.isOpen).to.equal(false);
  });

  it('return() before the module is ready: no request is sent', async () => {
    const scenario = await Scenario.of({ steps: [stream] });
    const iterator = events(scenario.url);
    const waiting = iterator.next();
    await iterator.return?.();
    expect((await waiting).done).to.equal(true);
    await sleep(30);
    expect(await scenario.requests()).to.have.length(0);
  });

  it('reads nothing while the loop is busy', async () => {
    let pulled = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          controller.enqueue(new TextEncoder().encode(`data: ${++pulled}\n\n`));
        },
      },
      { highWaterMark: 0 },
    );
    const response = new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    const iterator = events(response);
    for (let count = 1; count <= 3; count++) {
      expect((await iterator.next()).value?.data).to.equal(String(count));
      await sleep(10);
      expect(pulled).to.be.at.most(count + 1);
    }
    await iterator.return?.();
  });

  it('concurrent calls of next() resolve in order', async () => {
    const scenario = await Scenario.of({ steps: ['data: 1\n\ndata: 2\n\n', { wait: 10 }, 'data: 3\n\n'] });
    const iterator = events(scenario.url, { method: 'POST' });
    const asked = await Promise.all([1, 2, 3, 4].map(() => iterator.next()));
    expect(asked.map(({ value }) => value?.data)).to.deep.equal(['1', '2', '3', undefined]);
  });

  it('events before a connection error are delivered before the error is thrown', async () => {
    const scenario = await Scenario.of({ steps: ['data: 1\n\ndata: 2\n\n', { end: 'reset' }] });
    const taken: string[] = [];
    const error = await failure(
      (async () => {
        for await (const { data } of events(scenario.url, { method: 'POST' })) {
          await sleep(60);
          taken.push(data);
        }
      })(),
    );
    expect(taken).to.deep.equal(['1', '2']);
    expect(error).to.include({ name: 'EventSourceError', kind: 'network' });
  });

  it('throws for a response that isn’t an event stream', async () => {
    const scenario = await Scenario.of({ status: 401, contentType: 'text/plain', steps: ['who are you?'] });
    const error = await failure(all(events(await fetch(scenario.url))));
    expect(error).to.include({ kind: 'status', status: 401, body: 'who are you?' });

    const unnamed = new Response('data: a\n\n');
    unnamed.headers.delete('content-type');
    expect((await failure(all(events(unnamed)))).kind).to.equal('content-type');
    const accepted = new Response('data: a\n\n');
    expect(await all(events(accepted, { accept: () => true }))).to.deep.equal([message('a')]);
  });

  it('throws for a response whose body was already read', async () => {
    const response = new Response('data: a\n\n', { headers: { 'content-type': 'text/event-stream' } });
    await response.text();
    const error = await failure(all(events(response)));
    expect(error.kind).to.equal('unreadable');
    expect(error.message).to.include('that nothing else has read');
  });

  it('a Request whose body was read is refused at once', async () => {
    const request = new Request('http://127.0.0.1:1', { method: 'POST', body: 'x' });
    await request.text();
    expect(() => events(request)).to.throw(TypeError, 'the body of the request was read; pass a clone()');
  });

  it('of a response with a relative URL', async () => {
    const response = new Response('data: a\n\n', { headers: { 'content-type': 'text/event-stream' } });
    Object.defineProperty(response, 'url', { value: '/feed' });
    expect(await all(events(response))).to.deep.equal([message('a')]);
  });

  it('throws the reason of an aborted signal, before and during the stream', async () => {
    const scenario = await Scenario.of({ steps: ['data: a\n\n', { end: 'hang' }] });
    const reason = new Error('enough');
    const aborted = AbortSignal.abort(reason);
    expect(await failure(all(events(scenario.url, { signal: aborted })))).to.equal(reason);
    expect(await scenario.requests()).to.have.length(0);

    const stop = new AbortController();
    const iterator = events(scenario.url, { signal: stop.signal });
    await iterator.next();
    const waiting = failure(iterator.next());
    stop.abort(reason);
    expect(await waiting).to.equal(reason);
    expect(await iterator.next()).to.deep.equal({ done: true, value: undefined });
    expect((await scenario.until(([request]) => request?.isOpen === false))[0]?.isOpen).to.equal(false);

    const request = new Request(scenario.url, { signal: AbortSignal.abort(reason) });
    expect(await failure(all(events(request)))).to.equal(reason);
  });

  it('listens to a signal only while the loop runs', async () => {
    const scenario = await Scenario.of({ steps: ['data: a\n\n'] });
    const stop = new AbortController();
    const { signal } = stop;
    let listeners = 0;
    signal.addEventListener = (...args: unknown[]) => {
      listeners++;
      Reflect.apply(AbortSignal.prototype.addEventListener, signal, args);
    };
    signal.removeEventListener = (...args: unknown[]) => {
      listeners--;
      Reflect.apply(AbortSignal.prototype.removeEventListener, signal, args);
    };
    const iterator = events(scenario.url, { signal, reconnect: false });
    expect(listeners).to.equal(0);
    const first = iterator.next();
    expect(listeners).to.be.above(0);
    await first;
    expect((await iterator.next()).done).to.equal(true);
    expect(listeners).to.equal(0);

    // Aborted after the call and before the loop.
    const late = events(scenario.url, { signal });
    stop.abort(new Error('enough'));
    expect((await failure(late.next())).message).to.equal('enough');
    expect(listeners).to.equal(0);
    expect(await scenario.requests()).to.have.length(1);
  });

  it('a signal cancels the body of a response before the loop too', async () => {
    let isCancelled = false;
    const body = new ReadableStream({
      cancel() {
        isCancelled = true;
      },
    });
    const stop = new AbortController();
    const iterator = events(new Response(body), { signal: stop.signal });
    stop.abort();
    await sleep(1);
    expect(isCancelled).to.equal(true);
    expect((await failure(iterator.next())).name).to.equal('AbortError');
  });

  it('yield* passes on what return() and throw() were given', async () => {
    const scenario = await Scenario.of(
      { steps: ['data: a\n\n', { end: 'hang' }] },
      { steps: ['data: a\n\n', { end: 'hang' }] },
    );
    async function* delegate() {
      yield* events(scenario.url);
    }
    const returned = delegate();
    await returned.next();
    expect(await returned.return('given' as never)).to.deep.equal({ done: true, value: 'given' });
    const thrown = delegate();
    await thrown.next();
    expect((await failure(thrown.throw(new Error('given')))).message).to.equal('given');
    const requests = await scenario.until((requests) => requests.every(({ isOpen }) => !isOpen));
    expect(requests).to.have.length(2);
  });

  it('throws for options that don’t apply', () => {
    // @ts-expect-error
    expect(() => events('http://127.0.0.1:1', { trace: () => {} })).to.throw(TypeError, /"trace"/);
    const request = new Request('http://127.0.0.1:1');
    expect(() => events(request, { method: 'POST' })).to.throw(TypeError, /"method".*Request/);
    // @ts-expect-error
    expect(() => events('http://127.0.0.1:1', { heartbeat: 1 })).to.throw(TypeError, /"heartbeat"/);
  });
});
