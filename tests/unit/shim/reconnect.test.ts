/** Retry policies, dynamic requests, event IDs, timeouts, limits, and ways to observe a connection. */

import { expect } from 'chai';
import {
  type Attempt,
  EventSource,
  type EventSourceErrorEvent,
  type EventSourceInit,
  type TraceEntry,
} from 'eventsource-wasm';
import { catchReports, next, record, sleep, using } from '../../conformance/conformance-test.js';
import { type Answer, Scenario, type Seen } from '../../support/server/scenario.js';

const nowhere = 'http://127.0.0.1:1/';
const hang: Answer = { steps: ['data: here\n\n', { end: 'hang' }] };
const fast = { initialDelay: 5, factor: 1, jitter: 0 };

function errors(source: EventSource): EventSourceErrorEvent[] {
  const errors: EventSourceErrorEvent[] = [];
  source.addEventListener('error', (error) => errors.push(error));
  return errors;
}

/** The error that ends the connection. */
function failure(source: EventSource): Promise<EventSourceErrorEvent> {
  return new Promise((resolve) => {
    source.addEventListener('error', (error) => {
      if (!error.willReconnect) resolve(error);
    });
  });
}

describe('reconnect', () => {
  it('false: a GET is sent once, and the end of the stream fires a close event', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 1\ndata: x\n\n'] });
    const source = new EventSource(scenario.url, { reconnect: false });
    const events = record(source, 'message', 'error', 'close');
    await next<Event>(source, 'close');
    await sleep(50);
    expect(events).to.deep.equal([['message', 'x', ''], ['close']]);
    expect(await scenario.requests()).to.have.length(1);
    const broken = await failure(new EventSource(nowhere, { reconnect: false }));
    expect(broken).to.include({ kind: 'network', willReconnect: false });
  });

  it('true: a POST is repeated, too', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 5\nid: 1\ndata: a\n\n'] }, hang);
    await using(
      new EventSource(scenario.url, { method: 'POST', body: 'same', reconnect: true }),
      async (source) => {
        await next(source, 'error');
        await next(source, 'message');
        const requests = await scenario.requests();
        expect(requests.map(({ method, body }) => [method, body])).to.deep.equal([
          ['POST', 'same'],
          ['POST', 'same'],
        ]);
        expect(requests[1]?.headers['last-event-id']).to.equal('1');
      },
    );
  });

  it('a policy: delays grow, and the last error reports the number of attempts', async () => {
    const source = new EventSource(nowhere, {
      reconnect: { initialDelay: 10, factor: 2, jitter: 0, maxAttempts: 3 },
    });
    const seen = errors(source);
    const last = await failure(source);
    expect(seen.map(({ delay }) => delay)).to.deep.equal([10, 20, 40, undefined]);
    expect(seen.map(({ attempt }) => attempt)).to.deep.equal([1, 2, 3, 4]);
    expect(last.message).to.contain('given up after attempt 4');
    expect(source.readyState).to.equal(EventSource.CLOSED);
  });

  it('a policy: maxTime ends the retries, jitter lengthens the delays', async () => {
    const source = new EventSource(nowhere, {
      reconnect: { initialDelay: 20, factor: 1, jitter: 0.5, maxTime: 90 },
    });
    const seen = errors(source);
    await failure(source);
    expect(seen.length).to.be.within(2, 5);
    for (const { delay } of seen.slice(0, -1)) expect(delay).to.be.within(20, 30);
  });

  it('a policy: listed statuses are retried after Retry-After', async () => {
    const scenario = await Scenario.of(
      { status: 503 },
      { status: 429, headers: { 'retry-after': '1' }, steps: ['slow down'] },
      hang,
    );
    await using(
      new EventSource(scenario.url, { reconnect: { ...fast, statuses: [429, 503] } }),
      async (source) => {
        const seen = errors(source);
        await next(source, 'message');
        expect(seen.map(({ status, delay, body }) => [status, delay, body])).to.deep.equal([
          [503, 5, ''],
          [429, 1000, 'slow down'],
        ]);
      },
    );
  });

  it('a policy: Retry-After as a date', async () => {
    const date = new Date(Date.now() + 3_000).toUTCString();
    const scenario = await Scenario.of({ status: 503, headers: { 'retry-after': date } });
    await using(
      new EventSource(scenario.url, { reconnect: { ...fast, statuses: [503] } }),
      async (source) => {
        expect((await next<EventSourceErrorEvent>(source, 'error')).delay).to.be.within(1_000, 3_000);
      },
    );
  });

  it('a policy: a status that isn’t listed fails', async () => {
    const scenario = await Scenario.of({ status: 500 });
    const source = new EventSource(scenario.url, { reconnect: { ...fast, statuses: [503] } });
    expect(await failure(source)).to.include({ status: 500, willReconnect: false });
  });

  it('a policy: maxDelay caps the server’s delay', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 100000\n\n'] }, hang);
    await using(new EventSource(scenario.url, { reconnect: { maxDelay: 10, jitter: 0 } }), async (source) => {
      expect((await next<EventSourceErrorEvent>(source, 'error')).delay).to.equal(10);
      await next(source, 'message');
    });
  });

  it('a function: called for every kind of error, with sync and async results', async () => {
    const scenario = await Scenario.of(
      { status: 401 },
      { contentType: 'text/html' },
      { steps: [] },
      { status: 403 },
    );
    const kinds: string[] = [];
    const source = new EventSource(scenario.url, {
      method: 'POST',
      fetch: fourthFails(),
      reconnect: ({ kind, status }) => {
        kinds.push(kind);
        if (status === 403) return false;
        return kinds.length % 2 ? 1 : Promise.resolve(2);
      },
    });
    const seen = errors(source);
    expect(await failure(source)).to.include({ status: 403 });
    expect(kinds).to.deep.equal(['status', 'content-type', 'end', 'network', 'status']);
    expect(seen.map(({ delay }) => delay)).to.deep.equal([1, 2, 1, 2, undefined]);
  });

  it('a function that returns false at the end of a stream completes it', async () => {
    const scenario = await Scenario.of({ steps: ['data: x\n\n'] });
    const source = new EventSource(scenario.url, { reconnect: () => false });
    const events = record(source, 'error', 'close');
    await next<Event>(source, 'close');
    expect(events).to.deep.equal([['close']]);
  });

  it('a function that throws or rejects fails the connection with its error', async () => {
    for (const reconnect of [
      () => {
        throw new Error('no idea');
      },
      () => Promise.reject(new Error('no idea')),
    ]) {
      const error = await failure(new EventSource(nowhere, { reconnect }));
      expect(error.cause).to.have.property('message', 'no idea');
      expect(error.message).to.contain('no idea');
    }
  });

  it('close() while a function decides: no event follows', async () => {
    let decide: ((answer: number) => void) | undefined;
    const source = new EventSource(nowhere, {
      reconnect: () =>
        new Promise((resolve) => {
          decide = resolve;
        }),
    });
    const seen = errors(source);
    while (!decide) await sleep(5);
    source.close();
    decide(0);
    await sleep(50);
    expect(seen).to.deep.equal([]);
  });
});

