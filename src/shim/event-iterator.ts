/** `for await (const event of source)`: the events of an `EventSource`, at the pace of whoever takes them. */

import { type EventSourceErrorEvent, toError } from './events.js';
import { asyncDispose } from './platform.js';

/** An iterator that holds at most one event which nobody has taken. */
export class EventIterator implements AsyncIterableIterator<MessageEvent<string>> {
  readonly #onTaken: () => void;
  readonly #onLeft: () => void;
  #event: MessageEvent<string> | undefined;
  #takers: { resolve(result: IteratorResult<MessageEvent<string>>): void; reject(error: unknown): void }[] =
    [];
  #isEnded = false;
  #error: Error | undefined;

  /** `onTaken` is called when there is room for another event, `onLeft` when nobody wants any more. */
  constructor(onTaken: () => void, onLeft: () => void) {
    this.#onTaken = onTaken;
    this.#onLeft = onLeft;
  }

  /** Whether an event would have to wait. */
  get isFull(): boolean {
    return this.#event !== undefined;
  }

  push(event: MessageEvent<string>): void {
    const taker = this.#takers.shift();
    if (taker) taker.resolve({ done: false, value: event });
    else this.#event = event;
  }

  /** No event follows; with an error, whoever waits is told. */
  end(error?: EventSourceErrorEvent): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onLeft();
    if (error) this.#error = toError(error);
    for (const taker of this.#takers.splice(0)) this.#finish().then(taker.resolve, taker.reject);
  }

  next(): Promise<IteratorResult<MessageEvent<string>>> {
    const event = this.#event;
    if (event) {
      this.#event = undefined;
      this.#onTaken();
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#isEnded) return this.#finish();
    return new Promise((resolve, reject) => {
      this.#takers.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<MessageEvent<string>>> {
    this.#event = undefined;
    this.end();
    this.#onTaken();
    return this.#finish();
  }

  async [asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The error is thrown once, the end is told ever after. */
  #finish(): Promise<IteratorResult<MessageEvent<string>>> {
    const error = this.#error;
    this.#error = undefined;
    return error ? Promise.reject(error) : Promise.resolve({ done: true, value: undefined });
  }
}
