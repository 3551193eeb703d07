/** Page lifecycle: hidden, shown, frozen, offline, back/forward cache. Runs only in pages. */

import { expect } from 'chai';
import { EventSource, type EventSourceInit } from 'eventsource-wasm';
import { type EventsInit, events } from 'eventsource-wasm/stream';
import { next, record, sleep, using } from '../../conformance/conformance-test.js';
import { Scenario } from '../../support/server/scenario.js';

/** Fakes the page's visibility. */
function setHidden(hidden: boolean): void {
  Object.defineProperty(document, 'visibilityState', {
    value: hidden ? 'hidden' : 'visible',
    configurable: true,
  });
  document.dispatchEvent(new Event('visibilitychange'));
}

function restore(): void {
  Reflect.deleteProperty(document, 'visibilityState');
  document.dispatchEvent(new Event('visibilitychange'));
}

const hang = { steps: ['id: 1\ndata: a\n\n', { end: 'hang' as const }] };

if ('document' in globalThis) {
  describe('page lifecycle', () => {
    afterEach(restore);

    it('whenHidden: pause disconnects a hidden page and resumes when it is shown', async () => {
      const scenario = await Scenario.of(hang);
      await using(new EventSource(scenario.url, { whenHidden: 'pause' }), async (source) => {
        const seen = record(source, 'error');
        await next(source, 'message');
        setHidden(true);
        await scenario.until(([request]) => request?.isOpen === false);
        expect(source.readyState).to.equal(EventSource.CONNECTING);
        await sleep(50);
        expect(await scenario.requests()).to.have.length(1);
        setHidden(false);
        await next(source, 'message');
        const requests = await scenario.requests();
        expect(requests.filter(({ isOpen }) => isOpen)).to.have.length(1);
        expect(requests[1]?.headers['last-event-id']).to.equal('1');
        expect(seen).to.deep.equal([]);
      });
    });

    it('an object created on a hidden page connects when the page is shown', async () => {
      setHidden(true);
      const scenario = await Scenario.of(hang);
      await using(new EventSource(scenario.url, { whenHidden: 'pause' }), async (source) => {
        await sleep(100);
        expect(await scenario.requests()).to.deep.equal([]);
        setHidden(false);
        await next(source, 'message');
      });
    });

    it('hidden and shown repeatedly: never two connections', async () => {
      const scenario = await Scenario.of(hang);
      await using(new EventSource(scenario.url, { whenHidden: 'pause' }), async (source) => {
        for (let turn = 0; turn < 30; turn++) {
          setHidden(turn % 2 === 0);
          if (turn % 3 === 0) await sleep(turn % 7);
        }
        setHidden(false);
        await next(source, 'message');
        const requests = await scenario.until((all) => all.filter(({ isOpen }) => isOpen).length === 1);
        expect(requests.filter(({ isOpen }) => isOpen)).to.have.length(1);
      });
    });

    it('hidden and shown while the headers are awaited: one request, with the later headers', async () => {
      const scenario = await Scenario.of(hang);
      const resolves: ((headers: Record<string, string>) => void)[] = [];
      const attempts: number[] = [];
      const init: EventSourceInit = {
        whenHidden: 'pause',
        headers: () => new Promise((resolve) => resolves.push(resolve)),
        trace: (entry) => entry.type === 'request' && attempts.push(entry.attempt),
      };
      await using(new EventSource(scenario.url, init), async (source) => {
        while (resolves.length === 0) await sleep(1);
        setHidden(true);
        setHidden(false);
        expect(resolves).to.have.length(2);
        for (const [index, resolve] of resolves.entries()) {
          resolve({ 'x-call': `${index + 1}` });
          await sleep(20);
        }
        if (source.readyState !== EventSource.OPEN) await next(source, 'message');
        const requests = await scenario.requests();
        expect(requests.map(({ headers }) => headers['x-call'])).to.deep.equal(['2']);
        expect(attempts).to.deep.equal([2]);
      });
    });

    it('functions get no error from before a stream that was open', async () => {
      const apis: Record<string, (url: string, init: EventSourceInit) => () => unknown> = {
        EventSource: (url, init) => {
          const source = new EventSource(url, init);
          return () => source.close();
        },
        events: (url, init) => {
          const iterator = events(url, init as EventsInit);
          const read = async () => {
            for await (const _event of iterator);
          };
          read();
          return () => iterator.return?.();
        },
      };
      for (const [name, connect] of Object.entries(apis)) {
        const scenario = await Scenario.of({ status: 401 }, hang, hang);
        const statuses: unknown[] = [];
        const close = connect(scenario.url, {
          whenHidden: 'pause',
          reconnect: { initialDelay: 1, statuses: [401] },
          headers: ({ error }) => {
            statuses.push(error?.status);
            return {};
          },
        });
        await scenario.until((requests) => requests[1]?.isOpen === true);
        await sleep(50);
        setHidden(true);
        setHidden(false);
        await scenario.until((requests) => requests[2]?.isOpen === true);
        close();
        expect(statuses, name).to.deep.equal([undefined, 401, undefined]);
      }
    });

    it('by default a hidden page keeps its connection', async () => {
      const scenario = await Scenario.of({
        steps: ['data: a\n\n', { wait: 100 }, 'data: b\n\n', { end: 'hang' }],
      });
      await using(new EventSource(scenario.url), async (source) => {
        const seen = record(source, 'message');
        await next(source, 'message');
        setHidden(true);
        await next(source, 'message');
        expect(seen).to.have.length(2);
        expect(await scenario.requests()).to.have.length(1);
      });
    });

    it('page events never repeat a POST', async () => {
      const scenario = await Scenario.of({ steps: ['data: a\n\n', { wait: 150 }, 'data: b\n\n'] });
      const source = new EventSource(scenario.url, { method: 'POST', whenHidden: 'pause' });
      const seen = record(source, 'message', 'error', 'close');
      await next(source, 'message');
      setHidden(true);
      document.dispatchEvent(new Event('freeze'));
      setHidden(false);
      document.dispatchEvent(new Event('resume'));
      window.dispatchEvent(new Event('offline'));
      window.dispatchEvent(new Event('online'));
      await next<Event>(source, 'close');
      expect(seen.map(([type]) => type)).to.deep.equal(['message', 'message', 'close']);
      expect(await scenario.requests()).to.have.length(1);
    });

    it('the back/forward cache closes the connection, and leaving the cache resumes it', async () => {
      const scenario = await Scenario.of(hang);
      await using(new EventSource(scenario.url), async (source) => {
        await next(source, 'message');
        window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
        await scenario.until(([request]) => request?.isOpen === false);
        window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
        await next(source, 'message');
        const requests = await scenario.requests();
        expect(requests.map(({ isOpen }) => isOpen)).to.deep.equal([false, true]);
        expect(requests[1]?.headers['last-event-id']).to.equal('1');
      });
    });

    it('a frozen page keeps a response that events() reads, even with whenHidden: pause', async () => {
      const scenario = await Scenario.of({
        steps: ['data: a\n\n', { wait: 100 }, 'data: b\n\n'],
      });
      const taken: string[] = [];
      for await (const { data } of events(await fetch(scenario.url), { whenHidden: 'pause' })) {
        taken.push(data);
        setHidden(true);
        document.dispatchEvent(new Event('freeze'));
        setHidden(false);
        document.dispatchEvent(new Event('resume'));
      }
      expect(taken).to.deep.equal(['a', 'b']);
    });

    it('reconnect: false: a page that is frozen and resumed sends no second request', async () => {
      const scenario = await Scenario.of({ steps: ['data: a\n\n', { wait: 100 }, 'data: b\n\n'] });
      const source = new EventSource(scenario.url, { reconnect: false });
      const seen = record(source, 'message', 'error', 'close');
      await next(source, 'message');
      document.dispatchEvent(new Event('freeze'));
      document.dispatchEvent(new Event('resume'));
      await next<Event>(source, 'close');
      expect(seen.map(([type]) => type)).to.deep.equal(['message', 'message', 'close']);
      expect(await scenario.requests()).to.have.length(1);
    });

    it('leaving a page that isn’t cached closes the connection', async () => {
      const scenario = await Scenario.of(hang);
      await using(new EventSource(scenario.url), async (source) => {
        await next(source, 'message');
        window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false }));
        const [request] = await scenario.until(([request]) => request?.isOpen === false);
        expect(request?.isOpen).to.equal(false);
        window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }));
      });
    });

    it('after the back/forward cache, events continue if the scheduler’s message was dropped', async () => {
      const scenario = await Scenario.of({ steps: ['data: a\n\ndata: b\n\n', { end: 'hang' }] });
      await using(new EventSource(scenario.url), async (source) => {
        const seen = record(source, 'open', 'message');
        // WebKit drops these messages.
        const { postMessage } = MessagePort.prototype;
        MessagePort.prototype.postMessage = () => {};
        await next<Event>(source, 'open').finally(() => {
          MessagePort.prototype.postMessage = postMessage;
        });
        await sleep(100);
        expect(seen).to.have.length(1);
        window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
        await next(source, 'message');
        if (seen.length < 3) await next(source, 'message');
        expect(seen).to.have.length(3);
      });
    });

    it('after close() in a pagehide listener, a new object connects when the page is back', async () => {
      const scenario = await Scenario.of(hang);
      const first = new EventSource(scenario.url);
      await next(first, 'message');
      window.addEventListener('pagehide', () => first.close(), { once: true });
      window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
      window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
      await using(new EventSource(scenario.url), (source) => next(source, 'message'));
    });

    it('no attempts while offline, and one immediately when online', async () => {
      let attempts = 0;
      const fetch = async () => {
        attempts++;
        throw new TypeError('no network');
      };
      // Not a local address, so that being offline matters. Nothing is sent to it.
      const source = new EventSource('https://server.invalid/', {
        fetch,
        reconnect: { initialDelay: 20, factor: 1, jitter: 0 },
      });
      await using(source, async () => {
        await next(source, 'error');
        window.dispatchEvent(new Event('offline'));
        await sleep(100);
        expect(attempts).to.equal(1);
        window.dispatchEvent(new Event('online'));
        await next(source, 'error');
        expect(attempts).to.equal(2);
      });
    });

    it('closed objects leave no listeners on the page', async () => {
      const counts = { added: 0, removed: 0 };
      const { addEventListener, removeEventListener } = EventTarget.prototype;
      document.addEventListener = function (
        this: Document,
        ...args: Parameters<Document['addEventListener']>
      ) {
        counts.added++;
        addEventListener.apply(this, args);
      } as Document['addEventListener'];
      document.removeEventListener = function (
        this: Document,
        ...args: Parameters<Document['removeEventListener']>
      ) {
        counts.removed++;
        removeEventListener.apply(this, args);
      } as Document['removeEventListener'];
      try {
        const scenario = await Scenario.of(hang);
        const sources = [0, 1, 2].map(() => new EventSource(scenario.url));
        await Promise.all(sources.map((source) => next(source, 'message')));
        expect(counts.added).to.equal(3);
        for (const source of sources) source.close();
        expect(counts.removed).to.equal(3);
      } finally {
        Reflect.deleteProperty(document, 'addEventListener');
        Reflect.deleteProperty(document, 'removeEventListener');
      }
    });
  });
}
