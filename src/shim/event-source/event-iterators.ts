/** The iterators of all `for await` loops over one event source. */

import { AsyncQueue } from '../iterate/async-queue.js';

type EventIterator = AsyncQueue<MessageEvent<string>>;

/** Each loop receives every event that arrives while it runs. */
export class EventIterators {
  readonly #iterators = new Set<EventIterator>();
  readonly #onTaken: () => void;

  /** `onTaken` is called when a loop may have taken its last event. */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken;
  }

  /** Whether a loop hasn't taken its last event yet. */
  get isFull(): boolean {
    if (this.#iterators.size > 0) for (const iterator of this.#iterators) if (iterator.isFull) return true;
    return false;
  }

  /** Adds an iterator, which ends at once if the source `isClosed`. */
  add(isClosed: boolean): EventIterator {
    const iterator: EventIterator = new AsyncQueue({
      onTaken: this.#onTaken,
      onEnd: () => this.#iterators.delete(iterator),
    });
    if (isClosed) iterator.end();
    else this.#iterators.add(iterator);
    return iterator;
  }

  push(event: MessageEvent<string>): void {
    // Usually there are none, and a loop over an empty set takes time.
    if (this.#iterators.size === 0) return;
    for (const iterator of this.#iterators) iterator.push(event);
  }

  /** Ends all loops. Events that they haven't taken yet are dropped. */
  abort(): void {
    for (const iterator of this.#iterators) iterator.abort();
  }

  /** Ends all loops. If there is an error, they throw it. */
  end(error?: { value: unknown }): void {
    for (const iterator of this.#iterators) iterator.end(error);
  }
}
