/** Error events, `EventSourceError`, and exceptions for invalid arguments. */

import { expect } from 'chai';
import { EventSource, EventSourceError, EventSourceErrorEvent, type EventSourceInit } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { events } from 'eventsource-wasm/stream';
import { catchReports, next, sleep, using } from '../../conformance/conformance-test.js';
import { Scenario } from '../../support/server/scenario.js';
import { isWasm2js, runGlobalScript } from './global-script.js';

const nowhere = 'http://127.0.0.1:1/';

describe('error events', () => {
  it('an error listener gets the status 401 and the response body', async () => {
    const scenario = await Scenario.of({
      status: 401,
      contentType: 'application/json',
      headers: { 'www-authenticate': 'Bearer' },
      steps: ['{"error":', '"Ungültig 世界"}'],
    });
    const source = new EventSource(scenario.url, { headers: { Authorization: 'Bearer wrong' } });
    const error = await next<EventSourceErrorEvent>(source, 'error');
    expect(error).to.be.instanceOf(EventSourceErrorEvent);
    expect(error).to.include({
      kind: 'status',
      status: 401,
      statusText: 'Unauthorized',
      body: '{"error":"Ungültig 世界"}',
      url: scenario.url,
      willReconnect: false,
      message: 'The server answered with status 401; an event stream needs 200 (Unauthorized)',
    });
    expect(error.headers?.get('www-authenticate')).to.equal('Bearer');
    expect(source.readyState).to.equal(EventSource.CLOSED);
  });

  it('names the wrong content type', async () => {
    const scenario = await Scenario.of({
      contentType: 'text/html; charset=utf-8',
      steps: ['<h1>Log in</h1>'],
    });
    const error = await next<EventSourceErrorEvent>(new EventSource(scenario.url), 'error');
    expect(error).to.include({ kind: 'content-type', status: 200, body: '<h1>Log in</h1>' });
    expect(error.message).to.contain('"text/html; charset=utf-8"').and.to.contain('text/event-stream');
  });

  it('reads at most 64 KiB of a refused body, for at most a second', async () => {
    const long = await Scenario.of({ status: 500, steps: ['x'.repeat(1 << 20), { end: 'hang' }] });
    const error = await next<EventSourceErrorEvent>(new EventSource(long.url), 'error');
    expect(error.body).to.have.length(64 << 10);
    await long.until(([request]) => request?.isOpen === false);

    const endless = await Scenario.of({ status: 500, steps: ['first words', { end: 'hang' }] });
    const late = await next<EventSourceErrorEvent>(new EventSource(endless.url), 'error');
    expect(late.body).to.equal('first words');
    expect((await endless.until(([request]) => request?.isOpen === false))[0]?.isOpen).to.equal(false);
  });

  it('close() while a refused body is read prevents the error event', async () => {
    const scenario = await Scenario.of({ status: 500, steps: ['first words', { end: 'hang' }] });
    const source = new EventSource(scenario.url);
    let errors = 0;
    source.onerror = () => errors++;
    await scenario.until((requests) => requests.length === 1);
    await sleep(50);
    source.close();
    await scenario.until(([request]) => request?.isOpen === false);
    await sleep(1_100);
    expect(errors).to.equal(0);
  });

  it('the error event at the end of a stream has the delay', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 1234\n\n'] });
    await using(new EventSource(scenario.url), async (source) => {
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({
        kind: 'end',
        willReconnect: true,
        delay: 1234,
        message: 'The event stream ended',
      });
      expect(error.status).to.equal(undefined);
    });
  });

  it('a server that is down: the error has the platform’s error as its cause', async () => {
    await using(new EventSource(nowhere), async (source) => {
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'network', willReconnect: true, delay: 3000 });
      expect(error.cause).to.be.instanceOf(TypeError);
      expect(error.message).to.contain((error.cause as Error).message);
    });
  });

  it('an exception in a handler is reported and doesn’t end the stream', async () => {
    const scenario = await Scenario.of({ steps: ['data: 1\n\ndata: 2\n\n', { end: 'hang' }] });
    const reported = catchReports();
    try {
      await using(new EventSource(scenario.url), async (source) => {
        const seen: string[] = [];
        source.onmessage = ({ data }) => {
          seen.push(data);
          throw new Error(`thrown at ${data}`);
        };
        while (seen.length < 2) await sleep(5);
        await sleep(20);
        expect(seen).to.deep.equal(['1', '2']);
        expect(await scenario.requests()).to.have.length(1);
      });
      expect(reported.messages()).to.deep.equal(['thrown at 1', 'thrown at 2']);
    } finally {
      reported.stop();
    }
  });

  const oddities: Record<string, () => Promise<unknown>> = {
    undefined: async () => undefined,
    'a number': async () => 7,
    'an empty object': async () => ({}),
    'a body that isn’t a stream': async () => {
      const headers = new Headers({ 'content-type': 'text/event-stream' });
      return { status: 200, headers, body: 'data: x' };
    },
    'a locked body': async () => {
      const response = new Response('data: x\n\n', { headers: { 'content-type': 'text/event-stream' } });
      response.body?.getReader();
      return response;
    },
    'chunks that aren’t bytes': async () => {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue('data: x\n\n');
        },
      });
      return { status: 200, headers: new Headers({ 'content-type': 'text/event-stream' }), body, url: '' };
    },
  };
  for (const [what, fetch] of Object.entries(oddities)) {
    it(`a fetch that resolves to ${what}`, async () => {
      const source = new EventSource(nowhere, { fetch: fetch as unknown as typeof globalThis.fetch });
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'unreadable', willReconnect: false });
      expect(source.readyState).to.equal(EventSource.CLOSED);
    });
  }

  it('a fetch that throws or rejects', async () => {
    for (const fetch of [
      () => {
        throw new RangeError('from fetch');
      },
      () => Promise.reject(new RangeError('from fetch')),
    ]) {
      const source = new EventSource(nowhere, { method: 'POST', fetch });
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'network', willReconnect: false });
      expect(error.message).to.contain('from fetch');
    }
    const source = new EventSource(nowhere, { method: 'POST', fetch: () => Promise.reject() });
    expect((await next<EventSourceErrorEvent>(source, 'error')).kind).to.equal('network');
  });

  it('if WebAssembly is blocked, the error names the fix, and later objects work', async () => {
    const { WebAssembly } = globalThis;
    // A copy of the package whose module isn't compiled yet.
    const { EventSource: Fresh } = await runGlobalScript();
    class Module {
      constructor() {
        throw new WebAssembly.CompileError('blocked by a policy');
      }
    }
    const compile = async () => new Module();
    globalThis.WebAssembly = Object.assign(Object.create(WebAssembly), { Module, compile });
    try {
      const source = new Fresh(nowhere);
      const error = await next<EventSourceErrorEvent>(source, 'error');
      if (isWasm2js) {
        source.close();
        expect(error.kind).to.equal('network');
        return;
      }
      expect(error).to.include({ kind: 'webassembly', willReconnect: false });
      expect(error.message).to.contain('blocked by a policy');
      expect(error.message).to.contain("'wasm-unsafe-eval'").and.to.contain("'eventsource-wasm/js'");
      expect(source.readyState).to.equal(EventSource.CLOSED);
    } finally {
      globalThis.WebAssembly = WebAssembly;
    }
    const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
    await using(new Fresh(scenario.url), async (source) => {
      expect((await next(source, 'message')).data).to.equal('x');
    });
  });
});

