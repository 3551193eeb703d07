/**
 * A connection with random events of its page, network, server and user: it never has two active requests, and fires no
 * event after the end. The test name contains the seed. `RANDOM_LIFE_SEED` sets it, `RANDOM_LIFE_SECONDS` the duration.
 */

import { expect } from 'chai';
import { EventSource, type EventSourceInit } from 'eventsource-wasm';
import { sleep } from '../../conformance/conformance-test.js';
import { generator } from '../../support/chaos/random.js';

declare const __SERVER__: { randomLife: { seed: number; seconds: number } };

const { seed, seconds } = __SERVER__.randomLife;

/** One run. Returns the most concurrent requests, the number of events after the end, and the number of requests. */
async function live(
  random: () => number,
): Promise<{ mostAlive: number; firedAfterEnd: number; requests: number }> {
  const pick = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)] as T;
  let alive = 0;
  let mostAlive = 0;
  let requests = 0;

  /** A fake server that randomly delays, streams, breaks off, ends or refuses. It detects aborted requests. */
  const fetch = async (_url: string, { signal }: RequestInit): Promise<Response> => {
    requests++;
    alive++;
    mostAlive = Math.max(mostAlive, alive);
    let isAlive = true;
    const end = () => {
      if (isAlive) alive--;
      isAlive = false;
    };
    signal?.addEventListener('abort', end);
    await sleep(random() * 6);
    if (pick(true, false, false, false)) {
      end();
      throw new TypeError('no network');
    }
    if (pick(true, false, false, false, false)) {
      end();
      return new Response('no', { status: 503 });
    }
    const body = new ReadableStream({
      async start(controller) {
        const encoder = new TextEncoder();
        for (let number = 0; number < random() * 8 && isAlive; number++) {
          controller.enqueue(encoder.encode(`retry: 2\nid: ${number}\ndata: ${number}\n\n`));
          await sleep(random() * 4);
        }
        const wasAlive = isAlive;
        end();
        if (wasAlive)
          pick(
            () => controller.close(),
            () => controller.error(new Error('cut')),
          )();
      },
      cancel: end,
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };

  const controller = new AbortController();
  const source = new EventSource('https://server.invalid/', {
    fetch,
    method: pick('GET', 'GET', 'POST'),
    signal: controller.signal,
    whenHidden: pick('keep', 'pause'),
    idleTimeout: pick(undefined, 5),
    connectTimeout: pick(undefined, 4),
    reconnect: pick<EventSourceInit['reconnect']>(undefined, true, { initialDelay: 2, statuses: [503] }, () =>
      pick<number | Promise<number>>(1, 3, Promise.resolve(2)),
    ),
  });
  let firedAfterEnd = 0;
  const ended = () => source.readyState === EventSource.CLOSED && controller.signal.aborted;
  for (const type of ['open', 'message', 'error', 'close']) {
    source.addEventListener(type, () => {
      if (ended()) firedAfterEnd++;
    });
  }
  const page = (hidden: boolean) => {
    Object.defineProperty(document, 'visibilityState', {
      value: hidden ? 'hidden' : 'visible',
      configurable: true,
    });
    document.dispatchEvent(new Event('visibilitychange'));
  };
  for (let turn = 0; turn < 25; turn++) {
    pick(
      () => page(true),
      () => page(false),
      () => window.dispatchEvent(new Event('offline')),
      () => window.dispatchEvent(new Event('online')),
      () => document.dispatchEvent(new Event('freeze')),
      () => document.dispatchEvent(new Event('resume')),
    )();
    if (random() < 0.6) await sleep(random() * 5);
  }
  controller.abort();
  await sleep(15);
  window.dispatchEvent(new Event('online'));
  document.dispatchEvent(new Event('resume'));
  Reflect.deleteProperty(document, 'visibilityState');
  expect(alive, 'active requests after the end').to.equal(0);
  return { mostAlive, firedAfterEnd, requests };
}

if ('document' in globalThis) {
  describe('random lives', () => {
    it(`never two active requests, no event after the end (seed ${seed}, ${seconds} s)`, async function () {
      this.timeout((seconds + 20) * 1_000);
      const random = generator(seed);
      let lives = 0;
      let requests = 0;
      for (const end = performance.now() + seconds * 1_000; performance.now() < end; lives++) {
        const life = await live(random);
        expect(life, `life ${lives}`).to.include({ firedAfterEnd: 0 });
        expect(life.mostAlive, `life ${lives}`).to.be.at.most(1);
        requests += life.requests;
      }
      expect(requests).to.be.above(lives / 2);
      console.info(`figures: ${lives} random lives, seed ${seed}, ${requests} requests`);
    });
  });
}
