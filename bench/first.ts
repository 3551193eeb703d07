/** Benchmark: the first event in a fresh page. */

import { type Client, ofClass, timeEvents } from './clients.js';

/** Each class is a separate file in the bundle. */
const classes: Record<string, () => Promise<unknown>> = {
  'eventsource-wasm': async () => (await import('eventsource-wasm')).EventSource,
  native: async () => globalThis.EventSource,
  eventsource: async () => (await import('eventsource')).EventSource,
};

export async function first(name: string, url: string): Promise<{ load: number; first: number }> {
  const begin = performance.now();
  const client: Client = ofClass(name, await classes[name]?.());
  const load = performance.now() - begin;
  return { load, first: await timeEvents(client, url, 1) };
}
