/**
 * Streams through a proxy that breaks most connections: each event arrives exactly once, in order and complete, and a
 * POST is sent at most once. The test names contain the seed. `CHAOS_SEED` sets the seed, `CHAOS_RUNS` the number of
 * runs.
 */

import { expect } from 'chai';
import { EventSource } from 'eventsource-wasm';
import { events } from 'eventsource-wasm/stream';
import { sleep } from '../../conformance/conformance-test.js';
import { type ChaosFacts, dataOf, type Run } from '../../support/chaos/stream.js';

declare const __SERVER__: { chaos: ChaosFacts };

const { proxy, server, seed, runs } = __SERVER__.chaos;

const EVENTS = 150;

/** Concurrent runs: browsers open at most six connections per origin. */
const AT_ONCE = 4;

/** With so many failed requests, the probe would sometimes report CORS. */
const withoutProbe = { corsProbe: false };

/** The proxy sometimes goes silent. */
const timeouts = { connectTimeout: 1_500, idleTimeout: 250 };
const reconnect = { initialDelay: 1, factor: 1, jitter: 0, maxDelay: 1 };

// Browsers accept a response whose head was cut off, without the missing headers, such as the content type.
const takesHalfHeads = 'document' in globalThis;

const urlOf = (key: string) =>
  `${proxy}/streams/${key}?events=${EVENTS}${takesHalfHeads ? '&head=whole' : ''}`;

/** Makes the keys of the runs unique to this page or process. */
const place = Math.random().toString(36).slice(2);
const keyOf = (what: string, run: number) => `${seed + run}-${what}-${run}-${place}`;

async function seen(key: string): Promise<Run> {
  return (await fetch(`${server}/runs/${key}`)).json() as Promise<Run>;
}

/** Does `count` runs, some concurrently. Returns the total number of requests and of each kind of end. */
async function all(what: string, count: number, live: (key: string) => Promise<void>): Promise<Run> {
  const sum: Run = { requests: 0, fates: {} };
  const keys = Array.from({ length: count }, (_, run) => keyOf(what, run));
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
        await live(key);
        const { requests, fates } = await seen(key);
        sum.requests += requests;
        for (const [fate, times] of Object.entries(fates)) sum.fates[fate] = (sum.fates[fate] ?? 0) + times;
      }
    }),
  );
  console.info(`figures: chaos, ${what}: ${count} runs of seed ${seed}, ${JSON.stringify(sum)}`);
  return sum;
}

describe(`chaos (seed ${seed})`, () => {
  it(`${runs} streams of numbered events: each event once, in order`, async function () {
    this.timeout(runs * 10_000 + 20_000);
    const sum = await all('stream', runs, async (key) => {
      const source = new EventSource(urlOf(key), { reconnect, ...timeouts, ...withoutProbe });
      let number = 0;
      await new Promise<void>((resolve, reject) => {
        source.onmessage = ({ data, lastEventId }) => {
          number++;
          if (data !== dataOf(number) || lastEventId !== String(number)) {
            reject(new Error(`${key}: event ${number - 1} was followed by ${lastEventId}: ${data}`));
          }
          if (number === EVENTS) resolve();
        };
        source.onerror = ({ willReconnect, message }) => {
          if (!willReconnect) reject(new Error(`${key}: ${message}`));
        };
      }).finally(() => source.close());
      // No event is repeated at the end.
      await sleep(5);
      expect(number, key).to.equal(EVENTS);
    });
    expect(sum.requests).to.be.above(2 * runs);
  });

  it(`${Math.ceil(runs / 2)} slow loops: each event once, in order`, async function () {
    this.timeout(runs * 10_000 + 20_000);
    await all('loop', Math.ceil(runs / 2), async (key) => {
      const url = urlOf(key);
      let number = 0;
      for await (const { data, id } of events(url, { reconnect, ...timeouts, ...withoutProbe })) {
        number++;
        expect([id, data], key).to.deep.equal([String(number), dataOf(number)]);
        if (number % 40 === 0) await sleep(5);
        if (number === EVENTS) break;
      }
      expect(number).to.equal(EVENTS);
    });
  });

  it(`${runs} POSTs: at most one request each, and the events are the first ones`, async function () {
    this.timeout(runs * 10_000 + 20_000);
    const sum = await all('post', runs, async (key) => {
      const source = new EventSource(urlOf(key), {
        method: 'POST',
        body: 'once',
        ...timeouts,
      });
      const numbers: string[] = [];
      source.onmessage = ({ data, lastEventId }) => {
        numbers.push(lastEventId);
        expect(data).to.equal(dataOf(numbers.length));
      };
      while (source.readyState !== EventSource.CLOSED) await sleep(5);
      await sleep(10);
      expect(numbers).to.deep.equal(numbers.map((_, index) => String(index + 1)));
      expect((await seen(key)).requests, key).to.be.at.most(1);
    });
    expect(sum.requests).to.be.at.most(runs).and.above(0);
  });
});