/** A fetch whose fourth call fails. A server's reset wouldn't do: browsers may repeat such a request by themselves. */
function fourthFails(): (url: string, init: RequestInit) => Promise<Response> {
  let calls = 0;
  return async (url, init) => {
    if (++calls === 4) throw new TypeError('no network');
    return fetch(url, init);
  };
}

describe('resume', () => {
  it('null is the same as no option', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 5\nid: 1\ndata: a\n\n', { end: 'reset' }] });
    const init = { method: 'POST', body: 'x', resume: null as never };
    const error = await next<EventSourceErrorEvent>(new EventSource(scenario.url, init), 'error');
    expect(error.willReconnect).to.equal(false);
  });

  it('a broken POST is resumed by a GET after the last event, and isn’t repeated', async () => {
    const scenario = await Scenario.of(
      { steps: ['retry: 5\nid: 1\ndata: a\n\n', { end: 'reset' }] },
      { steps: ['id: 2\ndata: b\n\n'] },
    );
    const source = new EventSource(scenario.url, {
      method: 'POST',
      headers: { Authorization: 'Bearer key', 'Content-Type': 'application/json' },
      body: '{}',
      resume: { url: `${scenario.url}?resume` },
    });
    const events = record(source, 'message', 'error', 'close');
    await next<Event>(source, 'close');
    expect(events).to.deep.equal([['message', 'a', '1'], ['error'], ['message', 'b', '2'], ['close']]);
    const [first, second, ...others] = await scenario.requests();
    expect(others).to.deep.equal([]);
    expect(first).to.include({ method: 'POST', body: '{}' });
    expect(second).to.include({ method: 'GET', body: '' });
    expect(second?.url).to.match(/\?resume$/);
    expect(second?.headers).to.include({ authorization: 'Bearer key', 'last-event-id': '1' });
    expect(second?.headers).not.to.have.property('content-type');
  });

  it('its own headers are sent unchanged, including the content type', async () => {
    const scenario = await Scenario.of(
      { steps: ['retry: 5\nid: 1\ndata: a\n\n', { end: 'reset' }] },
      { steps: ['data: b\n\n'] },
    );
    const headers = { 'Content-Type': 'application/json' };
    const source = new EventSource(scenario.url, {
      method: 'POST',
      headers,
      body: '{}',
      resume: { method: 'POST', headers, body: '{"resume":true}' },
    });
    await next<Event>(source, 'close');
    const [, second] = await scenario.requests();
    expect(second).to.include({ method: 'POST', body: '{"resume":true}' });
    expect(second?.headers).to.include({ 'content-type': 'application/json' });
  });
});

