/** The platform's `MessageEvent`, or one like it where there is none that works. */

export type Init = Required<Pick<MessageEventInit<string>, 'data' | 'origin' | 'lastEventId'>>;

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
export function newMessageEvent(type: string, init: Init): MessageEvent<string> {
  Constructor ??= isComplete() ? MessageEvent : StandIn;
  return new Constructor(type, init) as MessageEvent<string>;
}

/** Next's edge runtime has one that throws, and some of Cloudflare's leave members empty. */
function isComplete(): boolean {
  try {
    return new MessageEvent('message', { lastEventId: '1' }).lastEventId === '1';
  } catch {
    return false;
  }
}
