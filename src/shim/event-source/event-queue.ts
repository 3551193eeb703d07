/** The queue of events to be fired. */

import { createScheduler } from './scheduler.js';

/**
 * Handled items are removed from the array in batches of this size: removing each one would take longer than handling
 * it.
 */
const MAX_DONE = 1_024;

/** A queue of functions, each of which is called in its own task. */
export interface EventQueue {
  push(task: () => void): void;
  /** Continues if the queue is no longer blocked. */
  resume(): void;
  /** Drops all items. */
  clear(): void;
  /**
   * Returns `undefined` if fewer than `limit` items are waiting. Otherwise, returns a promise that is fulfilled once
   * fewer than `low` are.
   */
  untilBelow(limit: number, low?: number): Promise<void> | undefined;
}

/**
 * @param run calls a function in the async context of the source
 * @param isBlocked while it returns true, no item is called; call `resume` afterwards
 * @param onInterruption called after an item that threw, or that the browser has stopped: when its page is left, Firefox
 * ends the running script without an exception
 */
export function createEventQueue(
  run: (task: () => void) => void,
  isBlocked: () => boolean,
  onInterruption?: () => unknown,
): EventQueue {
  let items: (() => void)[] = [];
  let next = 0;
  let isScheduled = false;
  let isRunning = false;
  let wait: { low: number; resolve: () => void } | undefined;
  const count = () => items.length - next;

  const clear = () => {
    items = [];
    next = 0;
  };
  const settle = () => {
    if (!wait || count() >= wait.low) return;
    wait.resolve();
    wait = undefined;
  };
  const schedule = createScheduler(() => {
    if (isRunning) {
      isRunning = false;
      onInterruption?.();
    }
    isScheduled = count() > 0 && !isBlocked();
    if (!isScheduled) return false;
    const item = items[next++] as () => void;
    if (count() === 0) {
      clear();
    } else if (next === MAX_DONE) {
      items.splice(0, next);
      next = 0;
    }
    try {
      isRunning = true;
      run(item);
      isRunning = false;
    } finally {
      if (wait) settle();
    }
    isScheduled = count() > 0;
    return isScheduled;
  });
  const resume = () => {
    if (isScheduled || count() === 0) return;
    isScheduled = true;
    schedule();
  };
  return {
    push: (item) => {
      items.push(item);
      resume();
    },
    resume,
    clear: () => {
      clear();
      settle();
    },
    untilBelow: (limit, low = limit) =>
      count() < limit
        ? undefined
        : new Promise((resolve) => {
            wait = { low, resolve };
          }),
  };
}