describe('EventSourceError', () => {
  const refusal = {
    status: 429,
    contentType: 'application/json',
    headers: { 'retry-after': '2' },
    steps: ['{"error":"slow down"}'],
  };
  const apis: [name: string, run: (url: string) => Promise<unknown>][] = [
    ['events', (url) => events(url).next()],
    ['for await', (url) => new EventSource(url)[Symbol.asyncIterator]().next()],
    ['fetchEventSource', (url) => fetchEventSource(url, {})],
  ];
  for (const [name, run] of apis) {
    it(`is thrown by ${name}, with the same members as the event`, async () => {
      const scenario = await Scenario.of(refusal);
      const error = await run(scenario.url).then(
        () => undefined,
        (error: EventSourceError) => error,
      );
      expect(error).to.be.instanceOf(EventSourceError).and.instanceOf(Error);
      expect(error).to.include({
        name: 'EventSourceError',
        kind: 'status',
        status: 429,
        statusText: 'Too Many Requests',
        url: scenario.url,
        body: '{"error":"slow down"}',
        attempt: 1,
        retryAfter: 2000,
      });
      expect(error?.json()).to.deep.equal({ error: 'slow down' });
      expect(error?.headers?.get('retry-after')).to.equal('2');
      expect(`${error}`).to.match(/^EventSourceError: The server answered with status 429/);
    });
  }

  it('the event also has them, with code as an alias of status', async () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    for (const [value, expected] of [
      ['3', [3000, 3000]],
      [inAMinute, [50_000, 61_000]],
      ['Thu, 01 Jan 1970 00:00:00 GMT', [0, 0]],
    ] as [string, [number, number]][]) {
      const scenario = await Scenario.of({ ...refusal, headers: { 'retry-after': value } });
      const error = await next<EventSourceErrorEvent>(new EventSource(scenario.url), 'error');
      expect(error).to.include({ code: 429, status: 429 });
      expect(error.retryAfter).to.be.within(...expected);
    }
    for (const value of ['soon', '-1', '1.5', 'no GMT']) {
      const scenario = await Scenario.of({ ...refusal, headers: { 'retry-after': value } });
      const error = await next<EventSourceErrorEvent>(new EventSource(scenario.url), 'error');
      expect(error.retryAfter).to.equal(undefined);
    }
  });
});

