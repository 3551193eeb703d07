/** The `for await` loops over one event source. */

import { AsyncQueue } from '../iterate/async-queue.js';

type EventIterator = AsyncQueue<MessageEvent<string>>;

/** Each loop gets every event that comes while it runs. */
export class EventIterators {
  readonly #iterators = new Set<EventIterator>();
  readonly #onTaken: () => void;

  /** `onTaken` is called when a loop may have taken its last event. */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken;
  }

  /** Whether an event waits to be taken. */
  get isFull(): boolean {
    for (const iterator of this.#iterators) if (iterator.isFull) return true;
    return false;
  }

  /** A new loop, which is over at once if the source `isClosed`. */
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
    for (const iterator of this.#iterators) iterator.push(event);
  }

  /** Ends the loops; with an error, they throw it. */
  end(error?: { value: unknown }): void {
    for (const iterator of this.#iterators) iterator.end(error);
  }
}
