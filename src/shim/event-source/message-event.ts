/** Creates the event objects for messages of a stream. */

import { BaseEvent } from '../platform.js';

interface MessageEventClass {
  new (type: string, data: string, origin: string, lastEventId: string): MessageEvent<string>;
}

const noPorts: readonly MessagePort[] = /* @__PURE__ */ Object.freeze([]);

let Class: MessageEventClass | undefined;

/** Creates the event of a message. */
export function newMessageEvent(
  type: string,
  data: string,
  origin: string,
  lastEventId: string,
): MessageEvent<string> {
  Class ??= makeClass();
  return new Class(type, data, origin, lastEventId);
}

/**
 * Creates, at first use, a class whose prototype inherits from `MessageEvent.prototype`, but whose constructor calls
 * that of `Event`: `new MessageEvent()` takes up to three times as long in Chromium and WebKit, and throws in Next's
 * edge runtime.
 */
function makeClass(): MessageEventClass {
  class StreamEvent extends BaseEvent {
    /** One member for all values: each takes time, because events are objects of the platform. */
    readonly #values: readonly [data: string, origin: string, lastEventId: string];

    constructor(type: string, data: string, origin: string, lastEventId: string) {
      super(type);
      this.#values = [data, origin, lastEventId];
    }

    get data(): string {
      return this.#values[0];
    }
    get origin(): string {
      return this.#values[1];
    }
    get lastEventId(): string {
      return this.#values[2];
    }
    get source(): null {
      return null;
    }
    get ports(): readonly MessagePort[] {
      return noPorts;
    }
  }
  const enumerate = (name: string) =>
    Object.defineProperty(StreamEvent.prototype, name, { enumerable: true });
  for (const name of ['data', 'origin', 'lastEventId', 'source', 'ports']) enumerate(name);
  // In Next's edge runtime, and where a DOM was installed later, `MessageEvent` extends another class.
  if (typeof MessageEvent === 'function' && MessageEvent.prototype instanceof BaseEvent) {
    Object.setPrototypeOf(StreamEvent.prototype, MessageEvent.prototype);
    Object.defineProperty(StreamEvent.prototype, 'constructor', { value: MessageEvent });
    // Other attributes, such as Chromium's `userActivation`, would throw.
    const members = Object.getOwnPropertyDescriptors(MessageEvent.prototype);
    for (const [name, { get }] of Object.entries(members)) if (get) enumerate(name);
  }
  return StreamEvent as unknown as MessageEventClass;
}
