/** Benchmark: memory after garbage collection, for many events and for many objects. */

import { EventSource } from 'eventsource-wasm';
import { createParser } from 'eventsource-wasm/stream';
import { ofClass, timeEvents } from './clients.js';

/** The memories of all instances. Only the package has one. */
const memories: WebAssembly.Memory[] = [];
function remember<T>(instance: T): T {
  // Found by type, because the build shortens the export's name.
  const values = instance instanceof Instance ? Object.values(instance.exports) : [];
  memories.push(...values.filter((value) => value instanceof WebAssembly.Memory));
  return instance;
}
const { Instance, instantiate } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
  construct: (target, args) => remember(Reflect.construct(target, args)),
});
WebAssembly.instantiate = new Proxy(instantiate, {
  apply: async (target, self, args) => remember(await Reflect.apply(target, self, args)),
});

declare const gc: (() => void) | undefined;

async function measure({ heap, wasm }: { heap: number[]; wasm: number[] }): Promise<void> {
  // Repeated, because finalizers free more memory.
  for (let time = 0; time < 4; time++) {
    if (typeof gc === 'function') gc();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  if (memories.length === 0) throw new Error('no WebAssembly module was started');
  const { memory } = performance as { memory?: { usedJSHeapSize: number } };
  const { process } = globalThis as { process?: { memoryUsage(): { heapUsed: number } } };
  const used = memory?.usedJSHeapSize ?? process?.memoryUsage().heapUsed;
  if (typeof gc === 'function' && used !== undefined) heap.push(used);
  wasm.push(memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0));
}

/** Measures after a tenth of the uses, and at the end. */
async function over(what: string, count: number, use: (count: number) => Promise<void>) {
  const result = { what, count, heap: [] as number[], wasm: [] as number[] };
  for (const part of [0.1, 0.9]) {
    await use(Math.round(count * part));
    await measure(result);
  }
  return result;
}

/** Bytes at two points in time. Only Node and Chromium report the heap. */
export async function memory(origin: string, scale = 1) {
  const urlOf = (events: number) =>
    `${origin}/burst?${new URLSearchParams({ events: `${events}`, data: '{"token":"a"}' })}`;
  const stream = new EventSource(urlOf(10_000_000 * scale));
  let seen = 0;
  let wanted = 0;
  let reached = () => {};
  stream.onmessage = () => {
    if (++seen === wanted) reached();
  };
  const events = await over('events of one stream', 10_000_000 * scale, (count) => {
    wanted += count;
    return new Promise((resolve) => {
      reached = resolve;
      if (seen >= wanted) resolve();
    });
  });
  stream.close();
  const sources = await over('sources, each closed after its first event', 10_000 * scale, async (count) => {
    const client = ofClass('eventsource-wasm', EventSource);
    for (let made = 0; made < count; made++) await timeEvents(client, urlOf(1), 1);
  });
  const bytes = new TextEncoder().encode('data: {"token":"word"}\n\n'.repeat(1_000));
  const parsers = await over('parsers, each fed 24 KB and dropped', 10_000 * scale, async (count) => {
    for (let made = 0; made < count; made++) {
      createParser({ onEvent: () => {} }).feed(bytes);
      // Finalizers run in tasks.
      if (made % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  });
  return [events, sources, parsers];
}
