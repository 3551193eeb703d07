/** Tests the promises of SECURITY.md about the package. Those about the playground are tested with the playground. */

import { expect } from 'chai';
import { EventSource, type EventSourceErrorEvent, type EventSourceInit } from 'eventsource-wasm';
import { catchReports, next, sleep, using } from '../../conformance/conformance-test.js';
import { Scenario } from '../../support/server/scenario.js';

/** The headers of the last of `count` requests. */
async function headersOf(scenario: Scenario, count = 1): Promise<Record<string, string>> {
  const requests = await scenario.until((seen) => seen.length === count);
  return requests.at(-1)?.headers ?? {};
}

describe('header injection', () => {
  const injection = 'a\r\nX-Injected: 1';

  for (const [what, init] of Object.entries<EventSourceInit>({
    'the value of a header': { headers: { 'X-Own': injection } },
    'the name of a header': { headers: { [injection]: 'a' } },
    lastEventId: { lastEventId: injection },
  })) {
    it(`in ${what}: the constructor throws`, () => {
      expect(() => new EventSource(Scenario.nobody, init)).to.throw(TypeError);
    });
  }

  it('in headers from a function: one error, and no request', async () => {
    const scenario = await Scenario.of({});
    const headers = async () => ({ 'X-Own': injection });
    await using(new EventSource(scenario.url, { headers }), async (source) => {
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'request', willReconnect: false });
      expect(error.cause).to.be.instanceOf(TypeError);
      expect(source.readyState).to.equal(EventSource.CLOSED);
      expect(await scenario.requests()).to.have.length(0);
    });
  });

  it('in a stored ID: it is reported, and the request has no ID', async () => {
    const scenario = await Scenario.of({ steps: [':\n', { end: 'hang' }] });
    const store = { getItem: () => injection, setItem() {} };
    const reports = catchReports();
    try {
      await using(new EventSource(scenario.url, { store }), async (source) => {
        await next<Event>(source, 'open');
        expect(await headersOf(scenario)).not.to.have.any.keys('last-event-id', 'x-injected');
        expect(source.lastEventId).to.equal('');
      });
      await sleep(20);
    } finally {
      reports.stop();
    }
    expect(reports.messages()).to.have.length(1);
    expect(reports.messages()[0]).to.match(/a line break or NUL/);
  });

  it('in the IDs of a stream: a line break ends the ID', async () => {
    const scenario = await Scenario.of(
      { steps: ['retry: 1\nid: a\rX-Injected: 1\n\n'] },
      { steps: [':\n', { end: 'hang' }] },
    );
    await using(new EventSource(scenario.url), async () => {
      const headers = await headersOf(scenario, 2);
      expect(headers['last-event-id']).to.equal('a');
      expect(headers).not.to.have.property('x-injected');
    });
  });
});

describe('a redirect to another origin', () => {
  it('keeps the same headers as this platform’s fetch', async () => {
    const init = { headers: { Authorization: 'Bearer key' } };
    const redirected = async () => {
      const target = await Scenario.of({ steps: [':\n', { end: 'hang' }] });
      const scenario = await Scenario.of({
        status: 307,
        headers: { location: target.otherUrl },
      });
      return { scenario, target };
    };
    const [ofFetch, ours] = [await redirected(), await redirected()];
    const abort = new AbortController();
    const fetched = fetch(ofFetch.scenario.url, { ...init, signal: abort.signal }).catch(() => undefined);
    const expected = (await headersOf(ofFetch.target)).authorization;
    abort.abort();
    await fetched;
    await using(new EventSource(ours.scenario.url, init), async () => {
      expect((await headersOf(ours.scenario)).authorization).to.equal('Bearer key');
      expect((await headersOf(ours.target)).authorization).to.equal(expected);
    });
    // Fetch, "HTTP-redirect fetch". Not every engine follows it yet.
    const isStrict = /Chrome|Firefox/.test(globalThis.navigator?.userAgent ?? '');
    if (isStrict) expect(expected).to.equal(undefined);
  });
});

describe('credentials', () => {
  it('are sent to another origin only with withCredentials', async () => {
    const credentials: (string | undefined)[] = [];
    const fetch = (_url: string, init: RequestInit) => {
      credentials.push(init.credentials);
      return Promise.reject(new TypeError('not sent'));
    };
    for (const withCredentials of [false, true]) {
      await using(new EventSource(Scenario.nobody, { fetch, withCredentials, reconnect: false }), (source) =>
        next<Event>(source, 'error'),
      );
    }
    expect(credentials).to.deep.equal(['same-origin', 'include']);
  });
});
