/** A server within the test, behind the option `fetch`: numbers its events and resumes after `Last-Event-ID`. */

export interface FeedRequest {
  lastEventId: string | null;
  headers: Headers;
  isLive: boolean;
}

let count = 0;

export class Feed {
  readonly url = `http://127.0.0.1:1/feed-${++count}-${Math.random()}`;
  readonly requests: FeedRequest[] = [];
  /** What a request is answered with, in the place of the stream. */
  refusals: Response[] = [];
  readonly #hasIds: boolean;
  readonly #events: string[] = [];
  readonly #live = new Map<FeedRequest, ReadableStreamDefaultController<Uint8Array>>();

  constructor({ hasIds = true } = {}) {
    this.#hasIds = hasIds;
  }

  /** How many connections are open. */
  get live(): number {
    return this.#live.size;
  }

  /** The number of events so far. */
  get length(): number {
    return this.#events.length;
  }

  /** To be given as the option `fetch`. */
  readonly fetch = async (_url: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    const lastEventId = headers.get('last-event-id');
    const request: FeedRequest = { lastEventId, headers, isLive: true };
    this.requests.push(request);
    const refusal = this.refusals.shift();
    if (refusal) return refusal;
    const end = () => {
      request.isLive = false;
      this.#live.delete(request);
    };
    init.signal?.addEventListener('abort', () => {
      this.#live.get(request)?.error(init.signal?.reason);
      end();
    });
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#live.set(request, controller);
        const missed = lastEventId ? this.#events.slice(Number(lastEventId)) : [];
        for (const event of missed) controller.enqueue(new TextEncoder().encode(event));
      },
      cancel: end,
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream', 'x-feed': 'yes' } });
  };

  /** Sends an event whose data is its number, from 1. */
  publish(event = ''): void {
    const number = this.#events.length + 1;
    const id = this.#hasIds ? `id: ${number}\n` : '';
    this.#events.push(`${id}${event}data: ${number}\n\n`);
    this.#write(this.#events.at(-1) as string);
  }

  /** Sends text that is not repeated. */
  send(text: string): void {
    this.#write(text);
  }

  /** Breaks the connections. */
  cut(): void {
    for (const [request, controller] of this.#live) {
      request.isLive = false;
      controller.close();
    }
    this.#live.clear();
  }

  #write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    for (const controller of this.#live.values()) controller.enqueue(bytes);
  }
}
