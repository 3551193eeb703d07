/**
 * Tests that this package doesn't have the problems that users report about other clients. Each test is named after a
 * report; `docs/complaints.md` has the threads and the solutions.
 */

import { expect } from 'chai';
import { EventSource, type EventSourceErrorEvent } from 'eventsource-wasm';
import { createEventServer } from 'eventsource-wasm/testing';
import { next, record, sleep, using } from '../../conformance/conformance-test.js';
import { type Answer, Scenario } from '../../support/server/scenario.js';

const hang: Answer = { steps: ['data: x\n\n', { end: 'hang' }] };

/** Returns the reasons of the unhandled rejections during `run`. */
async function unhandledRejections(run: () => Promise<void>): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const { process } = globalThis as { process?: NodeJS.Process };
  const note = (reason: unknown) => {
    reasons.push(reason instanceof Event ? (reason as PromiseRejectionEvent).reason : reason);
    if (reason instanceof Event) reason.preventDefault();
  };
  const before = process?.listeners?.('unhandledRejection') ?? [];
  if (process?.versions?.node)
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
  else globalThis.addEventListener('unhandledrejection', note);
  try {
    await run();
    await sleep(50);
  } finally {
    if (process?.versions?.node) {
      process.removeAllListeners('unhandledRejection');
      for (const listener of before) process.on('unhandledRejection', listener);
    } else globalThis.removeEventListener('unhandledrejection', note);
  }
  return reasons;
}