describe('dynamic requests', () => {
  it('a 401, then a new token, then the stream resumes after the same event', async () => {
    const scenario = await Scenario.of(
      { steps: ['retry: 5\nid: 7\ndata: a\n\n'] },
      { status: 401 },
      { steps: ['data: b\n\n', { end: 'hang' }] },
    );
    let token = 'old';
    const source = new EventSource(scenario.url, {
      reconnect: { ...fast, statuses: [401], maxAttempts: 2 },
      headers: async ({ error }) => {
        if (error?.status === 401) token = await Promise.resolve('new');
        return { Authorization: `Bearer ${token}` };
      },
    });
    await using(source, async () => {
      const events = record(source, 'message');
      await scenario.until((requests) => requests.length === 3);
      while (events.length < 2) await next(source, 'message');
      expect(events).to.deep.equal([
        ['message', 'a', '7'],
        ['message', 'b', '7'],
      ]);
      const seen = (await scenario.requests()).map(({ headers }: Seen) => [
        headers.authorization,
        headers['last-event-id'],
      ]);
      expect(seen).to.deep.equal([
        ['Bearer old', undefined],
        ['Bearer old', '7'],
        ['Bearer new', '7'],
      ]);
    });
  });

  it('url, headers and body are called with the attempt, the last event ID and the error', async () => {
    const scenario = await Scenario.of({ steps: ['id: 1\ndata: a\n\n'] }, { steps: [{ end: 'hang' }] });
    const asked: unknown[] = [];
    const note = (what: string, { attempt, lastEventId, error }: Attempt) =>
      asked.push([what, attempt, lastEventId, error?.kind]);
    const source = new EventSource(scenario.url, {
      method: 'POST',
      reconnect: fast,
      url: (attempt) => {
        note('url', attempt);
        return new URL(`${scenario.url}?attempt=${attempt.attempt}`);
      },
      headers: (attempt) => {
        note('headers', attempt);
        return { 'x-attempt': String(attempt.attempt) };
      },
      body: async (attempt) => {
        note('body', attempt);
        return `body ${attempt.attempt}`;
      },
    });
    await using(source, async () => {
      const requests = await scenario.until((seen) => seen.length === 2);
      expect(asked).to.deep.equal([
        ['url', 1, '', undefined],
        ['headers', 1, '', undefined],
        ['body', 1, '', undefined],
        ['url', 2, '1', 'end'],
        ['headers', 2, '1', 'end'],
        ['body', 2, '1', 'end'],
      ]);
      expect(
        requests.map(({ url, headers, body }) => [url.split('?')[1], headers['x-attempt'], body]),
      ).to.deep.equal([
        ['attempt=1', '1', 'body 1'],
        ['attempt=2', '2', 'body 2'],
      ]);
      expect(source.url).to.equal(scenario.url);
    });
  });

  it('the first Idempotency-Key is reused', async () => {
    const scenario = await Scenario.of({ status: 503 }, { steps: [{ end: 'hang' }] });
    let number = 0;
    const source = new EventSource(scenario.url, {
      method: 'POST',
      reconnect: { ...fast, statuses: [503] },
      headers: () => ({ 'Idempotency-Key': `key ${++number}` }),
    });
    await using(source, async () => {
      const requests = await scenario.until((seen) => seen.length === 2);
      expect(requests.map(({ headers }) => headers['idempotency-key'])).to.deep.equal(['key 1', 'key 1']);
    });
  });

  it('a function that fails or returns something invalid fails the connection with a reason', async () => {
    const wrong: EventSourceInit[] = [
      { headers: () => Promise.reject(new Error('no token')) },
      {
        url: () => {
          throw new Error('no token');
        },
      },
      { headers: () => ({ authorization: undefined }) as unknown as HeadersInit },
      { method: 'POST', body: () => ({}) as BodyInit },
      { body: () => 'x' },
      { url: () => 'http://[' },
    ];
    const messages = [
      /no token/,
      /no token/,
      /"authorization" is undefined/,
      /JSON\.stringify/,
      /can't have a body/,
      /not a valid URL/,
    ];
    for (const [index, init] of wrong.entries()) {
      const error = await failure(new EventSource(nowhere, init));
      expect(error.kind).to.equal('request');
      expect(error.message).to.match(messages[index] as RegExp);
    }
  });

  for (const [how, fail] of [
    ['rejects', () => Promise.reject(new TypeError('Failed to fetch'))],
    [
      'throws',
      () => {
        throw new Error('no token');
      },
    ],
  ] as const) {
    it(`a function that ${how} after the first request is called again`, async () => {
      const scenario = await Scenario.of({ steps: ['id: 1\ndata: a\n\n'] }, hang);
      const source = new EventSource(scenario.url, {
        reconnect: fast,
        headers: ({ attempt }) => (attempt === 2 ? fail() : { 'x-attempt': `${attempt}` }),
      });
      await using(source, async () => {
        const errors: EventSourceErrorEvent[] = [];
        source.addEventListener('error', (error) => errors.push(error));
        const requests = await scenario.until((seen) => seen.length === 2);
        expect(requests[1]?.headers).to.include({ 'x-attempt': '3', 'last-event-id': '1' });
        expect(errors.map(({ kind, willReconnect }) => [kind, willReconnect])).to.deep.equal([
          ['end', true],
          ['request', true],
        ]);
      });
    });
  }

  it('close() while a function is pending: no request', async () => {
    const scenario = await Scenario.of(hang);
    let give: ((headers: HeadersInit) => void) | undefined;
    const source = new EventSource(scenario.url, {
      headers: () =>
        new Promise((resolve) => {
          give = resolve;
        }),
    });
    while (!give) await sleep(5);
    source.close();
    give({});
    await sleep(50);
    expect(await scenario.requests()).to.deep.equal([]);
  });

  it('a stream as the body is sent only once', async () => {
    const fetched: unknown[] = [];
    const source = new EventSource(nowhere, {
      method: 'POST',
      reconnect: fast,
      body: new ReadableStream(),
      fetch: async (_url, { body }) => {
        fetched.push(body);
        throw new TypeError('no network');
      },
    });
    const error = await failure(source);
    expect(error.kind).to.equal('request');
    // Browsers that can't send a stream report that before the first request.
    expect(error.message).to.match(/can be sent only once|can't send this stream/);
    expect(fetched.length).to.be.at.most(1);
  });
});

describe('last event IDs', () => {
  it('an initial ID is sent, readable, and set on events', async () => {
    const scenario = await Scenario.of({ steps: ['data: a\n\nid: 10\ndata: b\n\n', { end: 'hang' }] });
    const none = new EventSource('http://127.0.0.1:1/', { lastEventId: null });
    expect(none.lastEventId).to.equal('');
    none.close();
    await using(new EventSource(scenario.url, { lastEventId: '9/a b' }), async (source) => {
      expect(source.lastEventId).to.equal('9/a b');
      expect((await next(source, 'message')).lastEventId).to.equal('9/a b');
      await next(source, 'message');
      expect(source.lastEventId).to.equal('10');
      expect((await scenario.requests())[0]?.headers['last-event-id']).to.equal('9/a b');
    });
  });

  for (const isAsync of [false, true]) {
    it(`a store keeps the ID across reloads, ${isAsync ? 'asynchronously' : 'synchronously'}`, async () => {
      const kept = new Map<string, string>();
      const store = isAsync
        ? {
            getItem: async (name: string) => kept.get(name),
            setItem: async (name: string, id: string) => void kept.set(name, id),
          }
        : {
            getItem: (name: string) => kept.get(name) ?? null,
            setItem: (name: string, id: string) => void kept.set(name, id),
          };
      const scenario = await Scenario.of({ steps: ['id: 3\ndata: a\n\n', { end: 'hang' }] });
      await using(new EventSource(scenario.url, { store, storeName: 'feed' }), (source) =>
        next(source, 'message'),
      );
      expect([...kept]).to.deep.equal([['feed', '3']]);
      await using(new EventSource(scenario.url, { store, storeName: 'feed', lastEventId: '1' }), (source) =>
        next(source, 'message'),
      );
      const [first, second] = await scenario.requests();
      expect(first?.headers).not.to.have.property('last-event-id');
      expect(second?.headers['last-event-id']).to.equal('3');
    });
  }

  // Browsers send it, but not to another origin.
  it('an ID with a control character is sent, or the error names it', async function () {
    if ('document' in globalThis) this.skip();
    const scenario = await Scenario.of(
      { steps: ['retry: 1\nid: a\x01b\ndata: a\n\n'] },
      { steps: [{ end: 'hang' }] },
    );
    await using(new EventSource(scenario.url), async (source) => {
      const errors: EventSourceErrorEvent[] = [];
      source.addEventListener('error', (error) => errors.push(error as EventSourceErrorEvent));
      const isOver = () => source.readyState === EventSource.CLOSED || errors.length > 2;
      while (!isOver() && (await scenario.requests()).length < 2) await sleep(5);
      const [, second] = await scenario.requests();
      if (second) {
        expect(second.headers['last-event-id']).to.equal('a\x01b');
        return;
      }
      const [, error] = errors;
      // A runtime may send it, and the server refuse it.
      if (error?.kind !== 'status') expect(`${error?.cause}`).to.contain('the last event ID "a\\u0001b"');
      expect(source.readyState).to.equal(EventSource.CLOSED);
    });
  });

  it('a slow store ends up with the latest ID', async () => {
    const scenario = await Scenario.of({
      steps: ['id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n', { end: 'hang' }],
    });
    const written: string[] = [];
    const delays = [30, 1, 1];
    const store = {
      getItem: async () => null,
      async setItem(_name: string, id: string) {
        await sleep(delays.shift() ?? 0);
        written.push(id);
        if (id === '1') throw new Error('the first one fails');
      },
    };
    const uncaught = catchReports();
    try {
      await using(new EventSource(scenario.url, { store }), async () => {
        while (written.length < 2) await sleep(5);
      });
    } finally {
      uncaught.stop();
    }
    expect(written).to.deep.equal(['1', '3']);
    expect(uncaught.messages()).to.deep.equal(['the first one fails']);
  });

  it('the store is written after onEvent and before the listeners', async () => {
    const calls: unknown[] = [];
    const store = { getItem: () => null, setItem: (_name: string, id: string) => void calls.push(id) };
    const scenario = await Scenario.of({
      steps: ['id: 3\ndata: a\n\nid: 4\n\ndata: b\n\n', { end: 'hang' }],
    });
    const onEvent = ({ data }: MessageEvent<string>) => calls.push(`onEvent ${data} ${source.lastEventId}`);
    const source = new EventSource(scenario.url, { store, onEvent });
    source.onmessage = ({ data }) => calls.push(`message ${data}`);
    await using(source, async () => {
      await next(source, 'message');
      await next(source, 'message');
    });
    expect(calls).to.deep.equal(['onEvent a 3', '3', 'message a', '4', 'onEvent b 4', 'message b']);
  });

  it('with dropReplayed, replayed events are dropped', async () => {
    const scenario = await Scenario.of(
      { steps: ['retry: 5\nid: 1\ndata: a\n\nid: 2\ndata: b\n\n'] },
      { steps: ['id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n', { end: 'hang' }] },
    );
    await using(new EventSource(scenario.url, { dropReplayed: true }), async (source) => {
      const events = record(source, 'message');
      while (events.length < 3) await next(source, 'message');
      expect(events.map(([, data]) => data)).to.deep.equal(['a', 'b', 'c']);
    });
  });
});

describe('timeouts', () => {
  it('connectTimeout: a request without an answer is retried', async () => {
    const calls: unknown[] = [];
    const source = new EventSource(nowhere, {
      connectTimeout: 30,
      reconnect: fast,
      fetch: (_url, { signal }) => {
        calls.push(signal);
        return new Promise(() => {});
      },
    });
    await using(source, async () => {
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'timeout', willReconnect: true });
      expect(error.message).to.contain('30 ms (connectTimeout)');
      expect((calls[0] as AbortSignal).aborted).to.equal(true);
      await next(source, 'error');
      expect(calls).to.have.length(2);
    });
  });

  it('idleTimeout: a silent stream is resumed; comments reset the timer', async () => {
    const scenario = await Scenario.of(
      {
        steps: [
          'retry: 5\nid: 1\ndata: a\n\n',
          { wait: 300 },
          ':\n',
          { wait: 300 },
          ':\n',
          { wait: 300 },
          'data: b\n\n',
          { end: 'hang' },
        ],
      },
      hang,
    );
    await using(new EventSource(scenario.url, { idleTimeout: 700 }), async (source) => {
      const events = record(source, 'message');
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'timeout', willReconnect: true });
      expect(events.map(([, data]) => data)).to.deep.equal(['a', 'b']);
      const requests = await scenario.until((seen) => seen.length === 2 && seen[0]?.isOpen === false);
      expect(requests[0]).to.include({ isOpen: false });
      expect(requests[1]?.headers['last-event-id']).to.equal('1');
    });
  });

  it('a silent POST fails and isn’t repeated', async () => {
    const scenario = await Scenario.of({ steps: ['data: a\n\n', { end: 'hang' }] });
    const source = new EventSource(scenario.url, { method: 'POST', idleTimeout: 50 });
    expect(await failure(source)).to.include({ kind: 'timeout', willReconnect: false });
    await sleep(50);
    expect(await scenario.requests()).to.have.length(1);
  });

  it('a slow reader doesn’t trigger the idle timeout', async () => {
    const scenario = await Scenario.of({
      steps: ['data: x\n\n'.repeat(1_000), { wait: 100 }, 'data: end\n\n'],
    });
    const source = new EventSource(scenario.url, { method: 'POST', idleTimeout: 400 });
    const seen = errors(source);
    let count = 0;
    for await (const { data } of source) {
      if (++count === 1) await sleep(700);
      if (data === 'end') break;
    }
    source.close();
    expect(count).to.equal(1_001);
    expect(seen).to.deep.equal([]);
  });
});

