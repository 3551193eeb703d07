/** The `EventSource` class: the standard's interface over a connection. */

import { Connection, type ConnectionHandler } from '../connection/connection.js';
import { onAbort } from '../connection/on-abort.js';
import { parseOptions, toDictionary, toEventId } from '../connection/options.js';
import type { RequestFactory } from '../connection/request-factory.js';
import { fail, resolveUrl } from '../connection/url.js';
import { asyncDispose, BaseEvent, captureContext, dispose, platformClass } from '../platform.js';
import type { EventSourceInit, EventsWith, ReconnectFunction, TraceEntry } from '../types.js';
import { type ErrorDetails, EventSourceErrorEvent, EventSourceOpenEvent, toError } from './event-classes.js';
import { EventIterators } from './event-iterators.js';
import { createEventQueue } from './event-queue.js';
import { type Handler, HandlerAttributes, type SetHandler } from './handler-attributes.js';
import { IdStore } from './id-store.js';
import { addInspection } from './inspect.js';
import { newMessageEvent } from './message-event.js';
import { CLOSED, CONNECTING, OPEN } from './ready-state.js';
import { callSafely } from './scheduler.js';
import { defineInterface } from './web-idl.js';

/** Reading continues while fewer events than this are waiting: unread bytes are lost when the connection breaks. */
const MAX_WAITING_EVENTS = 256;
/** After a pause, reading continues when fewer events than this are waiting: a pause for each event would take longer. */
const RESUME_BELOW = 192;

/**
 * The standard's `EventSource`, with more options.
 *
 * @typeParam Events the server's event types, for typed listeners
 * @example
 * const source = new EventSource<{ delta: MessageEvent<string> }>('/answers', { method: 'POST', body });
 * source.addEventListener('delta', ({ data }) => show(data));
 * source.addEventListener('error', ({ message }) => show(message));
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
// biome-ignore lint/complexity/noBannedTypes: means no server events are declared.
// biome-ignore lint/correctness/noUnusedVariables: the interface below uses it.
export class EventSource<Events = {}> extends /* @__PURE__ */ platformClass('EventTarget') {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSED: 2;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSED: 2;

  readonly #url: string;
  readonly #init: EventSourceInit;
  readonly #withCredentials: boolean;
  readonly #store: IdStore;
  #readyState: number = CONNECTING;
  #lastEventId = '';
  /** The origin of the response's URL. */
  #origin = '';
  #lastError: EventSourceErrorEvent | undefined;
  readonly #handlers = new HandlerAttributes(this);
  #connection: Connection | undefined;
  /** Cleanup functions, for the end of the connection. */
  readonly #undo: (() => void)[] = [];

