/**
 * Through a network that cuts every connection somewhere: each event comes once, in order and whole, and a POST is sent
 * once. The seed is in the names of the tests; `CHAOS_SEED` gives another, `CHAOS_RUNS` more runs.
 */

import { expect } from 'chai';
import { EventSource } from 'eventsource-wasm';
import { events } from 'eventsource-wasm/stream';
import { sleep } from '../../conformance/conformance-test.js';
import { type ChaosFacts, dataOf, type Run } from '../../support/chaos/stream.js';

declare const __SERVER__: { chaos: ChaosFacts };

const { proxy, server, seed, runs } = __SERVER__.chaos;

const EVENTS = 150;

/** Runs at a time: browsers open at most six connections to an origin. */
const AT_ONCE = 4;

/** The server goes silent at times. */
/** A server that breaks this often looks as if CORS were the reason. */
const withoutProbe = { corsProbe: false };

const timeouts = { connectTimeout: 1_500, idleTimeout: 250 };
const reconnect = { initialDelay: 1, factor: 1, jitter: 0, maxDelay: 1 };

// Browsers hand over a response whose head was cut off as if that were all of it: without its content type.
const takesHalfHeads = 'document' in globalThis;

const urlOf = (key: string) =>
  `${proxy}/streams/${key}?events=${EVENTS}${takesHalfHeads ? '&head=whole' : ''}`;

/** A key for each run, in each browser. */
const place = Math.random().toString(36).slice(2);
const keyOf = (what: string, run: number) => `${seed + run}-${what}-${run}-${place}`;

async function seen(key: string): Promise<Run> {
  return (await fetch(`${server}/runs/${key}`)).json() as Promise<Run>;
}

/** Runs all of them, some at once, and adds up what became of the connections. */
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
  it(`${runs} streams of numbered events: each once and in order`, async function () {
    this.timeout(runs * 10_000 + 20_000);
    const sum = await all('stream', runs, async (key) => {
      const source = new EventSource(urlOf(key), { reconnect, ...timeouts, ...withoutProbe });
      let number = 0;
      await new Promise<void>((resolve, reject) => {
        source.onmessage = ({ data, lastEventId }) => {
          number++;
          if (data !== dataOf(number) || lastEventId !== String(number)) {
            reject(new Error(`${key}: after ${number - 1} came ${lastEventId}: ${data}`));
          }
          if (number === EVENTS) resolve();
        };
        source.onerror = ({ willReconnect, message }) => {
          if (!willReconnect) reject(new Error(`${key}: ${message}`));
        };
      }).finally(() => source.close());
      // Nothing comes twice at the end either.
      await sleep(5);
      expect(number, key).to.equal(EVENTS);
    });
    expect(sum.requests).to.be.above(2 * runs);
  });

  it(`${Math.ceil(runs / 2)} loops, which take their time`, async function () {
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

  it(`${runs} POSTs: never two requests, and what comes is the beginning`, async function () {
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
