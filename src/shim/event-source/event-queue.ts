/** The queue of events that wait to be fired. */

import { createScheduler } from './scheduler.js';

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
    if (count() === 0) clear();
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
