/** `eventsource-wasm/testing` with fake timers. Runs only in Node, because the timers' package needs it. */

import { mock } from 'node:test';
import { install as installFakeTimers } from '@sinonjs/fake-timers';
import { expect } from 'chai';
import { EventSource, type EventSourceErrorEvent } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { events } from 'eventsource-wasm/stream';
import { createEventServer, fakeCompletion } from 'eventsource-wasm/testing';
import { next, record } from '../../conformance/conformance-test.js';
import { connected } from '../../support/scripted.js';

const url = 'https://example.test/feed';

describe('testing: fake timers', () => {
  let clock: ReturnType<typeof installFakeTimers>;
  beforeEach(() => {
    clock = installFakeTimers();
  });
  afterEach(() => clock.uninstall());

  it('EventSource: three seconds until it reconnects', async () => {
    await connected(async (source, request, server) => {
      const seen = record(source, 'message');
      request.open();
      request.send({ id: '7', data: 'a' });
      await next(source, 'message');
      request.end();
      expect((await next<EventSourceErrorEvent>(source, 'error')).delay).to.equal(3_000);
      await clock.tickAsync(2_999);
      expect(server.requests).to.have.length(1);
      await clock.tickAsync(1);
      expect((await server.nextRequest()).lastEventId).to.equal('7');
      expect(seen).to.deep.equal([['message', 'a', '7']]);
    });
  });

  it('EventSource: after `closed`, the timer for the next request is set', async () => {
    await connected(async (source, request, server) => {
      const seen = record(source, 'message');
      request.open();
      for (const data of ['a', 'b', 'c']) request.send({ id: data, data });
      request.cut();
      expect(await request.closed).to.equal('server');
      await clock.tickAsync(3_000);
      expect((await server.nextRequest()).lastEventId).to.equal('c');
      expect(seen).to.have.length(3);
      server.requests[1]?.stall();
    });
  });

  it('EventSource: thirty seconds of idleTimeout', async () => {
    await connected(
      async (source, request, server) => {
        request.open();
        await next<Event>(source, 'open');
        await clock.tickAsync(29_000);
        request.comment();
        await clock.tickAsync(29_000);
        expect(source.readyState).to.equal(EventSource.OPEN);
        request.stall();
        const error = next<EventSourceErrorEvent>(source, 'error');
        await clock.tickAsync(1_000);
        expect((await error).kind).to.equal('timeout');
        expect(await request.closed).to.equal('client');
        await clock.tickAsync(3_000);
        await server.nextRequest().then((request) => request.stall());
      },
      { idleTimeout: 30_000 },
    );
  });

  it('EventSource: idleTimeout, if the timers leave the clock alone', async () => {
    clock.uninstall();
    clock = installFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    await connected(
      async (source, request) => {
        request.open();
        await next<Event>(source, 'open');
        await clock.tickAsync(29_000);
        expect(source.readyState).to.equal(EventSource.OPEN);
        const error = next<EventSourceErrorEvent>(source, 'error');
        await clock.tickAsync(1_000);
        expect((await error).kind).to.equal('timeout');
        expect(await request.closed).to.equal('client');
        source.close();
      },
      { idleTimeout: 30_000 },
    );
  });

  it('EventSource: events arrive under Node’s own fake timers', async () => {
    clock.uninstall();
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });
    try {
      await connected(async (source, request) => {
        const seen = record(source, 'message');
        request.open();
        for (const data of ['a', 'b', 'c']) request.send(data);
        while (seen.length < 3) await next(source, 'message');
        source.close();
      });
    } finally {
      mock.timers.reset();
    }
  });

  it('events(): works without timers', async () => {
    const server = createEventServer();
    const loop = (async () => {
      const seen: string[] = [];
      for await (const { data } of events(url, { fetch: server.fetch, method: 'POST' })) seen.push(data);
      return seen;
    })();
    const request = await server.nextRequest();
    request.open();
    request.send('a');
    request.send('b');
    request.end();
    expect(await loop).to.deep.equal(['a', 'b']);
  });

  it('fetchEventSource: a second until it reconnects', async () => {
    const server = createEventServer();
    const controller = new AbortController();
    const seen: string[] = [];
    const fetched = fetchEventSource(url, {
      fetch: server.fetch,
      signal: controller.signal,
      openWhenHidden: true,
      onmessage: ({ data }) => void seen.push(data),
      onerror: () => 1_000,
    });
    const first = await server.nextRequest();
    first.open();
    first.send('a');
    first.cut();
    await first.closed;
    await clock.tickAsync(1_000);
    const second = await server.nextRequest();
    second.open();
    controller.abort();
    await fetched;
    expect(seen).to.deep.equal(['a']);
  });

  it('streams at the rate of tokensPerSecond', async () => {
    const response = await fakeCompletion('openai-chat', {
      text: ['a', 'b', 'c'],
      tokensPerSecond: 2,
    }).fetch(url);
    let isDone = false;
    const whole = response.text().then((text) => {
      isDone = true;
      return text;
    });
    await clock.tickAsync(1_499);
    expect(isDone).to.equal(false);
    await clock.tickAsync(1);
    expect(await whole).to.match(/"a".*"b".*"c".*\[DONE\]\n\n$/s);
  });
});
