/**
 * Fires each event in a task of its own (spec C12), at little cost.
 *
 * Between two events, all promise reactions of the first one's listeners have run, and a long burst doesn't block
 * timers, rendering and input. A task for each event would cost more than the event. But the platform also runs all
 * microtasks after each callback that it calls while no other script runs. So one message to a port with many listeners
 * fires many events in one task. Such a callback is called a turn here.
 */

import { once, userAgent, works } from '../platform.js';

/** Fires the next event. Returns whether there are more. */
export type FireNext = () => boolean;

// Not in the DOM's types.
declare const setImmediate: (callback: () => unknown) => unknown;

/** Turns per message at first: adding them takes time, and most pages never have a burst. The number doubles … */
const FIRST_TURNS = 8;
/** … after each message that had too few, up to this number. */
const TURNS_PER_MESSAGE = 256;
/** The number of turns of a task that must request them before it is known how many are needed. */
const TURNS_PER_TASK = 64;

/** A task takes no longer than this: a page that draws 60 frames a second has 16 ms for each. */
const TASK_MILLISECONDS = 4;
/** The clock is read at every eighth turn: reading it costs a fifth of a turn. */
const TURNS_PER_CLOCK = 8;

/**
 * Makes the scheduler of one event source.
 *
 * @returns a function that fires the source's events: the first at once, unless one was fired in this task. Call it
 * again when there are new events after `fireNext` has returned `false`.
 */
export function createScheduler(fireNext: FireNext): () => void {
  return usesMessages() ? () => scheduleByMessage(fireNext) : schedulerByTask(fireNext);
}

/** Calls `fireNext`. An exception affects only its own event. */
function fire(fireNext: FireNext): boolean {
  try {
    return fireNext();
  } catch (error) {
    report(error);
    return true;
  }
}

let isTimed = 0;
let taskEnd = 0;

function beginClock(): void {
  isTimed = 0;
  taskEnd = performance.now() + TASK_MILLISECONDS;
}

function isTimeOver(): boolean {
  return ++isTimed % TURNS_PER_CLOCK === 0 && performance.now() > taskEnd;
}

// Node, Deno, Bun, Cloudflare's workers and jsdom: each source schedules tasks of its own. They run in its async
// context, and a task that never runs (fake timers, the end of a request) doesn't stop other sources.

function schedulerByTask(fireNext: FireNext): () => void {
  let isTurnTaken = false;
  let hasMore = false;
  const fireOne = () => {
    hasMore = fire(fireNext);
  };
  const turn = () => {
    if (hasMore && !isTimeOver()) fireOne();
  };
  const task = () => {
    if (!hasMore) {
      isTurnTaken = false;
      return;
    }
    beginClock();
    const request = requestTask();
    request(task);
    fireOne();
    const { setImmediate } = globalThis as { setImmediate?: typeof request };
    if (request !== setImmediate) return;
    for (let turns = 1; hasMore && turns < TURNS_PER_TASK; turns++) request(turn);
  };
  return () => {
    hasMore = true;
    if (isTurnTaken) return;
    isTurnTaken = true;
    requestTask()(task);
    fireOne();
  };
}

/** The platform's function for scheduling a task; if possible, one that fake timers don't hold back. */
function requestTask(): (task: () => void) => unknown {
  const global = globalThis as {
    setImmediate?: (task: () => void) => unknown;
    process?: {
      getBuiltinModule?(name: string): { setImmediate?: (task: () => void) => unknown } | undefined;
    };
  };
  if (isReal(global.setImmediate)) return global.setImmediate;
  if (!isCloudflare() && canPost()) return postTask;
  let immediate: ((task: () => void) => unknown) | undefined;
  try {
    immediate = global.process?.getBuiltinModule?.('timers')?.setImmediate;
  } catch {
    // Next's edge runtime replaces Node's functions by ones that throw.
  }
  return isReal(immediate) ? immediate : setTimeout;
}

const usable = new WeakMap<object, boolean>();

/** Whether a timer function works: Next's edge runtime has one that throws, and Sinon's, Jest's and Vitest's hold tasks back. */
function isReal<T extends (task: () => void) => unknown>(timer: T | undefined): timer is T {
  if (!timer || 'clock' in timer || '_isMockFunction' in timer) return false;
  if (!usable.has(timer))
    usable.set(
      timer,
      works(() => timer(() => {})),
    );
  return usable.get(timer) as boolean;
}

/** One message to a port of its own, which doesn't keep the process alive. */
function postTask(task: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    task();
  };
  port2.postMessage(undefined);
}

function isCloudflare(): boolean {
  return userAgent() === 'Cloudflare-Workers';
}

// Browsers.

const waiting: FireNext[] = [];
/** An event was fired, and no task without one has begun since. */
let isTurnTaken = false;
const requestMessage = /* @__PURE__ */ once(openPort);

const usesMessages = /* @__PURE__ */ once(() => {
  const { setImmediate, process } = globalThis as {
    setImmediate?: unknown;
    process?: { versions?: object };
  };
  // Tests give jsdom, which is Node, a window.
  return !setImmediate && !process?.versions && !isCloudflare() && canPost();
});

/** Some ports exist and throw, as in Next's edge runtime. */
const canPost = /* @__PURE__ */ once(() => works(() => new MessageChannel().port1.close()));

function scheduleByMessage(fireNext: FireNext): void {
  waiting.push(fireNext);
  if (isTurnTaken) return;
  isTurnTaken = true;
  requestMessage()();
  fireFirst();
}

function fireFirst(): void {
  const fireNext = waiting.shift();
  if (fireNext && fire(fireNext)) waiting.push(fireNext);
}

function openPort(): () => void {
  const { port1, port2 } = new MessageChannel();
  const request = () => port2.postMessage(undefined);
  /** The first turn of a task. Returns whether more are needed. */
  const begin = () => {
    if (waiting.length === 0) {
      isTurnTaken = false;
      return false;
    }
    beginClock();
    request();
    fireFirst();
    return true;
  };
  const next = () => {
    if (waiting.length === 0 || isTimeOver()) return false;
    fireFirst();
    return true;
  };
  let turns = 0;
  const addTurns = (count: number) => {
    for (const end = turns + count; turns < end; turns++) {
      const turn = turns;
      port1.addEventListener('message', (event) => {
        if (!(turn === 0 ? begin() : next())) event.stopImmediatePropagation();
        else if (turn === turns - 1 && turns < TURNS_PER_MESSAGE) addTurns(turns);
      });
    }
  };
  addTurns(FIRST_TURNS);
  port1.start();
  // WebKit drops messages to ports of a page that is in the back/forward cache. A message too many does no harm.
  globalThis.addEventListener?.('pageshow', ({ persisted }) => persisted && request());
  return request;
}

/** Reports an exception as uncaught. */
export function report(error: unknown): void {
  const rethrow = () => {
    throw error;
  };
  if (typeof reportError === 'function') reportError(error);
  else if (isReal(globalThis.queueMicrotask)) queueMicrotask(rethrow);
  else Promise.resolve().then(rethrow);
}

/** Calls a user's function. Its exception is reported, like a listener's. */
export function callSafely<T>(callback: ((argument: T) => void) | undefined, argument: T): void {
  try {
    callback?.(argument);
  } catch (error) {
    report(error);
  }
}