describe('invalid arguments', () => {
  const wrong: [what: string, init: unknown, message: RegExp][] = [
    ['a body with GET', { body: 'x' }, /a GET request can't have a body.*method: 'POST'/],
    ['a body with HEAD', { method: 'head', body: 'x' }, /a head request can't have a body/],
    ['a plain object as the body', { method: 'POST', body: { a: 1 } }, /JSON\.stringify/],
    ['an array as the body', { method: 'POST', body: [1] }, /JSON\.stringify/],
    ['an unknown option', { xyzzy: 1 }, /unknown option "xyzzy".*withCredentials/],
    ['a header that is undefined', { headers: { authorization: undefined } }, /"authorization" is undefined/],
    ['a header that is an object', { headers: { 'x-count': {} } }, /"x-count" is object.*string or a number/],
    ['a header that is null', { headers: [['x', null]] }, /"x" is null/],
    ['a header with a line break', { headers: { x: 'a\r\nb: c' } }, /the header "x" can't be sent/],
    ['a header’s name with a space', { headers: { 'x y': 'a' } }, /the header "x y" can't be sent/],
    ['a fetch that isn’t a function', { fetch: 'fetch' }, /"fetch" must be a function/],
    [
      'a signal that is a function',
      { signal: new EventTarget().dispatchEvent },
      /"signal" must be an AbortSignal/,
    ],
    ['a second argument that isn’t an object', 'POST', /must be an object/],
  ];
  for (const [what, init, message] of wrong) {
    it(what, () => {
      expect(() => new EventSource(nowhere, init as EventSourceInit).close()).to.throw(TypeError, message);
    });
  }

  it('no URL', () => {
    // @ts-expect-error
    expect(() => new EventSource()).to.throw(TypeError, /1 argument required.*URL/);
  });

  it('a URL that does not parse', () => {
    expect(() => new EventSource('http://[')).to.throw(DOMException, /"http:\/\/\[" is not a valid URL/);
  });

  it('undefined options are ignored', async () => {
    const scenario = await Scenario.of({ steps: [':\n', { end: 'hang' }] });
    const init = {
      method: undefined,
      headers: undefined,
      body: undefined,
      signal: undefined,
      fetch: undefined,
    };
    await using(new EventSource(scenario.url, init), async (source) => {
      await next<Event>(source, 'open');
      expect((await scenario.requests())[0]?.method).to.equal('GET');
    });
  });
});
