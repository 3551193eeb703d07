/** The queue of events that wait to be fired. */

import { createScheduler } from './scheduler.js';

/** So many items that were handled are kept in the array: removing one by one would take longer than handling it. */
const MAX_DONE = 1_024;

/** A queue of functions that are called in tasks of their own. */
export interface EventQueue {
  push(task: () => void): void;
  /** Continues, if it is no longer blocked. */
  resume(): void;
  /** Drops all items. */
  clear(): void;
  /** Returns a promise that is fulfilled when fewer items than `limit` wait; `undefined` if that is so already. */
  untilBelow(limit: number): Promise<void> | undefined;
}

/**
 * @param run calls a function in the right context
 * @param isBlocked nothing is called while it returns true; call `resume` afterwards
 */
export function createEventQueue(run: (task: () => void) => void, isBlocked: () => boolean): EventQueue {
  let items: (() => void)[] = [];
  let next = 0;
  let isScheduled = false;
  let wait: { limit: number; resolve: () => void } | undefined;
  const count = () => items.length - next;

  const clear = () => {
    items = [];
    next = 0;
  };
  const settle = () => {
    if (!wait || count() >= wait.limit) return;
    wait.resolve();
    wait = undefined;
  };
  const schedule = createScheduler(() => {
    isScheduled = count() > 0 && !isBlocked();
    if (!isScheduled) return false;
    const item = items[next++] as () => void;
    if (next === MAX_DONE || count() === 0) {
      items.splice(0, next);
      next = 0;
    }
    try {
      run(item);
    } finally {
      settle();
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
    untilBelow: (limit) =>
      count() < limit
        ? undefined
        : new Promise((resolve) => {
            wait = { limit, resolve };
          }),
  };
}
