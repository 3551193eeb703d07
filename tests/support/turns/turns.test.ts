/**
 * Measures the cost of a turn between two events with each mechanism, and of a burst of events with each class. This
 * benchmark checks nothing; `npm run bench:turns` prints the results.
 */

import { EventSource as Ours } from 'eventsource-wasm';
import { Scenario } from '../server/scenario.js';

const TURNS = 4_096;
const TURNS_PER_MESSAGE = 256;
const EVENTS = 50_000;
const ROUNDS = 5;

/** Calls `turn` until it returns false. The promise reactions of each call should run before the next call. */
type Mechanism = (turn: () => boolean) => void;

declare const setImmediate: ((callback: () => void) => void) | undefined;
declare const scheduler: { postTask(task: () => void): Promise<void> } | undefined;

function onPort(listeners: number): Mechanism {
  return (turn) => {
    const { port1, port2 } = new MessageChannel();
    let more = true;
    for (let number = 0; number < listeners; number++) {
      port1.addEventListener('message', () => {
        if (!more) return;
        if (number === 0) port2.postMessage(undefined);
        more = turn();
        if (!more) port1.close();
      });
    }
    port1.start();
    port2.postMessage(undefined);
  };
}

function byCall(request: (task: () => void) => unknown): Mechanism {
  return (turn) => {
    const task = () => {
      if (turn()) request(task);
    };
    request(task);
  };
}

const mechanisms: Record<string, Mechanism | undefined> = {
  'setTimeout(0) for each': byCall((task) => setTimeout(task, 0)),
  'scheduler.postTask() for each':
    typeof scheduler === 'object' ? byCall((task) => scheduler?.postTask(task)) : undefined,
  'one message for each': onPort(1),
  '16 listeners to a message': onPort(16),
  '64 listeners to a message': onPort(64),
  '256 listeners to a message': onPort(TURNS_PER_MESSAGE),
};

/** Microseconds for a turn, and whether the promise reactions of each ran before the next. */
async function measure(mechanism: Mechanism, turns: number): Promise<{ cost: number; isRight: boolean }> {
  let done = 0;
  let reactions = 0;
  let isRight = true;
  const begin = performance.now();
  await new Promise<void>((resolve) => {
    mechanism(() => {
      if (reactions !== done) isRight = false;
      done++;
      Promise.resolve()
        .then(() => {})
        .then(() => {
          reactions++;
        });
      if (done === turns) resolve();
      return done < turns;
    });
  });
  return { cost: ((performance.now() - begin) * 1_000) / turns, isRight };
}

/** The minimum cost, without turns: microseconds to create an event and dispatch it to one listener. */
function dispatchCost(): number {
  const target = new EventTarget();
  let count = 0;
  target.addEventListener('message', () => count++);
  const costs = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let number = 0; number < EVENTS; number++) {
      const data = `{"token":"${number}"}`;
      target.dispatchEvent(
        new MessageEvent('message', { data, origin: 'http://127.0.0.1', lastEventId: '' }),
      );
    }
    costs.push(((performance.now() - begin) * 1_000) / EVENTS);
  }
  if (count !== ROUNDS * EVENTS) throw new Error('an event was lost');
  return median(costs);
}

/** Microseconds per event of a burst: from the first to the last event, and from the constructor to the last. */
async function burst(EventSource: typeof globalThis.EventSource): Promise<[number, number]> {
  const scenario = await Scenario.of({
    steps: [`${'data: {"token":"word"}\n\n'.repeat(EVENTS)}`, { end: 'hang' }],
  });
  const constructed = performance.now();
  const source = new EventSource(scenario.url);
  let count = 0;
  let begin = 0;
  await new Promise<void>((resolve) => {
    source.onmessage = () => {
      count++;
      if (count === 1) begin = performance.now();
      if (count === EVENTS) resolve();
    };
  });
  const end = performance.now();
  source.close();
  await Scenario.endAll();
  return [((end - begin) * 1_000) / (EVENTS - 1), ((end - constructed) * 1_000) / EVENTS];
}

function median(numbers: number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

export async function bench(): Promise<Record<string, number | string>> {
  const rows: Record<string, number | string> = {};
  for (const [name, mechanism] of Object.entries(mechanisms)) {
    if (!mechanism) continue;
    const turns = name.startsWith('setTimeout') ? 256 : TURNS;
    const costs = [];
    let isRight = true;
    for (let round = 0; round < ROUNDS; round++) {
      const measured = await measure(mechanism, turns);
      costs.push(measured.cost);
      isRight &&= measured.isRight;
    }
    rows[name] = isRight ? median(costs) : 'no microtasks between the turns';
  }
  rows['an event made and dispatched by script, without a turn'] = dispatchCost();
  for (const [name, EventSource] of Object.entries({
    'a burst, ours': Ours as unknown as typeof globalThis.EventSource,
    'a burst, native': globalThis.EventSource,
  })) {
    if (!EventSource) continue;
    const costs = [];
    for (let round = 0; round < ROUNDS; round++) costs.push(await burst(EventSource));
    rows[name] = median(costs.map(([cost]) => cost));
    rows[`${name}, from the constructor on`] = median(costs.map(([, cost]) => cost));
  }
  return rows;
}

declare const __SERVER__: { origin: string };

if ('document' in globalThis) {
  describe('turns', () => {
    async function post(global: string, rows: Record<string, number | string>) {
      const session = new URL(location.href).searchParams.get('wtr-session-id');
      await fetch(`/results?session=${session}`, { method: 'POST', body: JSON.stringify({ global, rows }) });
    }
    it('in a window', async function () {
      this.timeout(120_000);
      await post('window', await bench());
    });
    it('in a dedicated worker', async function () {
      this.timeout(120_000);
      const worker = new Worker(new URL(import.meta.url), { type: 'module' });
      const rows = await new Promise<Record<string, number | string>>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
      worker.terminate();
      await post('dedicated worker', rows);
    });
  });
} else {
  postMessage(await bench());
}
