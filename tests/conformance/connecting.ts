/** Points C1 to C12: connecting, reconnecting and closing. */

import { expect } from 'chai';
import { Scenario } from '../support/server/scenario.js';
import { GLOBALS, next, record, sleep, table, using } from './conformance-test.js';

/** The globals with cookies, origins and a native class. */
const inBrowsers = GLOBALS.filter((global) => global !== 'node');

export const connectingTests = table();
const { test } = connectingTests;

test('C1 nothing is fired before the running script has ended', async (EventSource) => {
  const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
  await using(new EventSource(scenario.url), async (source) => {
    expect(source.readyState).to.equal(0);
    const events = record(source, 'open', 'message');
    for (const end = performance.now() + 100; performance.now() < end; );
    expect(events).to.deep.equal([]);
    expect(source.readyState).to.equal(0);
    await next(source, 'message');
    expect(events).to.deep.equal([['open'], ['message', 'x', '']]);
  });
});

test('C2 the request is a GET for an event stream that no cache answers', async (EventSource) => {
  const scenario = await Scenario.of({ steps: [':\n', { end: 'hang' }] });
  await using(new EventSource(scenario.url), async (source) => {
    await next(source, 'open');
    const [request] = await scenario.requests();
    expect(await scenario.preflights()).to.deep.equal([]);
    expect(request?.method).to.equal('GET');
    expect(request?.headers.accept).to.equal('text/event-stream');
    expect(request?.headers['cache-control']).to.equal('no-cache');
    expect(request?.headers).not.to.have.any.keys('last-event-id', 'content-type', 'content-length');
  });
});

test('C2 a request to another origin needs no preflight', async (EventSource) => {
  const scenario = await Scenario.of({ steps: ['retry: 10\ndata: x\n\n'] });
  await using(new EventSource(scenario.otherUrl), async (source) => {
    expect((await next(source, 'message')).origin).to.equal(new URL(scenario.otherUrl).origin);
    await scenario.until((requests) => requests.length >= 2);
    expect(await scenario.preflights()).to.deep.equal([]);
  });
});

test(
  'C2 the request’s headers are those of the native one',
  async (EventSource) => {
    const Native = globalThis.EventSource ?? EventSource;
    const seen: Record<string, string>[] = [];
    for (const Class of [EventSource, Native]) {
      const scenario = await Scenario.of({ steps: [':\n', { end: 'hang' }] });
      await using(new Class(scenario.url), async () => {
        const [request] = await scenario.until((requests) => requests.length === 1);
        // The referrer and cookies have their own tests. Other tests may set cookies meanwhile.
        seen.push({ ...request?.headers, connection: '', referer: '', cookie: '' });
      });
    }
    expect(seen[0]).to.deep.equal(seen[1]);
  },
  inBrowsers,
);

test(
  'C2 the referrer is the page, or the worker’s script',
  async (EventSource) => {
    const scenario = await Scenario.of({ steps: [':\n', { end: 'hang' }] });
    await using(new EventSource(scenario.url), async () => {
      const [request] = await scenario.until((requests) => requests.length === 1);
      expect(request?.headers.referer).to.equal(location.href);
    });
  },
  inBrowsers,
);

for (const isSameOrigin of [true, false]) {
  for (const withCredentials of [true, false]) {
    const isSent = isSameOrigin || withCredentials;
    test(
      `C2 ${isSameOrigin ? 'the same' : 'another'} origin, withCredentials ${withCredentials}: ${isSent ? 'cookies' : 'no cookies'}`,
      async (EventSource) => {
        // A random name, because other globals set cookies at the same time.
        const cookie = `conformance-${`${Math.random()}`.slice(2)}=1`;
        const setter = await Scenario.of({ headers: { 'set-cookie': `${cookie}; Path=/; Max-Age=30` } });
        await fetch(setter.url, { credentials: 'same-origin' });
        const scenario = await Scenario.of({
          cors: withCredentials ? 'credentials' : 'any',
          steps: ['data: x\n\n', { end: 'hang' }],
        });
        const url = isSameOrigin ? scenario.url : scenario.otherUrl;
        await using(new EventSource(url, { withCredentials }), async (source) => {
          expect(source.withCredentials).to.equal(withCredentials);
          expect((await next(source, 'message')).data).to.equal('x');
          const [request] = await scenario.requests();
          expect(request?.headers.cookie?.split('; ').includes(cookie) ?? false).to.equal(isSent);
        });
      },
      inBrowsers,
    );
  }
}

