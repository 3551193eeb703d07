/** A scripted server that numbers its events and resumes after `Last-Event-ID`. */

import { createEventServer, type EventServerRequest } from 'eventsource-wasm/testing';

let count = 0;

export class Feed {
  readonly url = `http://127.0.0.1:1/feed-${++count}-${Math.random()}`;
  /** Refusals for the next requests. */
  refusals: Parameters<EventServerRequest['refuse']>[] = [];
  readonly #hasIds: boolean;
  readonly #events: string[] = [];
  readonly #server = createEventServer({ onRequest: (request) => this.#answer(request) });
  /** The option `fetch`. */
  readonly fetch = this.#server.fetch;
  readonly requests = this.#server.requests;

  constructor({ hasIds = true } = {}) {
    this.#hasIds = hasIds;
  }

  /** The number of open connections. */
  get live(): number {
    return this.#live.length;
  }

  /** The number of events so far. */
  get length(): number {
    return this.#events.length;
  }

  /** Sends an event. Its data is its number, from 1. */
  publish(event = ''): void {
    const number = this.#events.length + 1;
    const id = this.#hasIds ? `id: ${number}\n` : '';
    this.#events.push(`${id}${event}data: ${number}\n\n`);
    this.send(this.#events.at(-1) as string);
  }

  /** Sends text that isn't replayed on reconnection. */
  send(text: string): void {
    for (const request of this.#live) request.write(text);
  }

  /** Ends the connections. */
  cut(): void {
    for (const request of this.#live) request.end();
  }

  get #live(): EventServerRequest[] {
    return this.requests.filter(({ isOpen }) => isOpen);
  }

  #answer(request: EventServerRequest): void {
    const refusal = this.refusals.shift();
    if (refusal) {
      request.refuse(...refusal);
      return;
    }
    request.open({ headers: { 'x-feed': 'yes' } });
    const { lastEventId } = request;
    if (lastEventId) request.write(this.#events.slice(Number(lastEventId)).join(''));
  }
}
