/** The events of a stream, for loops: at the pace of whoever takes them, and no call of WebAssembly for an event. */

import { Batch, decode, EVENT_KIND } from './batch.js';
import { connect, type Face, type RequestToSend } from './connect.js';
import { type EventSourceErrorEvent, type FailureArguments, toError, toErrorEvent } from './events.js';
import { type EventSourceMessage, toMessage } from './message-parser.js';
import { type Settings, toDictionary, toSettings } from './options.js';
import { asyncDispose } from './platform.js';
import { toHeaderMap } from './request.js';
import type { Attempt, EventSourceInit, ReconnectFunction } from './types.js';
import { fail } from './url.js';

/** The options of `EventSource` that concern the request, the response and reconnecting. */
export type EventsInit = Omit<
  EventSourceInit,
  'store' | 'storeName' | 'comments' | 'onEvent' | 'trace' | 'withCredentials'
> & { withCredentials?: boolean | undefined };

/** What belongs to the class alone. */
const namesOfTheClass = ['store', 'storeName', 'comments', 'onEvent', 'trace'];

/**
 * The events of a response, or of what a URL or a request is answered with, for `for await`. Nothing is sent before the
 * first event is asked for; nothing is read while the loop is busy; leaving the loop closes the connection. Whether the
 * stream is reestablished when it ends is decided as by `EventSource`; a response isn't. The loop throws when the
 * connection fails, and when `signal` is aborted.
 */
export function events(
  source: string | URL | Request | Response,
  init?: EventsInit | null,
): AsyncIterableIterator<EventSourceMessage> & { [asyncDispose](): Promise<void> } {
  return new MessageIterator(source, toDictionary(init));
}

interface Taker {
  resolve(result: IteratorResult<EventSourceMessage>): void;
  reject(error: unknown): void;
}

class MessageIterator implements AsyncIterableIterator<EventSourceMessage> {
  readonly #init: EventSourceInit;
  readonly #settings: Settings;
  readonly #prepare: (attempt: number, resumes: boolean) => RequestToSend | Promise<RequestToSend>;
  #close: (() => void) | undefined;
  #state: 'new' | 'open' | 'ended' = 'new';
  /** What is thrown when everything before it has been taken. */
  #error: { value: unknown } | undefined;
  #lastError: EventSourceErrorEvent | undefined;
  #lastEventId: string;
  #batch: Batch | undefined;
  #takers: Taker[] = [];
  #readOn: (() => void) | undefined;

  constructor(source: string | URL | Request | Response, init: EventSourceInit) {
    const unfit = namesOfTheClass.find((name) => name in init);
    if (unfit) fail(`the option "${unfit}" is of the class EventSource alone`);
    this.#init = init;
    // Not `instanceof`: they may be another realm's.
    if (typeof source === 'object' && 'status' in source) {
      const { settings } = toSettings(source.url, { ...init, reconnect: false });
      this.#settings = { ...settings, fetch: () => Promise.resolve(source) };
      this.#prepare = () => ({ url: '', headers: new Headers(), init: {} });
    } else if (typeof source === 'object' && 'method' in source) {
      const wrong = ['method', 'body', 'url'].find((name) => name in init);
      if (wrong) fail(`the option "${wrong}" is given together with a Request, which has its own`);
      const { settings } = toSettings(source.url, { ...init, method: source.method });
      this.#settings = settings;
      this.#prepare = (attempt) => requestOf(source, init, this.#attempt(attempt));
    } else {
      const { settings, requests } = toSettings(`${source}`, init);
      this.#settings = settings;
      this.#prepare = (attempt, resumes) => requests.make(this.#attempt(attempt), resumes);
    }
    this.#lastEventId = this.#settings.lastEventId;
    if (init.signal) this.#listenTo(init.signal);
    if (typeof source === 'object' && 'signal' in source) this.#listenTo(source.signal);
  }

  next(): Promise<IteratorResult<EventSourceMessage>> {
    if (this.#state === 'new') this.#start();
    return new Promise((resolve, reject) => {
      this.#takers.push({ resolve, reject });
      this.#give();
    });
  }

  return(): Promise<IteratorResult<EventSourceMessage>> {
    this.#batch = undefined;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  async [asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #attempt(attempt: number): Attempt {
    return { attempt, lastEventId: this.#lastEventId, error: this.#lastError };
  }

  #listenTo(signal: AbortSignal): void {
    const abort = () => {
      this.#batch = undefined;
      this.#end({ value: signal.reason });
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }

  #start(): void {
    this.#state = 'open';
    this.#close = connect(this.#settings, this.#face());
  }

  #face(): Face {
    const { accept, reconnect } = this.#init;
    return {
      prepare: this.#prepare,
      accept: async (response) => {
        if ((await accept?.(response)) === false) throw new Error('the option "accept" returned false');
      },
      opened: () => {},
      decode,
      received: (text, records) => {
        this.#batch = Batch.of(text, records);
        this.#give();
        if (!this.#batch) return undefined;
        return new Promise((resolve) => {
          this.#readOn = resolve;
        });
      },
      decide: (...details) => {
        this.#lastError = toErrorEvent(...details);
        return (reconnect as ReconnectFunction)(this.#lastError);
      },
      failed: (...details: FailureArguments) => {
        this.#lastError = toErrorEvent(...details);
        if (!this.#lastError.willReconnect) this.#end({ value: toError(this.#lastError) });
      },
      completed: () => this.#end(),
    };
  }

  /** Gives whoever waits what there is, and reads on when there is nothing left. */
  #give(): void {
    while (this.#takers.length > 0) {
      const message = this.#take();
      if (!message && this.#state !== 'ended') return;
      const { resolve, reject } = this.#takers.shift() as Taker;
      if (message) {
        resolve({ done: false, value: message });
      } else if (this.#error) {
        reject(this.#error.value);
        this.#error = undefined;
      } else {
        resolve({ done: true, value: undefined });
      }
    }
  }

  #take(): EventSourceMessage | undefined {
    while (this.#batch) {
      const batch = this.#batch;
      const kind = batch.take();
      if (batch.id !== undefined) this.#lastEventId = batch.id;
      if (batch.isEmpty) {
        this.#batch = undefined;
        this.#readOn?.();
        this.#readOn = undefined;
      }
      if (kind === EVENT_KIND) return toMessage(batch);
    }
    return undefined;
  }

  #end(error?: { value: unknown }): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#error = error;
    this.#close?.();
    this.#readOn?.();
    this.#give();
  }
}

/** A request can be sent once if it has a body, and so it is a copy that is sent. */
async function requestOf(
  request: Request,
  { headers }: EventSourceInit,
  attempt: Attempt,
): Promise<RequestToSend> {
  const isSafe = /^(get|head)$/i.test(request.method);
  const merged = new Headers(request.headers);
  const own = toHeaderMap(typeof headers === 'function' ? await headers(attempt) : headers);
  for (const [name, value] of own.values()) merged.set(name, value);
  return { url: isSafe ? request : request.clone(), headers: merged, init: {} };
}
