/** User code runs in the async context (Node's `AsyncLocalStorage`) of its own connection. */

import { expect } from 'chai';
import { EventSource, type EventSourceInit } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { events } from 'eventsource-wasm/stream';
import { sleep } from '../../conformance/conformance-test.js';
import { Scenario } from '../../support/server/scenario.js';

interface Storage {
  run<T>(store: string, callback: () => T): T;
  getStore(): string | undefined;
}

const { process } = globalThis as {
  process?: { getBuiltinModule?(name: string): { AsyncLocalStorage: new () => Storage } | undefined };
};
const { AsyncLocalStorage } = process?.getBuiltinModule?.('node:async_hooks') ?? {};

/** Options whose functions report that they were called. */
function noting(note: (where: string) => void): EventSourceInit {
  return {
    headers: () => {
      note('headers');
      return {};
    },
    fetch: (url, init) => {
      note('fetch');
      return fetch(url, init);
    },
    accept: () => note('accept'),
    reconnect: () => {
      note('reconnect');
      return 1;
    },
  };
}

const apis: Record<string, (url: string, note: (where: string) => void) => Promise<void>> = {
  EventSource: (url, note) =>
    new Promise((resolve) => {
      const source = new EventSource(url, {
        ...noting(note),
        onEvent: () => note('onEvent'),
        trace: () => note('trace'),
      });
      source.addEventListener('open', () => note('open'));
      source.onerror = () => note('onerror');
      source.addEventListener('message', ({ data }) => {
        note('message');
        if (data !== 'last') return;
        source.close();
        resolve();
      });
    }),
  async events(url, note) {
    for await (const { data } of events(url, noting(note))) {
      note('loop');
      if (data === 'last') break;
    }
  },
  fetchEventSource: (url, note) =>
    new Promise((resolve, reject) => {
      const controller = new AbortController();
      const { fetch } = noting(note);
      fetchEventSource(url, {
        signal: controller.signal,
        fetch: fetch as typeof globalThis.fetch,
        onopen: async () => note('onopen'),
        onmessage: ({ data }) => {
          note('onmessage');
          if (data !== 'last') return;
          controller.abort();
          resolve();
        },
        onclose: () => {
          note('onclose');
          throw new Error('go on');
        },
        onerror: () => {
          note('onerror');
          return 1;
        },
      }).catch(reject);
    }),
};

if (AsyncLocalStorage) {
  describe('async contexts', () => {
    for (const [name, run] of Object.entries(apis)) {
      it(`${name}: each function runs in the context of its own connection`, async () => {
        const storage = new AsyncLocalStorage();
        const seen = new Map<string, Set<string | undefined>>();
        const names = ['a', 'b', 'c', 'd'];
        await Promise.all(
          names.map(async (context) => {
            // The chunks of the connections interleave.
            const steps = ['data: 1\n\n', { wait: 5 }, 'data: 2\n\n', { wait: 5 }];
            const last = { steps: ['data: 3\n\ndata: last\n\n', { end: 'hang' as const }] };
            const scenario = await Scenario.of({ steps }, last);
            const note = (where: string) => {
              const contexts = seen.get(`${context} ${where}`) ?? new Set();
              seen.set(`${context} ${where}`, contexts.add(storage.getStore()));
            };
            await storage.run(context, () => run(scenario.url, note));
          }),
        );
        await sleep(10);
        expect(seen.size).to.be.at.least(names.length * 4);
        for (const [where, contexts] of seen) expect([...contexts], where).to.deep.equal([where.slice(0, 1)]);
      });
    }
  });
}

it('with zone.js, trace is called in the zone of the constructor', async () => {
  const scenario = await Scenario.of({ steps: ['data: last\n\n', { end: 'hang' }] });
  let zone = 'root';
  const fakeZone = {
    run(work: (argument: unknown) => unknown, _thisValue: unknown, list: [unknown]) {
      const before = zone;
      zone = 'own';
      try {
        return work(...list);
      } finally {
        zone = before;
      }
    },
  };
  const seen = new Set<string>();
  (globalThis as { Zone?: unknown }).Zone = { current: fakeZone };
  const source = new EventSource(scenario.url, {
    headers: async () => ({}),
    trace: ({ type }) => seen.add(`${type}: ${zone}`),
  });
  Reflect.deleteProperty(globalThis, 'Zone');
  await new Promise((resolve) => source.addEventListener('message', resolve));
  await sleep(10);
  source.close();
  const types = ['request', 'response', 'bytes', 'events', 'close'];
  expect([...seen]).to.deep.equal(types.map((type) => `${type}: own`));
});

describe('servers that end every stream', () => {
  for (const [what, text] of [
    ['at once', 'retry: 20\n\n'],
    ['after a comment', 'retry: 20\n: note\n\n'],
    ['within a comment', 'retry: 20\n\n: no'],
  ]) {
    it(`maxAttempts gives up on a server that answers 200 and ends ${what}`, async () => {
      const scenario = await Scenario.of({ steps: [text as string] });
      const source = new EventSource(scenario.url, { reconnect: { maxAttempts: 3, jitter: 0 } });
      for (let tries = 0; tries < 300 && source.readyState !== EventSource.CLOSED; tries++) await sleep(10);
      const { readyState } = source;
      source.close();
      expect(readyState).to.equal(EventSource.CLOSED);
      expect(await scenario.requests()).to.have.length(4);
    });
  }
});
