/** Leaks of closed connections, memory use, the task of a single event, and `util.inspect`. */

import { expect } from 'chai';
import { EventSource } from 'eventsource-wasm';
import { next, sleep, using } from '../../conformance/conformance-test.js';
import { Scenario } from '../../support/server/scenario.js';
import { isWasm2js, runGlobalScript } from './global-script.js';

/** Runs `use` with a fresh copy of the package and a function that returns the size of the module's memory. */
async function watchingMemory(
  use: (Fresh: typeof EventSource, size: () => number) => Promise<void>,
): Promise<void> {
  const { WebAssembly, ArrayBuffer: Buffer } = globalThis;
  const memories: { buffer: ArrayBufferLike }[] = [];
  globalThis.WebAssembly = Object.assign(Object.create(WebAssembly), {
    // biome-ignore lint/complexity/useArrowFunction: it is called by `new`.
    Instance: function (module: WebAssembly.Module, imports: WebAssembly.Imports) {
      const instance = new WebAssembly.Instance(module, imports);
      const memory = Object.values(instance.exports).find((it) => it instanceof WebAssembly.Memory);
      if (memory) memories.push(memory);
      return instance;
    },
  });
  // In the wasm2js build, the memory is an ArrayBuffer that is replaced when it grows.
  globalThis.ArrayBuffer = new Proxy(Buffer, {
    construct(target, [size]) {
      const buffer = new target(size);
      if (isWasm2js && size >= 1 << 16) memories[0] = { buffer };
      return buffer;
    },
  });
  try {
    const { EventSource: Fresh } = await runGlobalScript();
    await use(Fresh, () => {
      expect(memories).to.have.length(1);
      return memories[0]?.buffer.byteLength ?? 0;
    });
  } finally {
    Object.assign(globalThis, { WebAssembly, ArrayBuffer: Buffer });
  }
}

it('a chunk of 16 MiB is not copied into the module as a whole', async function () {
  this.timeout(60_000);
  const event = `data: ${'x'.repeat(1_000)}\n\n`;
  const count = Math.ceil((16 << 20) / event.length);
  const chunk = new TextEncoder().encode(event.repeat(count));
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(chunk);
      controller.close();
    },
  });
  const fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  await watchingMemory(async (Fresh, size) => {
    const source = new Fresh('http://127.0.0.1:1/', { fetch, reconnect: false });
    let received = 0;
    source.onmessage = () => {
      received++;
    };
    await next<Event>(source, 'close');
    expect(received).to.equal(count);
    expect(size()).to.be.within(1 << 16, 4 << 20);
  });
});

describe('many opened and closed objects', () => {
  it('leave no timers, readers, listeners or memory behind', async function () {
    this.timeout(60_000);
    const { setTimeout, clearTimeout } = globalThis;
    const timers = new Set<unknown>();
    const live = { bodies: 0, listeners: 0 };
    const { signal } = new AbortController();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      live.listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      live.listeners--;
      remove(...args);
    };
    const bytes = new TextEncoder().encode(`retry: 60000\nid: 1\ndata: ${'x'.repeat(2_000)}\n\n`);
    const fetch = async () => {
      live.bodies++;
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(bytes),
        cancel() {
          live.bodies--;
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    try {
      await watchingMemory(async (Fresh, size) => {
        globalThis.setTimeout = ((run: () => void, delay: number) => {
          const timer = setTimeout(() => {
            timers.delete(timer);
            run();
          }, delay);
          timers.add(timer);
          return timer;
        }) as typeof setTimeout;
        globalThis.clearTimeout = ((timer: never) => {
          timers.delete(timer);
          clearTimeout(timer);
        }) as typeof clearTimeout;
        const openAndClose = async (count: number) => {
          for (let done = 0; done < count; done += 10) {
            const sources = Array.from({ length: 10 }, (_, number) => {
              // Every fifth object is waiting to reconnect when it is closed.
              const broken = number % 5 === 0;
              const init = { signal, fetch: broken ? () => Promise.reject(new Error('no')) : fetch };
              return new Fresh('http://127.0.0.1:1/', init);
            });
            await Promise.all(
              sources.map((source, number) => next<Event>(source, number % 5 ? 'message' : 'error')),
            );
            for (const source of sources) source.close();
          }
          await new Promise((resolve) => setTimeout(resolve, 20));
        };
        await openAndClose(500);
        const before = size();
        expect(before).to.be.above(0);
        await openAndClose(1_000);
        expect(size()).to.equal(before);
        expect(live).to.deep.equal({ bodies: 0, listeners: 0 });
        expect(timers.size).to.equal(0);
      });
    } finally {
      Object.assign(globalThis, { setTimeout, clearTimeout });
    }
  });

  it('leave no connections behind', async function () {
    this.timeout(60_000);
    const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
    for (let times = 0; times < 60; times++) {
      const sources = Array.from({ length: 3 }, () => new EventSource(scenario.url));
      await Promise.all(sources.map((source) => next(source, 'message')));
      for (const source of sources) source.close();
    }
    const requests = await scenario.until((seen) => seen.every(({ isOpen }) => !isOpen));
    expect(requests).to.have.length(180);
    expect(requests.filter(({ isOpen }) => isOpen)).to.deep.equal([]);
  });
});

describe('a single event', () => {
  it('is fired in the task in which it arrived', async () => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream({
      start(given) {
        controller = given;
      },
    });
    const fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    await using(new EventSource('http://127.0.0.1:1/', { fetch }), async (source) => {
      await next<Event>(source, 'open');
      for (let number = 0; number < 20; number++) {
        // Wait until the task of the previous event is over.
        await sleep(5);
        const order: string[] = [];
        source.onmessage = ({ data }) => order.push(data);
        const { port1, port2 } = new MessageChannel();
        const inAnotherTask = next(port1, 'message').then(() => order.push('task'));
        port1.start();
        port2.postMessage(undefined);
        controller?.enqueue(new TextEncoder().encode('data: event\n\n'));
        await inAnotherTask;
        port1.close();
        expect(order).to.deep.equal(['event', 'task']);
      }
    });
  });
});

// Node and compatible runtimes.
if ((globalThis as { process?: NodeJS.Process }).process?.versions?.node) {
  describe('util.inspect', () => {
    it('shows the URL and the state', async () => {
      const util = 'node:util';
      const { inspect } = (await import(util)) as typeof import('node:util');
      const scenario = await Scenario.of({ steps: [':\n', { end: 'hang' }] });
      await using(new EventSource(scenario.url), async (source) => {
        expect(inspect(source).replaceAll('"', "'"))
          .to.match(/^EventSource \{/)
          .and.contain(`url: '${scenario.url}'`);
        expect(inspect(source)).to.contain('readyState: 0').and.contain('withCredentials: false');
        await next<Event>(source, 'open');
        expect(inspect(source)).to.contain('readyState: 1');
        source.close();
        expect(inspect(source)).to.contain('readyState: 2');
        // Deno shows more levels.
        expect(inspect([[[source]]])).to.match(/\[EventSource\]|EventSource \{/);
        class Sub extends EventSource {}
        const sub = new Sub(scenario.url);
        sub.close();
        expect(inspect(sub)).to.match(/^Sub \{/);
        expect(inspect(EventSource.prototype)).to.be.a('string');
        // Deno looks behind the proxy.
        expect(inspect(new Proxy(source, {}))).to.match(/^EventSource \{/);
        expect(inspect(Object.create(EventSource.prototype))).to.equal('EventSource {}');
      });
    });
  });
}
