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
    readonly #data: string;
    readonly #origin: string;
    readonly #lastEventId: string;

    constructor(type: string, data: string, origin: string, lastEventId: string) {
      super(type);
      this.#data = data;
      this.#origin = origin;
      this.#lastEventId = lastEventId;
    }

    get data(): string {
      return this.#data;
    }
    get origin(): string {
      return this.#origin;
    }
    get lastEventId(): string {
      return this.#lastEventId;
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