describe('limits', () => {
  it('maxEventSize: earlier events fire, then an error names the limit', async () => {
    const scenario = await Scenario.of({
      steps: ['data: a\n\n', `data: ${'x'.repeat(200)}\n\n`, { end: 'hang' }],
    });
    const source = new EventSource(scenario.url, { maxEventSize: 100 });
    const events = record(source, 'message', 'error');
    const error = await failure(source);
    expect(error).to.include({ kind: 'too-large', willReconnect: false });
    expect(error.message).to.contain('100 bytes').and.to.contain('maxEventSize');
    expect(events).to.deep.equal([['message', 'a', ''], ['error']]);
    await scenario.until(([request]) => request?.isOpen === false);
  });

  it('a redirect loop is a network error', async () => {
    const scenario = await Scenario.of({ status: 302, headers: { location: 'stream' } });
    const source = new EventSource(scenario.url, { reconnect: false });
    expect(await failure(source)).to.include({ kind: 'network' });
  });
});

describe('accept', () => {
  it('accepts a response that the standard refuses', async () => {
    const scenario = await Scenario.of({
      status: 206,
      contentType: 'text/plain',
      steps: ['data: x\n\n', { end: 'hang' }],
    });
    await using(new EventSource(scenario.url, { accept: ({ status }) => status === 206 }), async (source) => {
      expect((await next(source, 'message')).data).to.equal('x');
    });
  });

  it('refuses a response that the standard accepts', async () => {
    const scenario = await Scenario.of(hang);
    for (const accept of [
      async () => false,
      () => false,
      () => {
        throw new Error('not this one');
      },
    ]) {
      const error = await failure(new EventSource(scenario.url, { accept }));
      expect(error).to.include({ kind: 'rejected', status: 200 });
      expect(error.message).to.match(/not this one|returned false/);
    }
  });
});