test('C3 the last event ID is sent, and not at all when it is empty', async (EventSource) => {
  const scenario = await Scenario.of(
    { steps: ['retry: 10\nid: a b/1\ndata: x\n\n'] },
    { steps: ['id\ndata: x\n\n'] },
    { steps: [':\n', { end: 'hang' }] },
  );
  await using(new EventSource(scenario.url), async () => {
    const requests = await scenario.until((seen) => seen.length === 3);
    expect(requests.map(({ headers }) => headers['last-event-id'])).to.deep.equal([
      undefined,
      'a b/1',
      undefined,
    ]);
  });
});

test('C3 an ID of any characters is sent as its UTF-8 bytes', async (EventSource) => {
  const scenario = await Scenario.of(
    { steps: ['retry: 10\nid: …é世😀\ndata: x\n\n'] },
    { steps: [':\n', { end: 'hang' }] },
  );
  await using(new EventSource(scenario.url), async () => {
    const [, second] = await scenario.until((seen) => seen.length === 2);
    const bytes = second?.headers['last-event-id'] ?? '';
    expect(bytes).to.equal('\xe2\x80\xa6\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80');
  });
});

test('C3 the ID of a block without data is sent, too', async (EventSource) => {
  const scenario = await Scenario.of(
    { steps: ['retry: 10\nid: 7\n\n'] },
    { steps: [':\n', { end: 'hang' }] },
  );
  await using(new EventSource(scenario.url), async () => {
    const [, second] = await scenario.until((seen) => seen.length === 2);
    expect(second?.headers['last-event-id']).to.equal('7');
  });
});

for (const contentType of [
  'text/event-stream',
  'TEXT/Event-Stream',
  'text/event-stream;charset=windows-1252',
  'text/event-stream ; x=y',
  'text/event-stream;',
]) {
  test(`C4 ${contentType} is accepted`, async (EventSource) => {
    const scenario = await Scenario.of({ contentType, steps: ['data: é\n\n', { end: 'hang' }] });
    await using(new EventSource(scenario.url), async (source) => {
      expect((await next(source, 'message')).data).to.equal('é');
    });
  });
}

test('C5 an accepted response opens before the first event', async (EventSource) => {
  const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
  await using(new EventSource(scenario.url), async (source) => {
    const states: number[] = [];
    for (const type of ['open', 'message'])
      source.addEventListener(type, () => states.push(source.readyState));
    await next(source, 'message');
    expect(states).to.deep.equal([1, 1]);
  });
});

test('C5 it opens without a byte of the body', async (EventSource) => {
  const scenario = await Scenario.of({ steps: [{ end: 'hang' }] });
  await using(new EventSource(scenario.url), async (source) => {
    // If the event doesn't fire, `readyState` is checked after 3 s.
    await Promise.race([next(source, 'open'), sleep(3_000)]);
    expect(source.readyState).to.equal(1);
  });
});

for (const [what, answer] of Object.entries({
  ...Object.fromEntries(
    [201, 202, 205, 210, 299, 400, 401, 403, 404, 410, 429, 500, 503].map((status) => [status, { status }]),
  ),
  '204': { status: 204 },
  'text/event-streamx': { contentType: 'text/event-streamx' },
  'text/event-stream bogus': { contentType: 'text/event-stream bogus' },
  'text/plain': { contentType: 'text/plain' },
  'no type': { contentType: null },
})) {
  test(`C6 ${what} fails the connection`, async (EventSource) => {
    const scenario = await Scenario.of({ ...answer, steps: ['retry: 1\ndata: x\n\n'] });
    await using(new EventSource(scenario.url), async (source) => {
      const events = record(source, 'open', 'message', 'error');
      await next<Event>(source, 'error');
      expect(source.readyState).to.equal(2);
      await sleep(100);
      expect(events).to.deep.equal([['error']]);
      expect(await scenario.requests()).to.have.length(1);
    });
  });
}

test('C7 the end of the body reestablishes the connection', async (EventSource) => {
  const scenario = await Scenario.of(
    { steps: ['retry: 50\nid: 1\ndata: a\n\n'] },
    { steps: ['data: b\n\n', { end: 'hang' }] },
  );
  await using(new EventSource(scenario.url), async (source) => {
    const events = record(source, 'open', 'message', 'error');
    await next<Event>(source, 'error');
    expect(source.readyState).to.equal(0);
    await next(source, 'message');
    expect(events).to.deep.equal([
      ['open'],
      ['message', 'a', '1'],
      ['error'],
      ['open'],
      ['message', 'b', '1'],
    ]);
    const [first, second] = await scenario.requests();
    expect(first?.headers).not.to.have.property('last-event-id');
    expect(second?.headers['last-event-id']).to.equal('1');
    expect((second?.at ?? 0) - (first?.at ?? 0)).to.be.at.least(45);
  });
});

