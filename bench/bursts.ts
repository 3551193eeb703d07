/** Bursts of events from a server to a handler: how long they take, and how long everything else has to wait. */

import { fetchEventSource as microsoft } from '@microsoft/fetch-event-source';
import { EventSource as Theirs } from 'eventsource';
import { EventSource } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { type Client, ofClass, ofFunction, timeEvents } from './clients.js';
import { rotated } from './samples.js';
import { chatChunk } from './workloads.js';

/** Milliseconds of one burst. */
interface Burst {
  /** From the constructor to the last event. */
  total: number;
  /** The longest delay of a timer in the meantime. */
  longestWait: number;
  /** The longest task that the engine reports. Engines report tasks of 50 ms or more, Firefox and WebKit none. */
  longestTask: number | undefined;
}

/** Samples of all bursts of events of one size. */
export interface BurstResult {
  shape: string;
  events: number;
  bursts: Record<string, { [K in keyof Burst]: number[] }>;
}

const clients: Client[] = [
  ofClass('eventsource-wasm', EventSource),
  ofClass('native', globalThis.EventSource),
  ofClass('eventsource', Theirs),
  ofFunction('eventsource-wasm/fetch-event-source', fetchEventSource),
  // Microsoft's listens to the document.
  ...('document' in globalThis ? [ofFunction('@microsoft/fetch-event-source', microsoft)] : []),
];

/** A timer that is due every few milliseconds, and measures how late it is. */
function watchTimers(interval = 4) {
  let longest = 0;
  let due = performance.now() + interval;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const note = () => {
    longest = Math.max(longest, performance.now() - due);
    due = performance.now() + interval;
    timer = setTimeout(note, interval);
  };
  timer = setTimeout(note, interval);
  return async () => {
    // For the timer that is due now.
    await new Promise((resolve) => setTimeout(resolve, 2 * interval));
    clearTimeout(timer);
    return longest;
  };
}

function watchTasks(): () => number | undefined {
  if (!globalThis.PerformanceObserver?.supportedEntryTypes.includes('longtask')) return () => undefined;
  let longest = 0;
  const take = (entries: PerformanceEntry[]) => {
    for (const { duration } of entries) longest = Math.max(longest, duration);
  };
  const observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ type: 'longtask' });
  return () => {
    take(observer.takeRecords());
    observer.disconnect();
    return longest;
  };
}

async function burst(client: Client, url: string, events: number): Promise<Burst> {
  const longestTask = watchTasks();
  const longestWait = watchTimers();
  // The timer's first turn, so that it waits for the burst only.
  await new Promise((resolve) => setTimeout(resolve, 12));
  const total = await timeEvents(client, url, events);
  return { total, longestWait: await longestWait(), longestTask: longestTask() };
}

const SHAPES = [
  { shape: '27 bytes', data: '{"token":" river"}', most: 100_000 },
  { shape: '268 bytes', data: chatChunk(' river'), most: 20_000 },
];

export async function bursts(origin: string, scale = 1): Promise<BurstResult[]> {
  const results: BurstResult[] = [];
  const rounds = Math.ceil(7 * scale);
  for (const { shape, data, most } of SHAPES) {
    const events = most * scale;
    const url = (count: number) => `${origin}/burst?${new URLSearchParams({ events: `${count}`, data })}`;
    const bursts: BurstResult['bursts'] = {};
    for (const { name } of clients) bursts[name] = { total: [], longestWait: [], longestTask: [] };
    for (const client of clients) await burst(client, url(events / 10), events / 10);
    for (let round = 0; round < rounds; round++) {
      for (const client of rotated(clients, round)) {
        for (const [name, value] of Object.entries(await burst(client, url(events), events)))
          if (value !== undefined) bursts[client.name]?.[name as keyof Burst].push(value);
      }
    }
    results.push({ shape, events, bursts });
  }
  return results;
}
