/**
 * Fires each event in its own task (spec C12), at little cost.
 *
 * All promise reactions of an event's listeners run before the next event, and a long burst doesn't block timers,
 * rendering or input. A real task for each event would cost more than the event. But the platform also runs all
 * microtasks after each callback that it calls while no other script runs. So one message to a port with many listeners
 * fires many events in one task. Such a callback is called a turn here.
 */

import { isNode, once, userAgent, works } from '../platform.js';

/** Fires the next event. Returns whether there are more. */
export type FireNext = () => boolean;

// Missing in the DOM's types.
declare const setImmediate: (callback: () => unknown) => unknown;

/** Turns per message at first: adding listeners takes time, and most pages never have a burst. The number doubles … */
const FIRST_TURNS = 8;
/** … after each message that needed more, up to this number. */
const TURNS_PER_MESSAGE = 256;
/** Turns per task with `setImmediate`, where they are requested before their number is known. */
const TURNS_PER_TASK = 64;

/** The longest time of a task. At 60 frames per second, a page has 16 ms for each frame. */
const TASK_MILLISECONDS = 4;
/** The clock is read at every eighth turn, because reading it costs a fifth of a turn. */
const TURNS_PER_CLOCK = 8;

/**
 * Creates the scheduler of one event source.
 *
 * @returns a function that starts firing the source's events: the first one synchronously, unless an event was already
 * fired in this task. After `fireNext` has returned `false`, call it again when there are new events.
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

// Node, Deno, Bun, Cloudflare Workers and jsdom: each source schedules its own tasks. They run in its async context,
// and a task that never runs (fake timers, the end of a request) doesn't stop other sources.

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

/** The platform's function for scheduling a task: if possible, one that isn't replaced by fake timers. */
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
    // In Next's edge runtime, Node's functions throw.
  }
  return isReal(immediate) ? immediate : setTimeout;
}

/** In Next's edge runtime, `MessageChannel` exists but throws. */
const canPost = /* @__PURE__ */ once(() => works(() => new MessageChannel().port1.close()));

const usable = new WeakMap<object, boolean>();

/**
 * Whether a timer function works: it throws in Next's edge runtime, and the fake timers of Sinon, Jest, Vitest and
 * Node delay tasks.
 */
function isReal<T extends (task: () => void) => unknown>(timer: T | undefined): timer is T {
  if (!timer || 'clock' in timer || '_isMockFunction' in timer || /^bound #/.test(timer.name)) return false;
  if (!usable.has(timer))
    usable.set(
      timer,
      works(() => timer(() => {})),
    );
  return usable.get(timer) as boolean;
}

/** Runs a task by a message to a new port, which doesn't keep the process alive. */
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
/** An event was fired, and since then there was no task without an event. */
let isTurnTaken = false;
const requestMessage = /* @__PURE__ */ once(openPort);

// jsdom has a window but runs in Node, and bundlers and polyfills add a `process` and a `setImmediate` to pages.
const usesMessages = /* @__PURE__ */ once(() => !isNode() && !isCloudflare() && works(requestMessage));

function scheduleByMessage(fireNext: FireNext): void {
  waiting.push(fireNext);
  if (isTurnTaken) return;
  isTurnTaken = true;
  requestMessage()();
  fireFirst();
}

function fireFirst(): void {
  const fireNext = waiting[0];
  if (!fireNext) return;
  const hasMore = fire(fireNext);
  if (hasMore && waiting.length === 1) return;
  // The sources take turns.
  waiting.shift();
  if (hasMore) waiting.push(fireNext);
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
  // WebKit drops messages to a page in the back/forward cache, so one is sent again. An extra message does no harm.
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

/** Calls a user's function. An exception is reported, as for a listener. */
export function callSafely<T>(callback: ((argument: T) => void) | undefined, argument: T): void {
  try {
    callback?.(argument);
  } catch (error) {
    report(error);
  }
}
