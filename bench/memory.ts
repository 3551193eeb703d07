/** How much memory is held, after garbage collection, over many events and over many objects. */

import { EventSource } from 'eventsource-wasm';
import { createParser } from 'eventsource-wasm/stream';

/** Bytes. The heap is told by some engines only. */
export interface Memory {
  heap: number | undefined;
  wasm: number;
}

/** Memory at each of some points. */
export interface MemoryResult {
  what: string;
  points: (Memory & { count: number })[];
}

/** The memory of every module that has been started, the package's being the only one. */
const memories: WebAssembly.Memory[] = [];
function remember<T>(instance: T): T {
  // Its name there is a short one.
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

async function measure(): Promise<Memory> {
  // What is finalized frees more.
  for (let time = 0; time < 4; time++) {
    if (typeof gc === 'function') gc();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  if (memories.length === 0) throw new Error('no module was started in sight');
  const { memory } = performance as { memory?: { usedJSHeapSize: number } };
  const heap = typeof gc !== 'function' ? undefined : (memory?.usedJSHeapSize ?? nodeHeap());
  return { heap, wasm: memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) };
}

function nodeHeap(): number | undefined {
  const { process } = globalThis as { process?: { memoryUsage(): { heapUsed: number; external: number } } };
  return process?.memoryUsage().heapUsed;
}

/** One stream of very many events. */
export async function overEvents(origin: string, events: number, points = 10): Promise<MemoryResult> {
  const result: MemoryResult = { what: 'events of one stream', points: [] };
  const each = events / points;
  const source = new EventSource(`${origin}/burst?shape=small&events=${events}`);
  let count = 0;
  for (let point = 0; point < points; point++) {
    await new Promise<void>((resolve) => {
      source.onmessage = () => {
        if (++count % each === 0) resolve();
      };
    });
    // The stream goes on in the meantime; what comes is counted.
    source.onmessage = () => count++;
    const measured = { count, ...(await measure()) };
    result.points.push(measured);
    if (count >= (point + 1.5) * each) break;
  }
  source.close();
  return result;
}

/** Objects that are made, used and closed or dropped, one after the other. */
export async function overObjects(origin: string, objects: number, points = 10): Promise<MemoryResult[]> {
  const bytes = new TextEncoder().encode('data: {"token":"word"}\n\n'.repeat(1_000));
  const results: MemoryResult[] = [];
  const kinds: Record<string, () => Promise<void>> = {
    'EventSource objects, each closed after its first event': () =>
      new Promise((resolve) => {
        const source = new EventSource(`${origin}/burst?shape=small&events=1`);
        source.onmessage = () => {
          source.close();
          resolve();
        };
      }),
    'parsers, each fed 24 KB and dropped': async () => {
      createParser({ onEvent: () => {} }).feed(bytes);
    },
  };
  for (const [what, use] of Object.entries(kinds)) {
    const result: MemoryResult = { what, points: [] };
    for (let point = 0; point < points; point++) {
      for (let object = 0; object < objects / points; object++) await use();
      result.points.push({ count: ((point + 1) * objects) / points, ...(await measure()) });
    }
    results.push(result);
  }
  return results;
}