test('C7 a connection that breaks is reestablished', async (EventSource) => {
  const scenario = await Scenario.of(
    // Wait before the reset, because it drops data that the browser hasn't read yet.
    { steps: ['retry: 10\nid: 1\ndata: a\n\nid: 2\ndata: never\n', { wait: 300 }, { end: 'reset' }] },
    { steps: ['data: b\n\n', { end: 'hang' }] },
  );
  await using(new EventSource(scenario.url), async (source) => {
    const events = record(source, 'open', 'message', 'error');
    await next<Event>(source, 'error');
    expect(source.readyState).to.equal(0);
    await next(source, 'message');
    expect(events).to.deep.equal([
      ['open'],
      ['message', 'a', '1'],
      ['error'],
      ['open'],
      ['message', 'b', '1'],
    ]);
    expect((await scenario.requests())[1]?.headers['last-event-id']).to.equal('1');
  });
});

test('C7 requests that get no answer are sent again', async (EventSource) => {
  // Browsers repeat some of these requests by themselves, and Firefox repeats all.
  const noAnswers = Array.from({ length: 6 }, () => ({ status: 'reset' }) as const);
  const scenario = await Scenario.of({ steps: ['retry: 10\n\n'] }, ...noAnswers, {
    steps: ['data: back\n\n', { end: 'hang' }],
  });
  await using(new EventSource(scenario.url), async (source) => {
    const states = new Set<number>();
    source.onerror = () => states.add(source.readyState);
    expect((await next(source, 'message')).data).to.equal('back');
    expect([...states]).to.deep.equal([0]);
    expect(await scenario.requests()).to.have.length(8);
  });
});

test('C7 a server that has gone is asked again', async (EventSource) => {
  const scenario = await Scenario.of(
    { steps: ['retry: 10\n\n'] },
    // Redirects to a port without a server.
    { status: 307, headers: { location: Scenario.nobody } },
    { status: 307, headers: { location: Scenario.nobody } },
    { steps: ['data: back\n\n', { end: 'hang' }] },
  );
  await using(new EventSource(scenario.url), async (source) => {
    const states: number[] = [];
    source.onerror = () => states.push(source.readyState);
    expect((await next(source, 'message')).data).to.equal('back');
    expect(states).to.deep.equal([0, 0, 0]);
  });
});

test('C7 a server that was never there is asked again', async (EventSource) => {
  await using(new EventSource(Scenario.nobody), async (source) => {
    const events = record(source, 'open', 'message', 'error');
    await next<Event>(source, 'error');
    expect(source.readyState).to.equal(0);
    await sleep(50);
    expect(events).to.deep.equal([['error']]);
  });
});

test(
  'C7 a response that CORS refuses is a network error',
  async (EventSource) => {
    const scenario = await Scenario.of({ cors: 'none', steps: ['data: secret\n\n', { end: 'hang' }] });
    // By default, ours fails the connection as native classes do. This option makes it follow the standard.
    const init = { corsProbe: false, withCredentials: false };
    await using(new EventSource(scenario.otherUrl, init), async (source) => {
      const events = record(source, 'open', 'message', 'error');
      await next<Event>(source, 'error');
      expect(source.readyState).to.equal(0);
      expect(events).to.deep.equal([['error']]);
    });
  },
  inBrowsers,
);

for (const url of [
  'mailto:nobody@example.org',
  'ftp://127.0.0.1/',
  'javascript:void 0',
  'tel:0',
  'urn:x',
  'unheard-of:x',
  'data:,x',
  'data:text/event-stream,data:x%0A%0A',
]) {
  test(`C7 ${url} fails, for asking again would be futile`, async (EventSource) => {
    await using(new EventSource(url), async (source) => {
      const events = record(source, 'error');
      expect(source).to.include({ url, readyState: 0 });
      await next<Event>(source, 'error');
      expect(source.readyState).to.equal(2);
      await sleep(50);
      expect(events).to.deep.equal([['error']]);
    });
  });
}

