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
  /** Nothing is left, or a value was taken. */
  onTaken?(): void;
  /** The loop was left, or has ended. */
  onEnd?(): void;
}

/** An async iterator over values that are pushed. */
export class AsyncQueue<T> implements AsyncIterableIterator<T> {
  readonly #owner: QueueOwner;
  #values: T[] = [];
  #next = 0;
  #takers: Taker<T>[] = [];
  #wanted: (() => void) | undefined;
  #state: 'new' | 'open' | 'ended' = 'new';
  /** Thrown once, after all values before it were taken. */
  #error: { value: unknown } | undefined;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
  }

  /** Whether a value waits to be taken. */
  get isFull(): boolean {
    return this.#next < this.#values.length;
  }

  /** A promise that is fulfilled when a value is requested and none waits; `undefined` if that is so already. */
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

  /** No value follows. The error is thrown after the values that wait. */
  end(error?: { value: unknown }): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#error = error;
    this.#wanted?.();
    this.#owner.onEnd?.();
    for (const taker of this.#takers.splice(0)) this.#finish(taker);
  }

  /** The same, but drops the values that wait. */
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

  return(): Promise<IteratorResult<T>> {
    this.abort();
    this.#error = undefined;
    this.#owner.onTaken?.();
    return Promise.resolve({ done: true, value: undefined });
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
