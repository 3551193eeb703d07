/** Saves the last event ID in a store such as `localStorage`. */

import type { EventSourceInit } from '../types.js';
import { report } from './scheduler.js';

/** Reads and writes the ID of one stream. The store's exceptions are reported, and don't stop the stream. */
export class IdStore {
  readonly #store: EventSourceInit['store'];
  readonly #name: string;
  #isWriting = false;
  /** The ID to store next. */
  #next: string | undefined;

  constructor({ store, storeName }: EventSourceInit, url: string) {
    this.#store = store;
    this.#name = storeName ?? url;
  }

  /** Calls `take` with the stored ID, if there is one. */
  async read(take: (id: string) => void): Promise<void> {
    try {
      const id = await this.#store?.getItem(this.#name);
      if (id !== null && id !== undefined) take(id);
    } catch (error) {
      report(error);
    }
  }

  /** Stores the ID. While an asynchronous store is writing, only the latest ID waits. */
  write(id: string): void {
    this.#next = id;
    if (!this.#isWriting) this.#writeNext();
  }

  async #writeNext(): Promise<void> {
    this.#isWriting = true;
    while (this.#next !== undefined) {
      const id = this.#next;
      this.#next = undefined;
      try {
        const written = this.#store?.setItem(this.#name, id) as Promise<unknown> | undefined;
        if (typeof written?.then === 'function') await written;
      } catch (error) {
        report(error);
      }
    }
    this.#isWriting = false;
  }
}
