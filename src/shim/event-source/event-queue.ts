/** The queue of events that wait to be fired. */

import { createScheduler } from './scheduler.js';

/** An event of the stream that waits to be fired. */
export interface WaitingEvent {
  type: string;
  data: string;
  lastEventId: string;
  isComment: boolean;
}

/** A queue whose items are handled in tasks of their own. */
export class EventQueue<T> {
  #items: T[] = [];
  #next = 0;
  #isScheduled = false;
  readonly #handle: (item: T) => void;
  readonly #isBlocked: () => boolean;
  readonly #schedule: () => void;
  #waits: { limit: number; resolve: () => void } | undefined;

  /** Nothing is handled while `isBlocked`; call `resume` afterwards. */
  constructor(handle: (item: T) => void, isBlocked: () => boolean) {
    this.#handle = handle;
    this.#isBlocked = isBlocked;
    this.#schedule = createScheduler(() => this.#handleNext());
  }

  get length(): number {
    return this.#items.length - this.#next;
  }

  push(item: T): void {
    this.#items.push(item);
    this.resume();
  }

  /** Continues, if it is no longer blocked. */
  resume(): void {
    if (this.#isScheduled || this.length === 0) return;
    this.#isScheduled = true;
    this.#schedule();
  }

  /** Drops all items. */
  clear(): void {
    this.#items = [];
    this.#next = 0;
    this.#settle();
  }

  /** Returns a promise that is fulfilled when fewer items than `limit` wait; `undefined` if that is so already. */
  untilBelow(limit: number): Promise<void> | undefined {
    if (this.length < limit) return undefined;
    return new Promise((resolve) => {
      this.#waits = { limit, resolve };
    });
  }

  #handleNext(): boolean {
    this.#isScheduled = this.length > 0 && !this.#isBlocked();
    if (!this.#isScheduled) return false;
    const item = this.#items[this.#next++] as T;
    if (this.length === 0) {
      this.#items = [];
      this.#next = 0;
    }
    try {
      this.#handle(item);
    } finally {
      this.#settle();
    }
    this.#isScheduled = this.length > 0;
    return this.#isScheduled;
  }

  #settle(): void {
    const waits = this.#waits;
    if (!waits || this.length >= waits.limit) return;
    this.#waits = undefined;
    waits.resolve();
  }
}