  readonly #inContext = captureContext();
  readonly #queue = createEventQueue(
    this.#inContext,
    () => this.#iterators.isFull,
    () => this.#readyState === CLOSED || this.#trace({ type: 'interruption' }),
  );
  readonly #iterators = new EventIterators(() => this.#queue.resume());

  /**
   * Connects to `url`, which may be relative to the page or the worker's script.
   *
   * @throws {DOMException} a `SyntaxError`, if the URL doesn't parse
   * @throws {TypeError} if an option is wrong
   */
  constructor(url: string | URL, init: EventSourceInit | null | undefined = undefined) {
    if (arguments.length === 0) {
      fail("1 argument required, but only 0 present; give the stream's URL");
    }
    super();
    // Web IDL: all arguments are converted, in order, before the constructor's own steps.
    const text = `${url}`;
    this.#init = toDictionary(init);
    this.#url = resolveUrl(text);
    const { policy, requests } = parseOptions(this.#url, this.#init);
    this.#store = new IdStore(this.#init, this.#url);
    this.#withCredentials = this.#init.withCredentials ?? false;
    this.#lastEventId = policy.lastEventId;
    const { signal } = this.#init;
    if (signal?.aborted) {
      this.#readyState = CLOSED;
    } else {
      this.#undo.push(onAbort(signal, () => this.close()));
      this.#connection = new Connection(policy, this.#handler(requests));
    }
  }

  /** The URL of the stream, absolute and serialized; redirects don't change it. */
  get url(): string {
    return this.#url;
  }

  /** Whether credentials are sent to other origins too. */
  get withCredentials(): boolean {
    return this.#withCredentials;
  }

  /** `CONNECTING` (0), `OPEN` (1) or `CLOSED` (2). */
  get readyState(): number {
    return this.#readyState;
  }

  /** The ID of the last event that was fired. Before the first event, the option `lastEventId` or the stored ID. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** The handler of `open` events. */
  get onopen(): SetHandler {
    return this.#handlers.get('open') as SetHandler;
  }
  set onopen(value: Handler<'open'>) {
    this.#handlers.set('open', value);
  }

  /** The handler of `message` events. */
  get onmessage(): SetHandler {
    return this.#handlers.get('message') as SetHandler;
  }
  set onmessage(value: Handler<'message'>) {
    this.#handlers.set('message', value);
  }

  /** The handler of `error` events. */
  get onerror(): SetHandler {
    return this.#handlers.get('error') as SetHandler;
  }
  set onerror(value: Handler<'error'>) {
    this.#handlers.set('error', value);
  }

  /**
   * Closes the connection. No event is fired afterwards, not even one that was already received.
   * @example
   * source.close();
   */
  close(): void {
    if (this.#readyState !== CLOSED) {
      // First, because the user's function may call this method again.
      this.#readyState = CLOSED;
      this.#trace({ type: 'close' });
    }
    this.#iterators.abort();
    this.#end();
  }

  /** Closes the connection at the end of the block: `using source = new EventSource(url)`. */
  [dispose](): void {
    this.close();
  }

  /** Closes the connection at the end of the block: `await using source = new EventSource(url)`. */
  async [asyncDispose](): Promise<void> {
    this.close();
  }

  /**
   * Iterates over the events of the stream, of all types, from now on. While the loop is busy, at most one further event
   * is fired, and reading pauses. The loop ends with the stream. Leaving the loop doesn't close the connection.
   *
   * @throws {EventSourceError} in the loop, when the connection fails
   * @example
   * for await (const { type, data } of source) show(type, data);
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<MessageEvent<string>> {
    return this.#iterators.add(this.#readyState === CLOSED);
  }

  #handler(requests: RequestFactory): ConnectionHandler {
    const init = this.#init;
    const { accept, comments, trace } = init;
    let received = 0;
    return {
      begin: () => init.store && this.#store.read((id) => this.#resumeFrom(id)),
      // `lastEventId` includes events that were received but not fired yet.
      prepare: (attempt, lastEventId, resumes) =>
        requests.make({ attempt, lastEventId, error: this.#lastError }, resumes),
      sending: ({ url, init }, attempt) => {
        const lastEventId = this.#connection?.lastEventId ?? '';
        this.#trace({ type: 'request', attempt, url: `${url}`, method: `${init.method}`, lastEventId });
      },
      accept: accept && ((response) => accept(response)),
      opened: (response, attempt) => {
        this.#lastError = undefined;
        this.#traceResponse(response, attempt);
        this.#enqueue(() => {
          this.#readyState = OPEN;
          // Constructed responses have no URL, and one like `app:feed` can't be a base.
          this.#origin = new URL(response.url || this.#url, this.#url).origin;
          this.dispatchEvent(new EventSourceOpenEvent(response));
        });
      },
      onBytes: trace && ((count) => this.#trace({ type: 'bytes', count })),
      onBlock: (data, type, id, _retry, lastEventId) => {
        received++;
        if (data !== undefined) {
          this.#enqueue(() => this.#dispatch(type || 'message', data, lastEventId));
        } else if (id !== undefined) {
          this.#enqueue(() => this.#setLastEventId(id));
        }
      },
      onComment: comments
        ? (data) =>
            this.#enqueue(() => {
              this.dispatchEvent(newMessageEvent('comment', data, this.#origin, this.#lastEventId));
            })
        : undefined,
      untilWanted: () => {
        if (trace && received > 0) this.#trace({ type: 'events', count: received });
        received = 0;
        return this.#queue.untilBelow(MAX_WAITING_EVENTS, RESUME_BELOW);
      },
      untilDelivered: () => this.#queue.untilBelow(1),
      decide: (error) => {
        this.#lastError = new EventSourceErrorEvent(error);
        return (init.reconnect as ReconnectFunction)(this.#lastError);
      },
      failed: (error) => this.#fail(error),
      paused: () => {
        this.#trace({ type: 'pause' });
        this.#enqueue(() => {
          this.#readyState = CONNECTING;
        });
      },
      completed: () => {
        this.#enqueue(() => {
          this.#readyState = CLOSED;
          this.#end();
          this.dispatchEvent(new BaseEvent('close'));
        });
      },
    };
  }

  #fail(details: ErrorDetails): void {
    const error = new EventSourceErrorEvent(details);
    this.#lastError = error;
    if (details.response) this.#traceResponse(details.response, details.attempt);
    this.#enqueue(() => {
      this.#trace({ type: 'error', error });
      if (error.willReconnect) {
        this.#readyState = CONNECTING;
      } else {
        this.#readyState = CLOSED;
        this.#iterators.end({ value: toError(error) });
        this.#end();
      }
      this.dispatchEvent(error);
    });
  }

  /** Frees all resources. */
  #end(): void {
    this.#queue.clear();
    const connection = this.#connection;
    this.#connection = undefined;
    // One cleanup may throw, if a page has replaced a platform function. The others still run.
    for (const undo of [...this.#undo.splice(0), () => connection?.close()]) callSafely(undo, undefined);
    this.#iterators.end();
  }

  #enqueue(task: () => void): void {
    if (this.#readyState !== CLOSED) this.#queue.push(task);
  }

  #dispatch(type: string, data: string, lastEventId: string): void {
    const isSameId = lastEventId === this.#lastEventId;
    this.#lastEventId = lastEventId;
    const event = newMessageEvent(type, data, this.#origin, lastEventId);
    this.#iterators.push(event);
    const { onEvent } = this.#init;
    if (onEvent) callSafely(onEvent, event);
    // Not before `onEvent`: `SharedEventSource` tells other tabs of IDs without an event.
    if (!isSameId) this.#store.write(lastEventId);
    if (this.#readyState !== CLOSED) this.dispatchEvent(event);
  }

  #traceResponse({ status, url }: Response, attempt: number): void {
    this.#trace({ type: 'response', attempt, status, url });
  }

  #trace(entry: TraceEntry): void {
    this.#inContext(() => callSafely(this.#init.trace, entry));
  }

  /** A stored ID takes precedence over the option `lastEventId`. */
  #resumeFrom(id: string): void {
    if (!this.#connection) return;
    this.#lastEventId = toEventId(id);
    this.#connection.lastEventId = this.#lastEventId;
  }

  #setLastEventId(id: string): void {
    this.#lastEventId = id;
    this.#store.write(id);
  }
}

defineInterface(EventSource, { CONNECTING, OPEN, CLOSED });
addInspection(EventSource.prototype, ({ url, withCredentials, readyState }: EventSource) => ({
  url,
  withCredentials,
  readyState,
}));

/** The typed listeners. Any other type is an event of the server. */
// biome-ignore lint/complexity/noBannedTypes: means no server events are declared.
export interface EventSource<Events = {}> {
  addEventListener<K extends keyof EventsWith<Events>>(
    type: K,
    listener: (this: EventSource<Events>, event: EventsWith<Events>[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: (this: EventSource<Events>, event: MessageEvent<string>) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof EventsWith<Events>>(
    type: K,
    listener: (this: EventSource<Events>, event: EventsWith<Events>[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: (this: EventSource<Events>, event: MessageEvent<string>) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}
