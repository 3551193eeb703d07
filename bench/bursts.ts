/** Benchmark: bursts of events from a server. Measures how long they take, and how long they delay timers. */

import { type Client, ofClass, timeEvents } from './clients.js';
import { clientsWith } from './peers.js';
import { rotated } from './samples.js';
import { chatChunk } from './workloads.js';

const clients = clientsWith();
clients.splice(1, 0, ofClass('native', globalThis.EventSource));

/** Starts a timer with a short interval, and measures its longest delay. */
function watchTimers(interval = 4) {
  let longest = 0;
  let due = performance.now() + interval;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - due);
    due = now + interval;
  }, interval);
  return async () => {
    // Wait for a timer that is already due.
    await new Promise((resolve) => setTimeout(resolve, 2 * interval));
    clearInterval(timer);
    return longest;
  };
}

async function burst(client: Client, url: string, events: number) {
  const longestWait = watchTimers();
  // Let the timer run first, so that its delays are those of the burst.
  await new Promise((resolve) => setTimeout(resolve, 12));
  const total = await timeEvents(client, url, events);
  return { total, longestWait: await longestWait() };
}

const SHAPES = [
  { shape: '27 bytes', data: '{"token":" river"}', most: 100_000 },
  { shape: '268 bytes', data: chatChunk(' river'), most: 20_000 },
];

/** Milliseconds for each burst: from the constructor to the last event, and the longest delay of a timer. */
export async function bursts(origin: string, scale = 1) {
  const results = [];
  const rounds = Math.ceil(7 * scale);
  for (const { shape, data, most } of SHAPES) {
    const events = most * scale;
    const url = (count: number) => `${origin}/burst?${new URLSearchParams({ events: `${count}`, data })}`;
    const bursts: Record<string, { total: number[]; longestWait: number[] }> = {};
    for (const { name } of clients) bursts[name] = { total: [], longestWait: [] };
    for (const client of clients) await burst(client, url(events / 10), events / 10);
    for (let round = 0; round < rounds; round++) {
      for (const client of rotated(clients, round)) {
        const { total, longestWait } = await burst(client, url(events), events);
        bursts[client.name]?.total.push(total);
        bursts[client.name]?.longestWait.push(longestWait);
      }
    }
    results.push({ shape, events, bursts });
  }
  return results;
}