describe('complaints', () => {
  it('“it retries endlessly: how do I stop it?”', async () => {
    const scenario = await Scenario.of({ status: 'reset' });
    const source = new EventSource(scenario.url, { reconnect: { initialDelay: 1, maxAttempts: 2 } });
    const seen = record(source, 'error');
    while (source.readyState !== EventSource.CLOSED) await next<Event>(source, 'error');
    expect(seen).to.have.length(3);
  });

  it('“a hundred reconnects a second on a 404”', async () => {
    const scenario = await Scenario.of({ status: 404 });
    const source = new EventSource(scenario.url);
    await next<Event>(source, 'error');
    await sleep(100);
    expect(await scenario.requests()).to.have.length(1);
  });

  it('“a 503 during a deployment ends it”', async () => {
    const scenario = await Scenario.of({ status: 503 }, { status: 502 }, hang);
    const reconnect = { statuses: [502, 503, 504], initialDelay: 1 };
    await using(new EventSource(scenario.url, { reconnect }), (source) => next(source, 'message'));
  });

  it('“retry: 99999999999 makes it reconnect 57 times a second”', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 99999999999\n\n'] });
    await using(new EventSource(scenario.url), async (source) => {
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error.delay).to.equal(2 ** 31 - 1);
      await sleep(200);
      expect(await scenario.requests()).to.have.length(1);
    });
  });

  it('“the stream hangs when the connection is dead”', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 1\nid: 4\ndata: x\n\n', { end: 'hang' }] }, hang);
    await using(new EventSource(scenario.url, { idleTimeout: 60 }), async () => {
      const requests = await scenario.until((all) => all.length >= 2);
      expect(requests[1]?.headers['last-event-id']).to.equal('4');
    });
  });

  it('“a timeout of 45 s that I can’t switch off”: there is none by default', async () => {
    const scenario = await Scenario.of(hang);
    await using(new EventSource(scenario.url), async (source) => {
      const seen = record(source, 'error');
      await next(source, 'message');
      await sleep(300);
      expect(seen).to.deep.equal([]);
    });
  });

  it('“the error event says nothing”', async () => {
    const headers = {
      'www-authenticate': 'Bearer realm="api"',
      'access-control-expose-headers': 'www-authenticate',
    };
    const scenario = await Scenario.of({ status: 401, headers, steps: ['{"detail":"expired"}'] });
    const error = await next<EventSourceErrorEvent>(new EventSource(scenario.url), 'error');
    expect(error.status).to.equal(401);
    expect(error.headers?.get('www-authenticate')).to.equal('Bearer realm="api"');
    expect(error.json()).to.deep.equal({ detail: 'expired' });
  });

  it('“a 401 with JSON counts as connected, and is retried endlessly”', async () => {
    const scenario = await Scenario.of({ status: 401, contentType: 'application/json', steps: ['{}'] });
    const source = new EventSource(scenario.url);
    const events = record(source, 'open', 'error');
    await next<Event>(source, 'error');
    await sleep(50);
    expect(events).to.deep.equal([['error']]);
    expect(await scenario.requests()).to.have.length(1);
  });

  it('“aborting rejects somewhere I can’t catch”', async () => {
    const scenario = await Scenario.of(hang, { steps: ['retry: 1\n\n'] });
    const reasons = await unhandledRejections(async () => {
      for (const wait of [0, 1, 5, 30, 60]) {
        for (const method of ['GET', 'POST']) {
          const controller = new AbortController();
          new EventSource(scenario.url, { method, signal: controller.signal });
          await sleep(wait);
          controller.abort(new Error('no more'));
        }
      }
    });
    expect(reasons).to.deep.equal([]);
  });

  it('“a signal that was aborted before is ignored”', async () => {
    const scenario = await Scenario.of(hang);
    const source = new EventSource(scenario.url, { signal: AbortSignal.abort() });
    await sleep(50);
    expect(source.readyState).to.equal(EventSource.CLOSED);
    expect(await scenario.requests()).to.deep.equal([]);
  });

  it('“close() in the first of three events, and the others still come”', async () => {
    const scenario = await Scenario.of({ steps: ['data: 1\n\ndata: 2\n\ndata: 3\n\n', { end: 'hang' }] });
    const source = new EventSource(scenario.url);
    const seen = record(source, 'message');
    source.onmessage = () => source.close();
    await next(source, 'message');
    await sleep(50);
    expect(seen).to.have.length(1);
  });

  it('“an exception in my handler reconnects, and replays everything”', async () => {
    const scenario = await Scenario.of({ steps: ['data: 1\n\ndata: 2\n\n'] });
    const seen: string[] = [];
    // The exception goes to `reportError`. errors.test.ts covers runtimes without it.
    const { reportError } = globalThis;
    const onEvent = ({ data }: MessageEvent<string>) => {
      seen.push(data);
      throw new Error('from a handler');
    };
    const reported: unknown[] = [];
    globalThis.reportError = (error) => void reported.push(error);
    try {
      const source = new EventSource(scenario.url, { method: 'POST', onEvent });
      await next<Event>(source, 'close');
    } finally {
      globalThis.reportError = reportError;
    }
    expect(seen).to.deep.equal(['1', '2']);
    expect(reported).to.have.length(2);
    expect(await scenario.requests()).to.have.length(1);
  });

  it('“my POST is sent again, and billed again, when the stream ends or breaks”', async () => {
    for (const end of [[], [{ end: 'reset' as const }]]) {
      const scenario = await Scenario.of({ steps: ['retry: 1\ndata: x\n\n', ...end] });
      const source = new EventSource(scenario.url, { method: 'POST', body: '{}' });
      while (source.readyState !== EventSource.CLOSED) await sleep(10);
      await sleep(50);
      expect(await scenario.requests()).to.have.length(1);
    }
  });

  it('“Last-Event-ID gets lost, and there is no way to give one”', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 1\nid: 8\n\n'] }, hang);
    await using(new EventSource(scenario.url, { lastEventId: '7' }), async () => {
      const requests = await scenario.until((all) => all.length === 2);
      expect(requests.map(({ headers }) => headers['last-event-id'])).to.deep.equal(['7', '8']);
    });
  });

  it('“an event that was cut off in the middle is skipped when it resumes”', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 1\nid: 1\ndata: a\n\nid: 2\ndata: b\n'] }, hang);
    await using(new EventSource(scenario.url), async () => {
      const requests = await scenario.until((all) => all.length === 2);
      expect(requests[1]?.headers['last-event-id']).to.equal('1');
    });
  });

  it('“an ID like é世 and it never reconnects”', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 1\nid: é世\n\n'] }, hang);
    await using(new EventSource(scenario.url), (source) => next(source, 'message'));
  });

  it('“my own Last-Event-ID header is joined with its own: 1, 2”', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 1\nid: 2\n\n'] }, hang);
    await using(new EventSource(scenario.url, { headers: { 'last-event-id': '1' } }), async () => {
      const requests = await scenario.until((all) => all.length === 2);
      expect(requests[1]?.headers['last-event-id']).to.equal('2');
    });
  });

  it('“the token is stale when it reconnects”', async () => {
    const scenario = await Scenario.of({ steps: ['retry: 1\n\n'] }, hang);
    let token = 1;
    const headers = async () => ({ Authorization: `Bearer ${token++}` });
    await using(new EventSource(scenario.url, { headers }), async () => {
      const requests = await scenario.until((all) => all.length === 2);
      expect(requests.map(({ headers }) => headers.authorization)).to.deep.equal(['Bearer 1', 'Bearer 2']);
    });
  });

  it('“an image of 4 MiB in one event takes a minute, or all the memory”', async () => {
    const piece = 'x'.repeat(64 << 10);
    const scenario = await Scenario.of({
      steps: ['data: ', ...Array(64).fill(piece), '\n\n', { end: 'hang' }],
    });
    await using(new EventSource(scenario.url), async (source) => {
      expect((await next(source, 'message')).data).to.have.length(4 << 20);
    });
  });

  it('“I want every event, of any type”', async () => {
    const scenario = await Scenario.of({
      steps: ['event: surprise\ndata: 1\n\ndata: 2\n\n', { end: 'hang' }],
    });
    const seen: string[] = [];
    await using(
      new EventSource(scenario.url, { onEvent: ({ type }) => void seen.push(type) }),
      async (source) => {
        await next(source, 'message');
        expect(seen).to.deep.equal(['surprise', 'message']);
      },
    );
  });

  it('“an event called constructor breaks it”', async () => {
    const scenario = await Scenario.of({
      steps: ['event: constructor\ndata: 1\n\nevent: __proto__\ndata: 2\n\n', { end: 'hang' }],
    });
    await using(new EventSource(scenario.url), async (source) => {
      const events = record(source, 'constructor', '__proto__');
      await next(source, '__proto__');
      expect(events.map(([type]) => type)).to.deep.equal(['constructor', '__proto__']);
    });
  });

  it('“a keep-alive comment calls my handler with empty data”', async () => {
    const scenario = await Scenario.of({ steps: [':\n\n:\n\ndata: x\n\n', { end: 'hang' }] });
    await using(new EventSource(scenario.url), async (source) => {
      expect((await next(source, 'message')).data).to.equal('x');
    });
  });

  it('“heartbeat comments don’t reset my idle timeout”', async () => {
    const beats = Array.from({ length: 6 }, () => [':\n', { wait: 300 }] as const).flat();
    const scenario = await Scenario.of({ steps: [...beats, 'data: x\n\n', { end: 'hang' }] });
    // Longer than a busy browser delays a heartbeat, shorter than all heartbeats together.
    await using(new EventSource(scenario.url, { idleTimeout: 1_500 }), async (source) => {
      const errors = record(source, 'error');
      await next(source, 'message');
      expect(errors).to.deep.equal([]);
    });
  });

  it('“the DevTools show no events for fetch”: trace does', async () => {
    const scenario = await Scenario.of(hang);
    const types: string[] = [];
    await using(new EventSource(scenario.url, { trace: ({ type }) => types.push(type) }), async (source) => {
      await next(source, 'message');
      expect(types).to.include.members(['request', 'response', 'bytes', 'events']);
    });
  });

  it('“my mocked fetch isn’t used”', async () => {
    const server = createEventServer({
      onRequest: (request) => {
        request.open();
        request.send('mocked');
        request.end();
      },
    });
    server.install();
    const source = new EventSource('http://127.0.0.1:1/', { method: 'POST' });
    const { data } = await next(source, 'message').finally(() => server.restore());
    expect(data).to.equal('mocked');
  });

  it('“it needs window and document”', async () => {
    // This suite also runs in Node, and entries.test.ts runs dist/global.js in a worker.
    const scenario = await Scenario.of({ steps: ['data: x\n\n'] });
    const source = new EventSource(scenario.url, { method: 'POST', whenHidden: 'pause' });
    await next<Event>(source, 'close');
  });
});
