/** The last event ID in a store such as `localStorage`. */

import type { EventSourceInit } from '../types.js';
import { report } from './scheduler.js';

/** Reads and writes the ID of one stream. A store that fails doesn't stop the stream: its exceptions are reported. */
export class IdStore {
  readonly #store: EventSourceInit['store'];
  readonly #name: string;

  constructor({ store, storeName }: EventSourceInit, url: string) {
    this.#store = store;
    this.#name = storeName ?? url;
  }

  /** Calls back with the stored ID, if there is one. */
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
