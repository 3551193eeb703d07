/** Event handler attributes: `onopen`, `onmessage`, `onerror` (HTML, "event handlers"). */

import { platformCallsHandlers } from '../platform.js';
import type { EventSourceEventMap } from '../types.js';

/** The type for setting a handler attribute. */
export type Handler<K extends keyof EventSourceEventMap> =
  | ((event: EventSourceEventMap[K]) => unknown)
  | null;

/** The type for reading a handler attribute: assignable to the DOM's type, whose handlers accept any `Event`. */
// biome-ignore lint/suspicious/noExplicitAny: as in the DOM's type.
export type SetHandler = ((event: any) => any) | null;

/** The handler attributes of an `EventTarget`. */
export class HandlerAttributes {
  readonly #target: EventTarget;
  readonly #attributes = new Map<string, { value: unknown; listener: (event: Event) => void }>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  /** Returns the handler, or `null`. */
  get(type: string): unknown {
    return this.#attributes.get(type)?.value ?? null;
  }

  /**
   * Sets a handler. Any value but an object or a function removes it. The listener is added when the first handler is
   * set, and keeps its position when another handler replaces it (HTML, "activate an event handler").
   */
  set(type: string, value: unknown): void {
    const target = this.#target;
    const attribute = this.#attributes.get(type);
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
      if (attribute) target.removeEventListener(type, attribute.listener);
      this.#attributes.delete(type);
    } else if (attribute) {
      attribute.value = value;
    } else {
      const added = {
        value,
        listener: (event: Event) => {
          if (typeof added.value === 'function' && added.value.call(target, event) === false)
            event.preventDefault();
        },
      };
      this.#attributes.set(type, added);
      if (!platformCallsHandlers()) target.addEventListener(type, added.listener);
    }
  }
}
