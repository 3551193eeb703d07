/** Saves the last event ID in a store such as `localStorage`. */

import type { EventSourceInit } from '../types.js';
import { report } from './scheduler.js';

/** Reads and writes the ID of one stream. The store's exceptions are reported, and don't stop the stream. */
export class IdStore {
  readonly #store: EventSourceInit['store'];
  readonly #name: string;

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

  /** Stores the ID. */
  write(id: string): void {
    try {
      if (this.#store) Promise.resolve(this.#store.setItem(this.#name, id)).catch(report);
    } catch (error) {
      report(error);
    }
  }
}
