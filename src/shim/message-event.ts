/** The platform's `MessageEvent`, or one like it where there is none that works. */

/** What an event is made of. Its prototype has none, where the platform would look for the members that it doesn't have. */
class Init {
  readonly data: string;
  readonly origin: string;
  readonly lastEventId: string;

  constructor(data: string, origin: string, lastEventId: string) {
    this.data = data;
    this.origin = origin;
    this.lastEventId = lastEventId;
  }
}

/** With the members that an event stream's events have. */
class StandIn extends Event {
  readonly data: string;
  readonly origin: string;
  readonly lastEventId: string;
  readonly source = null;
  readonly ports = [];

  constructor(type: string, { data, origin, lastEventId }: Init) {
    super(type);
    this.data = data;
    this.origin = origin;
    this.lastEventId = lastEventId;
  }
}

let Constructor: (new (type: string, init: Init) => Event) | undefined;

/** The event that a message of a stream is fired as. */
export function newMessageEvent(
  type: string,
  data: string,
  origin: string,
  lastEventId: string,
): MessageEvent<string> {
  if (!Constructor) {
    Constructor = isComplete() ? MessageEvent : StandIn;
    Object.setPrototypeOf(Init.prototype, null);
  }
  return new Constructor(type, new Init(data, origin, lastEventId)) as MessageEvent<string>;
}

/** Next's edge runtime has one that throws, and some of Cloudflare's leave members empty. */
function isComplete(): boolean {
  try {
    return new MessageEvent('message', { lastEventId: '1' }).lastEventId === '1';
  } catch {
    return false;
  }
}
