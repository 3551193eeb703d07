/** From a server to a handler: how many events a second, how soon the first, how late each, and who has to wait. */

import { type Client, firstEvent } from './clients/client.js';
import { clients } from './clients/index.js';
import { rotated } from './samples.js';

/** One burst. Times are in milliseconds. */
export interface Burst {
  /** From the constructor to the last event. */
  total: number;
  /** The longest that a timer had to wait, and how much of all the waiting was beyond 50 ms each. */
  longestWait: number;
  blocking: number;
  /** The longest task that the engine reports; those below 50 ms it doesn't. */
  longestTask: number | undefined;
}

/** The outcome of all bursts of a shape: samples of each of the numbers. */
export interface BurstResult {
  shape: string;
  kind: Client['kind'];
  events: number;
  bursts: Record<string, { [K in keyof Burst]: number[] }>;
}

/** A timer that is due every few milliseconds, and hears how late it is. */
class Waits {
  static readonly INTERVAL = 4;
  longest = 0;
  blocking = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;
  #stopped = false;

  constructor() {
    this.#due = performance.now() + Waits.INTERVAL;
    this.#wait();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.note();
      this.#due = performance.now() + Waits.INTERVAL;
      if (!this.#stopped) this.#wait();
    }, Waits.INTERVAL);
  }

  note(): void {
    const wait = performance.now() - this.#due;
    this.longest = Math.max(this.longest, wait);
    this.blocking += Math.max(0, wait - 50);
  }

  /** After this a last wait is heard of: of the timer that is due now. */
  async stop(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 2 * Waits.INTERVAL));
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}

/** The long tasks that the engine itself reports, where it does. */
function observeTasks(): () => number | undefined {
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

export async function burst(client: Client, url: string, events: number): Promise<Burst> {
  const longestTask = observeTasks();
  const waits = new Waits();
  // The timer's first turn, so that what it waits for is the burst.
  await new Promise((resolve) => setTimeout(resolve, 3 * Waits.INTERVAL));
  const begin = performance.now();
  let count = 0;
  let close = () => {};
  const end = await new Promise<number>((resolve) => {
    close = client.open(url, () => {
      if (++count === events) resolve(performance.now());
    });
  });
  close();
  await waits.stop();
  return {
    total: end - begin,
    longestWait: waits.longest,
    blocking: waits.blocking,
    longestTask: longestTask(),
  };
}

const SHAPES: Record<string, { events: number; kinds: Client['kind'][] }> = {
  small: { events: 100_000, kinds: ['class', 'callback', 'loop'] },
  openai: { events: 20_000, kinds: ['class', 'callback', 'loop', 'model'] },
};

export async function bursts(origin: string, rounds = 5): Promise<BurstResult[]> {
  const results: BurstResult[] = [];
  for (const [shape, { events, kinds }] of Object.entries(SHAPES)) {
    const list = clients.filter(({ kind }) => kinds.includes(kind));
    const bursts: BurstResult['bursts'] = {};
    for (const { name } of list) bursts[name] = { total: [], longestWait: [], blocking: [], longestTask: [] };
    const url = `${origin}/burst?shape=${shape}&events=${events}`;
    // The first round doesn't count: functions are compiled then.
    for (let round = -1; round < rounds; round++) {
      for (const client of rotated(list, round + 1)) {
        const isWarmUp = round < 0;
        const outcome = await burst(client, url, isWarmUp ? events / 10 : events);
        if (isWarmUp) continue;
        for (const [name, value] of Object.entries(outcome)) {
          if (value !== undefined) bursts[client.name]?.[name as keyof Burst].push(value);
        }
      }
    }
    for (const kind of kinds) {
      const names = list.filter((client) => client.kind === kind).map(({ name }) => name);
      const entries = names.map((name) => [name, bursts[name]] as const);
      results.push({ shape, kind, events, bursts: Object.fromEntries(entries) as BurstResult['bursts'] });
    }
  }
  return results;
}

/** Milliseconds from the constructor to the first event, when everything has been used before. */
export async function warmFirstEvents(origin: string, rounds = 40): Promise<Record<string, number[]>> {
  const list = clients.filter(({ kind }) => kind !== 'model');
  const samples: Record<string, number[]> = {};
  for (let round = -5; round < rounds; round++) {
    for (const client of rotated(list, round + 5)) {
      const sample = await firstEvent(client, origin);
      if (round >= 0) samples[client.name] = [...(samples[client.name] ?? []), sample];
    }
  }
  return samples;
}

/** Latencies on this many streams, in milliseconds from the server's write to the handler. */
export interface LatencyResult {
  streams: number;
  /** Events a second of each. */
  rate: number;
  latencies: Record<string, { median: number; p95: number; p99: number; received: number; expected: number }>;
}

const STREAMS_PER_ORIGIN = 6;
const RATE = 100;
const CLIENTS = [
  'eventsource-wasm',
  'native',
  'eventsource',
  'eventsource-wasm/fetch-event-source',
  '@microsoft/fetch-event-source',
];

/** What to add to this clock to get the server's. */
async function clockDifference(origin: string): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  let difference = 0;
  for (let ask = 0; ask < 60; ask++) {
    const sent = performance.now();
    const theirs = Number(await (await fetch(`${origin}/clock`)).text());
    const received = performance.now();
    if (received - sent < shortest) {
      shortest = received - sent;
      difference = theirs - (sent + received) / 2;
    }
  }
  return difference;
}

export async function latency(origins: string[], seconds = 1.5, rounds = 2): Promise<LatencyResult[]> {
  const results: LatencyResult[] = [];
  const list = clients.filter(({ name }) => CLIENTS.includes(name));
  for (const streams of [1, 20, 100]) {
    const samples: Record<string, number[]> = {};
    const counts: Record<string, number> = {};
    for (let round = 0; round < rounds; round++) {
      for (const client of rotated(list, round)) {
        const difference = await clockDifference(origins[0] ?? '');
        const taken = await listen(client, origins, streams, seconds, difference);
        samples[client.name] = [...(samples[client.name] ?? []), ...taken];
        counts[client.name] = (counts[client.name] ?? 0) + taken.length;
      }
    }
    const latencies: LatencyResult['latencies'] = {};
    for (const [name, taken] of Object.entries(samples)) {
      taken.sort((a, b) => a - b);
      const quantile = (part: number) => taken[Math.floor(part * (taken.length - 1))] ?? Number.NaN;
      latencies[name] = {
        median: quantile(0.5),
        p95: quantile(0.95),
        p99: quantile(0.99),
        received: counts[name] ?? 0,
        expected: streams * RATE * seconds * rounds,
      };
    }
    results.push({ streams, rate: RATE, latencies });
  }
  return results;
}

/** Opens the streams, and when all have begun notes for some seconds how late each event is. */
async function listen(
  client: Client,
  origins: string[],
  streams: number,
  seconds: number,
  difference: number,
): Promise<number[]> {
  const taken: number[] = [];
  const begun = new Set<number>();
  const closers: (() => void)[] = [];
  let isNoting = false;
  await new Promise<void>((resolve) => {
    for (let stream = 0; stream < streams; stream++) {
      const origin = origins[Math.floor(stream / STREAMS_PER_ORIGIN)];
      const phase = Math.floor((stream * 1_000) / RATE / streams);
      const onEvent = (data: string) => {
        if (isNoting) taken.push(performance.now() + difference - Number(data));
        else if (begun.add(stream).size === streams) resolve();
      };
      closers.push(client.open(`${origin}/pace?rate=${RATE}&phase=${phase}`, onEvent));
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  isNoting = true;
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  isNoting = false;
  for (const close of closers) close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  return taken;
}
