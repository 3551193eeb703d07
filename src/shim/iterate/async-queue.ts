/** The queue behind `for await` loops. */

import { asyncDispose } from '../platform.js';

interface Taker<T> {
  resolve(result: IteratorResult<T>): void;
  reject(error: unknown): void;
}

/** Callbacks for the owner of a queue. */
interface QueueOwner {
  /** The first value is requested. */
  onStart?(): void;
  /** A value was taken, or the loop was left. */
  onTaken?(): void;
  /** The queue has ended, or the loop was left. */
  onEnd?(): void;
}

/** An async iterator over pushed values. */
export class AsyncQueue<T> implements AsyncIterableIterator<T> {
  readonly #owner: QueueOwner;
  #values: T[] = [];
  #next = 0;
  #takers: Taker<T>[] = [];
  #wanted: (() => void) | undefined;
  #state: 'new' | 'open' | 'ended' = 'new';
  /** Thrown once, after all waiting values were taken. */
  #error: { value: unknown } | undefined;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
  }

  /** Whether values are waiting to be taken. */
  get isFull(): boolean {
    return this.#next < this.#values.length;
  }

  /**
   * Returns a promise that is fulfilled once a value is requested and none is waiting, or `undefined` if that is
   * already true.
   */
  untilWanted(): Promise<void> | undefined {
    if (this.#takers.length > 0 || this.#state === 'ended') return undefined;
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  push(value: T): void {
    if (this.#state === 'ended') return;
    const taker = this.#takers.shift();
    if (taker) taker.resolve({ done: false, value });
    else this.#values.push(value);
  }

  /** Ends the queue. The error is thrown after the waiting values. */
  end(error?: { value: unknown }): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#error = error;
    this.#wanted?.();
    this.#owner.onEnd?.();
    for (const taker of this.#takers.splice(0)) this.#finish(taker);
  }

  /** Ends the queue and drops the waiting values. */
  abort(error?: { value: unknown }): void {
    this.#values = [];
    this.#next = 0;
    this.end(error);
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#state === 'new') {
      this.#state = 'open';
      this.#owner.onStart?.();
    }
    return new Promise((resolve, reject) => {
      if (this.isFull) {
        const value = this.#values[this.#next++] as T;
        if (!this.isFull) {
          this.#values = [];
          this.#next = 0;
        }
        resolve({ done: false, value });
        this.#owner.onTaken?.();
      } else if (this.#state === 'ended') {
        this.#finish({ resolve, reject });
      } else {
        this.#takers.push({ resolve, reject });
        this.#wanted?.();
        this.#wanted = undefined;
      }
    });
  }

  async return(value?: unknown): Promise<IteratorResult<T>> {
    this.abort();
    this.#error = undefined;
    this.#owner.onTaken?.();
    return { done: true, value: await value };
  }

  async throw(error?: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  async [asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(taker: Taker<T>): void {
    const error = this.#error;
    this.#error = undefined;
    if (error) taker.reject(error.value);
    else taker.resolve({ done: true, value: undefined });
  }
}