describe('timeout signals', () => {
  it('AbortSignal.timeout and AbortSignal.any close connections in every state', async () => {
    const scenario = await Scenario.of(hang);
    const signal = AbortSignal.timeout(60);
    const signals = 'any' in AbortSignal ? [signal, AbortSignal.any([signal])] : [signal];
    const sources = [scenario.url, nowhere].flatMap((url) =>
      signals.map((signal) => new EventSource(url, { signal })),
    );
    await sleep(150);
    expect(sources.map(({ readyState }) => readyState)).to.deep.equal(sources.map(() => EventSource.CLOSED));
    await scenario.until((requests) => requests.every(({ isOpen }) => !isOpen));
  });
});

describe('observing a connection', () => {
  it('with comments: true, comments are events', async () => {
    const scenario = await Scenario.of({ steps: [': one\n\n:two\ndata: x\n\n', { end: 'hang' }] });
    await using(new EventSource(scenario.url, { comments: true }), async (source) => {
      const events = record(source, 'comment', 'message');
      await next(source, 'message');
      expect(events.map(([type, data]) => [type, data])).to.deep.equal([
        ['comment', 'one'],
        ['comment', 'two'],
        ['message', 'x'],
      ]);
    });
  });

  it('onEvent gets events of all types', async () => {
    const scenario = await Scenario.of({
      steps: ['event: a\ndata: 1\n\nevent: b\ndata: 2\n\ndata: 3\n\n', { end: 'hang' }],
    });
    const heard: string[] = [];
    const onEvent = ({ type, data }: MessageEvent<string>) => void heard.push(type + data);
    await using(new EventSource(scenario.url, { onEvent }), async (source) => {
      await next(source, 'message');
      expect(heard).to.deep.equal(['a1', 'b2', 'message3']);
    });
  });

  it('trace reports requests, responses, bytes, events, errors and the end', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 5\nid: 1\ndata: x\n\n'] }, hang);
    const entries: TraceEntry[] = [];
    const source = new EventSource(scenario.url, { trace: (entry) => entries.push(entry) });
    await next(source, 'error');
    await next(source, 'message');
    source.close();
    const types = entries.map(({ type }) => type);
    expect(types.filter((type) => type !== 'bytes' && type !== 'events')).to.deep.equal([
      'request',
      'response',
      'error',
      'request',
      'response',
      'close',
    ]);
    expect(entries[0]).to.deep.equal({
      type: 'request',
      attempt: 1,
      url: scenario.url,
      method: 'GET',
      lastEventId: '',
    });
    const bytes = entries.reduce((sum, entry) => sum + (entry.type === 'bytes' ? entry.count : 0), 0);
    expect(bytes).to.equal('retry: 5\nid: 1\ndata: x\n\n'.length + 'data: here\n\n'.length);
  });

  it('trace may close the connection at any entry', async () => {
    const scenario = await Scenario.of(hang);
    const types: string[] = [];
    const trace = ({ type }: TraceEntry) => {
      types.push(type);
      if (types.length > 1) source.close();
    };
    const source: EventSource = new EventSource(scenario.url, { trace });
    await scenario.until(([request]) => request?.isOpen === false);
    expect(types).to.deep.equal(['request', 'response', 'close']);
  });

  it('for await reads at its own pace, and ends with the stream', async () => {
    const count = 600;
    const stream = Array.from({ length: count }, (_, number) => `event: e${number % 3}\ndata: ${number}\n\n`);
    const scenario = await Scenario.of({ steps: [stream.join('')] });
    const seen: string[] = [];
    for await (const { type, data } of new EventSource(scenario.url, { method: 'POST' })) {
      if (seen.length % 100 === 0) await sleep(2);
      seen.push(type + data);
    }
    expect(seen).to.deep.equal(stream.map((_, number) => `e${number % 3}${number}`));
  });

  it('for await throws when the connection fails', async () => {
    const scenario = await Scenario.of({ status: 401, steps: ['{"error":"no"}'] });
    let thrown: unknown;
    try {
      for await (const _ of new EventSource(scenario.url)) expect.fail('there is no event');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).to.be.instanceOf(Error);
    expect(thrown).to.include({
      name: 'EventSourceError',
      kind: 'status',
      status: 401,
      body: '{"error":"no"}',
    });
  });

  it('close() ends for await', async () => {
    const scenario = await Scenario.of(hang);
    const source = new EventSource(scenario.url);
    for await (const { data } of source) {
      expect(data).to.equal('here');
      source.close();
    }
    for await (const _ of source) expect.fail('it is closed');
  });

  it('close() drops an event that for await has not taken', async () => {
    const scenario = await Scenario.of({ steps: ['data: 1\n\ndata: 2\n\ndata: 3\n\n', { end: 'hang' }] });
    const source = new EventSource(scenario.url);
    const taken: string[] = [];
    for await (const { data } of source) {
      taken.push(data);
      await sleep(50);
      source.close();
    }
    expect(taken).to.deep.equal(['1']);
  });

  it('json() parses an error’s body', async () => {
    const scenario = await Scenario.of({ status: 429, steps: ['{"error":{"message":"slow down"}}'] });
    const error = await failure(new EventSource(scenario.url));
    expect(error.json()).to.deep.equal({ error: { message: 'slow down' } });
    const other = await Scenario.of({ status: 500, steps: ['<h1>'] });
    expect((await failure(new EventSource(other.url))).json()).to.equal(undefined);
  });
});

describe('invalid options', () => {
  const wrong: [what: string, init: unknown, message: RegExp][] = [
    ['a number as reconnect', { reconnect: 5 }, /"reconnect" must be/],
    ['an unknown member of a policy', { reconnect: { delay: 5 } }, /unknown member "delay".*initialDelay/],
    ['a negative delay', { reconnect: { initialDelay: -1 } }, /"reconnect\.initialDelay" is -1/],
    ['a factor that is NaN', { reconnect: { factor: Number.NaN } }, /"reconnect\.factor" is NaN/],
    ['a timeout that is a string', { idleTimeout: '5s' }, /"idleTimeout" is 5s; it must be a number/],
    ['an invalid whenHidden', { whenHidden: 'close' }, /"whenHidden" is "close".*"keep" or "pause"/],
    ['trace that isn’t a function', { trace: true }, /"trace" must be a function/],
    ['a resume body with GET', { resume: { body: 'x' } }, /a GET request can't have a body/],
  ];
  for (const [what, init, message] of wrong) {
    it(what, () => {
      expect(() => new EventSource(nowhere, init as EventSourceInit).close()).to.throw(TypeError, message);
    });
  }
});
