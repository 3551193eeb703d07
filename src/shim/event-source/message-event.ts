/** Creates the event objects for messages of a stream. */

interface MessageEventClass {
  new (type: string, data: string, origin: string, lastEventId: string): MessageEvent<string>;
}

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
  class StreamEvent extends Event {
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
      return [];
    }
  }
  // In Next's edge runtime, `MessageEvent` extends another class than the global `Event`.
  if (typeof MessageEvent === 'function' && MessageEvent.prototype instanceof Event) {
    Object.setPrototypeOf(StreamEvent.prototype, MessageEvent.prototype);
    Object.defineProperty(StreamEvent.prototype, 'constructor', { value: MessageEvent });
  }
  return StreamEvent as unknown as MessageEventClass;
}