test('C8 close() ends the connection at once, and the server sees it', async (EventSource) => {
  const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
  const source = new EventSource(scenario.url);
  await next(source, 'message');
  expect(source.close()).to.equal(undefined);
  expect(source.readyState).to.equal(2);
  source.close();
  const [request] = await scenario.until((requests) => requests[0]?.isOpen === false);
  expect(request).to.include({ isOpen: false, wasAborted: true });
});

test('C8 close() before the response', async (EventSource) => {
  const scenario = await Scenario.of({ steps: [':\n', { end: 'hang' }] });
  const source = new EventSource(scenario.url);
  const events = record(source, 'open', 'message', 'error');
  source.close();
  expect(source.readyState).to.equal(2);
  await sleep(100);
  expect(events).to.deep.equal([]);
  expect((await scenario.requests()).filter((request) => request.isOpen)).to.deep.equal([]);
});

test('C8 close() while the reconnection time passes', async (EventSource) => {
  const scenario = await Scenario.of({ steps: ['retry: 50\n\n'] });
  const source = new EventSource(scenario.url);
  await next<Event>(source, 'error');
  source.close();
  await sleep(150);
  expect(source.readyState).to.equal(2);
  expect(await scenario.requests()).to.have.length(1);
});

for (const type of ['open', 'message', 'error']) {
  test(`C8 close() in a handler of ${type} lets nothing follow`, async (EventSource) => {
    const scenario = await Scenario.of({ steps: ['retry: 1\ndata: 1\n\ndata: 2\n\ndata: 3\n\n'] });
    const source = new EventSource(scenario.url);
    const events = record(source, 'open', 'message', 'error');
    await new Promise<void>((resolve) => {
      source.addEventListener(type, () => {
        source.close();
        resolve();
      });
    });
    await sleep(100);
    expect(events.at(-1)?.[0]).to.equal(type);
    expect(events).to.have.length({ open: 1, message: 2, error: 5 }[type] ?? 0);
    expect(await scenario.requests()).to.have.length(1);
  });
}

test('C8 close() in a promise reaction lets nothing follow', async (EventSource) => {
  const scenario = await Scenario.of({ steps: ['data: 1\n\ndata: 2\n\ndata: 3\n\n', { end: 'hang' }] });
  const source = new EventSource(scenario.url);
  const events = record(source, 'message');
  await new Promise<void>((resolve) => {
    source.onmessage = async () => {
      await null;
      await null;
      source.close();
      resolve();
    };
  });
  await sleep(50);
  expect(events).to.deep.equal([['message', '1', '']]);
});

test('C9 retry: sets the reconnection time of all later reconnections', async (EventSource) => {
  const scenario = await Scenario.of({ steps: ['retry: 30\n\n'] }, { steps: ['data: no retry here\n\n'] });
  await using(new EventSource(scenario.url), async () => {
    const requests = await scenario.until((seen) => seen.length >= 4);
    const waits = requests.slice(1).map((request, index) => request.at - (requests[index]?.at ?? 0));
    for (const wait of waits) expect(wait).to.be.within(25, 1_000);
  });
});

test('C9 an absurd retry: does not make it reconnect at once', async (EventSource) => {
  for (const retry of ['99999999999', '3000000000', '99999999999999999999999']) {
    const scenario = await Scenario.of({ steps: [`retry: ${retry}\n\n`] });
    await using(new EventSource(scenario.url), async (source) => {
      await next<Event>(source, 'error');
      await sleep(200);
      expect(await scenario.requests()).to.have.length(1);
    });
  }
});

test('C10 events carry the origin of the response and the last event ID', async (EventSource) => {
  const scenario = await Scenario.of({
    steps: ['id: 7\ndata: x\n\nevent: named\ndata: y\n\n', { end: 'hang' }],
  });
  await using(new EventSource(scenario.url), async (source) => {
    const [message, named] = await Promise.all([next(source, 'message'), next(source, 'named')]);
    for (const event of [message, named])
      expect(event).to.include({ origin: scenario.origin, lastEventId: '7' });
  });
});

for (const status of [301, 302, 303, 307, 308]) {
  test(`C10 redirect ${status}: the origin is the new one, url stays and is asked again`, async (EventSource) => {
    const target = await Scenario.of(
      { steps: ['retry: 10\ndata: x\n\n'] },
      { steps: ['data: y\n\n', { end: 'hang' }] },
    );
    const scenario = await Scenario.of({ status, headers: { location: target.otherUrl } });
    await using(new EventSource(scenario.url), async (source) => {
      for (const data of ['x', 'y']) {
        const event = await next(source, 'message');
        expect(event).to.include({ data, origin: new URL(target.otherUrl).origin });
        expect(source.url).to.equal(scenario.url);
      }
      expect(await scenario.requests()).to.have.length(2);
      expect((await target.requests()).map(({ method }) => method)).to.deep.equal(['GET', 'GET']);
    });
  });
}

