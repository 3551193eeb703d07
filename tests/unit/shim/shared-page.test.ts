/** A shared connection when its page is hidden, shown, frozen or resumed. */

import { expect } from 'chai';
import { SharedEventSource, type SharedEventSourceInit } from 'eventsource-wasm/shared';
import { openEventSource } from '../../../src/shim/shared/open.js';
import { next, sleep } from '../../conformance/conformance-test.js';
import { Feed } from './shared-feed.js';

describe('the option shared of the hooks', () => {
  it('opens a SharedEventSource only if it is true', async () => {
    const feed = new Feed();
    for (const shared of [true, false, undefined]) {
      const source = await openEventSource(feed.url, { shared, fetch: feed.fetch } as { shared: true });
      try {
        expect(source.url).to.equal(feed.url);
        expect('isShared' in source).to.equal(shared === true);
      } finally {
        source.close();
      }
    }
    const wrong = openEventSource(feed.url, { shared: true, heartbeat: 1 } as { shared: true });
    expect(await wrong.catch((error) => error.message)).to.include('heartbeat');
  });
});

// The other tests need a page.
if ('document' in globalThis) {
  describe('the page of a SharedEventSource', () => {
    const open: SharedEventSource[] = [];

    afterEach(() => {
      freeze(false);
      for (const source of open.splice(0)) source.close();
      Reflect.deleteProperty(document, 'visibilityState');
      document.dispatchEvent(new Event('visibilitychange'));
    });

    const setHidden = (isHidden: boolean) => {
      const value = isHidden ? 'hidden' : 'visible';
      Object.defineProperty(document, 'visibilityState', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    };

    const freeze = (isFrozen: boolean) => document.dispatchEvent(new Event(isFrozen ? 'freeze' : 'resume'));

    async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
      for (let tries = 0; tries < 1_000; tries++) {
        if (await condition()) return;
        await sleep(5);
      }
      expect.fail(`not in 5 s: ${what}`);
    }

    async function group(feed: Feed, init: SharedEventSourceInit = {}) {
      const seen: string[][] = [];
      while (seen.length < 3) {
        const source = new SharedEventSource(feed.url, { fetch: feed.fetch, ...init });
        open.push(source);
        const data: string[] = [];
        source.onmessage = (event) => data.push(event.data);
        seen.push(data);
        await next(source, 'open');
      }
      return seen;
    }

    for (const [what, init, leave] of [
      ['frozen', {}, freeze],
      ['hidden, with whenHidden: pause', { whenHidden: 'pause' }, setHidden],
    ] as const) {
      it(`${what}: disconnects, and resumes without missing or repeated events`, async () => {
        const feed = new Feed();
        const seen = await group(feed, init);
        feed.publish();
        await until(() => seen.every(({ length }) => length === 1), 'the first event');
        leave(true);
        await until(() => feed.live === 0, 'the end of the connection');
        await until(async () => {
          const { held = [], pending = [] } = await navigator.locks.query();
          return ![...held, ...pending].some(({ name = '' }) => name.includes(feed.url));
        }, 'the end of all locks');
        await until(() => open.every(({ readyState }) => readyState === 0), 'readyState 0');
        feed.publish();
        await sleep(50);
        expect(feed.requests).to.have.length(1);
        leave(false);
        await until(() => seen.every(({ length }) => length === 2), 'the second event');
        feed.publish();
        await until(() => seen.every(({ length }) => length === 3), 'the third event');
        for (const data of seen) expect(data).to.deep.equal(['1', '2', '3']);
        expect(feed.requests.map(({ lastEventId }) => lastEventId)).to.deep.equal(['', '1']);
        expect(feed.live).to.equal(1);
      });
    }

    it('hidden, by default: the connection continues', async () => {
      const feed = new Feed();
      const seen = await group(feed);
      setHidden(true);
      feed.publish();
      await until(() => seen.every(({ length }) => length === 1), 'the event');
      expect(feed.requests).to.have.length(1);
    });
  });
}