test('C10 a redirect to the same origin, with a last event ID', async (EventSource) => {
  const target = await Scenario.of(
    { steps: ['retry: 10\nid: 5\ndata: x\n\n'] },
    { steps: ['data: y\n\n', { end: 'hang' }] },
  );
  const scenario = await Scenario.of({ status: 307, headers: { location: target.url } });
  await using(new EventSource(scenario.url), async (source) => {
    for (const data of ['x', 'y'])
      expect(await next(source, 'message')).to.include({ data, origin: target.origin, lastEventId: '5' });
    for (const requests of [await scenario.requests(), await target.requests()])
      expect(requests.map(({ headers }) => headers['last-event-id'])).to.deep.equal([undefined, '5']);
  });
});

test('C11 an object with listeners and no references keeps delivering', async (EventSource) => {
  const scenario = await Scenario.of(
    { steps: ['retry: 10\ndata: 1\n\n', { wait: 300 }, 'data: 2\n\n'] },
    { steps: ['data: 3\n\n', { wait: 100 }, 'data: 4\n\n', { end: 'hang' }] },
  );
  const seen: string[] = [];
  const stopped = new Promise<void>((resolve) => {
    (() => {
      new EventSource(scenario.url).addEventListener('message', ({ target, data }) => {
        seen.push(data);
        collectGarbage();
        if (data === '4') {
          (target as EventSource).close();
          resolve();
        }
      });
    })();
  });
  for (let times = 0; times < 10; times++) {
    await sleep(50);
    collectGarbage();
  }
  await stopped;
  expect(seen).to.deep.equal(['1', '2', '3', '4']);
});

test('C12 all promise reactions of one event run before the next, however deep', async (EventSource) => {
  const count = 150;
  const stream = Array.from({ length: count }, (_, number) => `data: ${number}\n\n`).join('');
  const scenario = await Scenario.of({ steps: [stream, { end: 'hang' }] });
  await using(new EventSource(scenario.url), async (source) => {
    const steps: string[] = [];
    await new Promise<void>((resolve) => {
      const push = (data: string) => {
        steps.push(data);
        if (steps.length === 2 * count) resolve();
      };
      source.onmessage = async ({ data }) => {
        for (let depth = 0; depth < 50; depth++) await null;
        push(data);
      };
      source.addEventListener('message', ({ data }) => push(data));
    });
    const expected = Array.from({ length: count }, (_, number) => [`${number}`, `${number}`]).flat();
    expect(steps).to.deep.equal(expected);
  });
});

test('C12 chunks that come at once are events in tasks of their own, too', async (EventSource) => {
  const count = 40;
  const steps = Array.from({ length: count }, (_, number) => `data: ${number}\n\n`);
  const scenario = await Scenario.of({ steps: [...steps, { end: 'hang' }] });
  await using(new EventSource(scenario.url), async (source) => {
    // Block while events arrive, so that several are waiting afterwards.
    await next<Event>(source, 'open');
    for (const end = performance.now() + 100; performance.now() < end; );
    const seen: string[] = [];
    while (seen.length < count) {
      // A consumer that listens for one event at a time misses no event.
      seen.push(
        await new Promise((resolve) => {
          source.onmessage = ({ data }) => resolve(data);
        }),
      );
    }
    expect(seen).to.deep.equal(Array.from({ length: count }, (_, number) => String(number)));
  });
});

test('C12 timers get their turn in a long burst', async (EventSource) => {
  const count = 250;
  const scenario = await Scenario.of({ steps: ['data: x\n\n'.repeat(count), { end: 'hang' }] });
  await using(new EventSource(scenario.url), async (source) => {
    let messages = 0;
    let atTimer: number | undefined;
    await new Promise<void>((resolve) => {
      source.onmessage = () => {
        messages++;
        if (messages === 1) {
          setTimeout(() => {
            atTimer = messages;
            resolve();
          }, 1);
        }
        for (const end = performance.now() + 0.02; performance.now() < end; );
        if (messages === count) resolve();
      };
    });
    expect(atTimer).to.be.below(count);
  });
});

/** Collects garbage with `gc` if possible. Otherwise, creates garbage to make a collection likely. */
function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc) gc();
  else for (let times = 0; times < 50; times++) new Uint8Array(1 << 20).fill(times);
}
