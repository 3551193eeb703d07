/** The `EventSource` class: the standard's interface over the Rust driver. */

import { asking } from './answer.js';
import { Batch, COMMENT_KIND, decode, EVENT_KIND } from './batch.js';
import { EventIterator } from './event-iterator.js';
import {
  type EventSourceErrorEvent,
  EventSourceOpenEvent,
  type FailureArguments,
  internalFailure,
  stoppedFailure,
  toErrorEvent,
} from './events.js';
import { addInspection } from './inspect.js';
import { newMessageEvent } from './message-event.js';
import { type Settings, toDictionary, toEventId, toSettings } from './options.js';
import { observePage } from './page.js';
import { asyncDispose, dispose, platformCallsHandlers, platformClass } from './platform.js';
import type { RequestFactory, RequestSpec } from './request.js';
import { type Firing, report, schedule } from './tasks.js';
import type {
  EventSourceEventMap,
  EventSourceInit,
  EventsWith,
  ReconnectFunction,
  TraceEntry,
} from './types.js';
import { resolveUrl } from './url.js';
import { type Core, load, startFailure } from './wasm/load.js';

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

/** While fewer records than this wait to be fired, reading goes on: what isn't read when a connection breaks is lost. */
const BACKLOG_TO_READ_ON = 256;

/** What a handler attribute is set to. */
type Handler<K extends keyof EventSourceEventMap> = ((event: EventSourceEventMap[K]) => unknown) | null;

/** What is read from one: wide enough to be the DOM's type, whose handlers take any `Event`. */
// biome-ignore lint/suspicious/noExplicitAny: so has the DOM's type.
type SetHandler = ((event: any) => any) | null;

/** An event handler attribute: its value, and the listener that stands for it in the list of listeners. */
interface HandlerAttribute {
  value: unknown;
  listener: (event: Event) => void;
}

/**
 * The standard's `EventSource`, with more in its second argument.
 *
 * @typeParam Events the events that the server names, for typed listeners
 * @example
 * const source = new EventSource<{ delta: MessageEvent<string> }>('/answers', { method: 'POST', body });
 * source.addEventListener('delta', ({ data }) => show(data));
 * source.addEventListener('error', ({ message }) => show(message));
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
// biome-ignore lint/complexity/noBannedTypes: no events of its own.
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
  #readyState: number = CONNECTING;
  #lastEventId = '';
  /** The origin of the response's URL. */
  #origin = '';
  #attempt = 0;
  #lastError: EventSourceErrorEvent | undefined;
  readonly #handlers = new Map<string, HandlerAttribute>();
  readonly #iterators = new Set<EventIterator>();
  #connection: InstanceType<Core['Connection']> | undefined;
  /** What has to be undone when the connection has ended. */
  readonly #undo: (() => void)[] = [];

  /** What waits to be fired, in order. */
  readonly #waiting: (Batch | (() => void))[] = [];
  #isScheduled = false;
  /** Lets the driver go on, which waits for less than so many records to wait. */
  #readOn: (() => void) | undefined;
  #awaitedBacklog = 0;
  readonly #firing: Firing = { fireNext: () => this.#fireNext() };

  /**
   * Connects to `url`, which may be relative to the page or the worker's script.
   *
   * @throws `SyntaxError` (a `DOMException`) if the URL doesn't parse, `TypeError` if an option is wrong.
   */
  constructor(url: string | URL, init: EventSourceInit | null | undefined = undefined) {
    if (arguments.length === 0) {
      throw new TypeError("EventSource: 1 argument required, but only 0 present; give the stream's URL");
    }
    super();
    // Web IDL: the arguments are converted, in order, before anything is done with them.
    const text = `${url}`;
    this.#init = toDictionary(init);
    this.#url = resolveUrl(text);
    const { settings, requests } = toSettings(this.#url, this.#init);
    this.#withCredentials = this.#init.withCredentials ?? false;
    this.#lastEventId = settings.lastEventId;
    this.#listenToSignal(this.#init.signal);
    if (this.#readyState !== CLOSED) this.#connect(settings, requests);
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

  /** The ID of the last event that was fired or, if there was none yet, the one that was given. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** The handler of `open` events. */
  get onopen(): SetHandler {
    return this.#getHandler('open');
  }
  set onopen(value: Handler<'open'>) {
    this.#setHandler('open', value);
  }

  /** The handler of `message` events. */
  get onmessage(): SetHandler {
    return this.#getHandler('message');
  }
  set onmessage(value: Handler<'message'>) {
    this.#setHandler('message', value);
  }

  /** The handler of `error` events. */
  get onerror(): SetHandler {
    return this.#getHandler('error');
  }
  set onerror(value: Handler<'error'>) {
    this.#setHandler('error', value);
  }

  /** Ends the connection; no event is fired after this, not even for what has been received. */
  close(): void {
    if (this.#readyState !== CLOSED) this.#trace({ type: 'close' });
    this.#readyState = CLOSED;
    this.#connection?.close();
    this.#end();
  }

  /** `using source = new EventSource(url)` closes it at the end of the block. */
  [dispose](): void {
    this.close();
  }

  /** The same for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.close();
  }

  /**
   * The events of the stream, whatever their types, from now on. While the loop is busy, no further event is fired
   * and reading pauses. The loop ends with the stream, throws when the connection fails, and leaving it doesn't close.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<MessageEvent<string>> {
    const iterator = new EventIterator(
      () => this.#schedule(),
      () => this.#iterators.delete(iterator),
    );
    if (this.#readyState === CLOSED) iterator.end();
    else this.#iterators.add(iterator);
    return iterator;
  }

  #listenToSignal(signal: AbortSignal | null | undefined): void {
    if (!signal) return;
    if (typeof signal.addEventListener !== 'function') {
      throw new TypeError('EventSource: the option "signal" has to be an AbortSignal');
    }
    if (signal.aborted) {
      this.#readyState = CLOSED;
      return;
    }
    const close = () => this.close();
    signal.addEventListener('abort', close);
    this.#undo.push(() => signal.removeEventListener('abort', close));
  }

  async #connect(settings: Settings, requests: RequestFactory): Promise<void> {
    try {
      const core = await load();
      await this.#readStore(settings);
      if (this.#readyState === CLOSED) return;
      const connection = new core.Connection(this.#face(requests), settings);
      this.#connection = connection;
      const stop = () => {
        connection.close();
        this.#fail(toErrorEvent(...stoppedFailure(this.#attempt)));
      };
      this.#undo.push(observePage(connection, stop));
      connection.start();
    } catch (cause) {
      this.#fail(toErrorEvent(...startFailure(cause)));
    }
  }

  /** What the driver tells (`Face` in `src/browser/sys.rs`). */
  #face(requests: RequestFactory) {
    return {
      prepare: (attempt: number, resumes: boolean) => {
        const { lastEventId } = this;
        this.#attempt = attempt;
        const traced = (request: RequestSpec) => {
          const method = `${request.init.method}`;
          this.#trace({ type: 'request', attempt, url: request.url, method, lastEventId });
          return request;
        };
        const request = requests.make({ attempt, lastEventId, error: this.#lastError }, resumes);
        return request instanceof Promise ? request.then(traced) : traced(request);
      },
      accept: async (response: Response) => {
        if ((await this.#init.accept?.(response)) === false)
          throw new Error('the option "accept" returned false');
      },
      opened: (response: Response) => {
        this.#traceResponse(response);
        this.#enqueue(() => {
          this.#readyState = OPEN;
          this.#origin = new URL(response.url || this.#url).origin;
          this.dispatchEvent(new EventSourceOpenEvent(response));
        });
      },
      countBytes: (count: number) => this.#trace({ type: 'bytes', count }),
      decode,
      received: (text: string, records: Uint32Array): Promise<void> | undefined => {
        const batch = Batch.of(text, records);
        this.#trace({ type: 'events', count: batch.size });
        this.#enqueue(batch);
        return this.#untilBacklogIsBelow(BACKLOG_TO_READ_ON);
      },
      drained: () => this.#untilBacklogIsBelow(1),
      ...asking((...details: FailureArguments) => {
        this.#lastError = toErrorEvent(...details);
        return (this.#init.reconnect as ReconnectFunction)(this.#lastError);
      }),
      failed: (...details: FailureArguments) => this.#fail(toErrorEvent(...details), details[4]),
      guarded: (enter: () => void) => enter(),
      crashed: (attempt: number, cause: unknown) =>
        this.#fail(toErrorEvent(...internalFailure(attempt, cause))),
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
          this.dispatchEvent(new Event('close'));
        });
      },
    };
  }

  #fail(error: EventSourceErrorEvent, response?: Response): void {
    this.#lastError = error;
    if (response) this.#traceResponse(response);
    this.#enqueue(() => {
      this.#trace({ type: 'error', error });
      if (error.willReconnect) {
        this.#readyState = CONNECTING;
      } else {
        this.#readyState = CLOSED;
        for (const iterator of this.#iterators) iterator.end(error);
        this.#end();
      }
      this.dispatchEvent(error);
    });
  }

  /** Leaves nothing behind. */
  #end(): void {
    this.#waiting.length = 0;
    this.#readOn?.();
    const connection = this.#connection;
    this.#connection = undefined;
    // What throws here, in a page that has replaced what it calls, doesn't keep the rest from its end.
    for (const undo of [...this.#undo.splice(0), () => connection?.free()]) this.#call(undo, undefined);
    for (const iterator of this.#iterators) iterator.end();
  }

  #enqueue(item: Batch | (() => void)): void {
    if (this.#readyState === CLOSED) return;
    this.#waiting.push(item);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    schedule(this.#firing);
  }

  #fireNext(): boolean {
    for (const iterator of this.#iterators) {
      if (iterator.isFull) {
        this.#isScheduled = false;
        return false;
      }
    }
    const next = this.#waiting[0];
    if (next instanceof Batch) {
      const kind = next.take();
      if (next.isEmpty) this.#waiting.shift();
      const { id, type, value } = next;
      if (id !== undefined) this.#setLastEventId(id);
      if (kind === EVENT_KIND) this.#dispatch(type || 'message', value);
      else if (kind === COMMENT_KIND) this.dispatchEvent(this.#messageEvent('comment', value));
    } else if (next) {
      this.#waiting.shift();
      next();
    }
    if (this.#readOn && this.#backlog() < this.#awaitedBacklog) {
      this.#readOn();
      this.#readOn = undefined;
    }
    this.#isScheduled = this.#waiting.length > 0;
    return this.#isScheduled;
  }

  #dispatch(type: string, data: string): void {
    const event = this.#messageEvent(type, data);
    for (const iterator of this.#iterators) iterator.push(event);
    this.#call(this.#init.onEvent, event);
    if (this.#readyState !== CLOSED) this.dispatchEvent(event);
  }

  #messageEvent(type: string, data: string): MessageEvent<string> {
    return newMessageEvent(type, data, this.#origin, this.#lastEventId);
  }

  #untilBacklogIsBelow(limit: number): Promise<void> | undefined {
    if (this.#backlog() < limit) return undefined;
    this.#awaitedBacklog = limit;
    return new Promise((resolve) => {
      this.#readOn = resolve;
    });
  }

  /** How many records wait to be fired. */
  #backlog(): number {
    return this.#waiting.reduce((sum, item) => sum + (item instanceof Batch ? item.rest : 1), 0);
  }

  #traceResponse({ status, url }: Response): void {
    this.#trace({ type: 'response', attempt: this.#attempt, status, url });
  }

  #trace(entry: TraceEntry): void {
    this.#call(this.#init.trace, entry);
  }

  /** What a function of the user's throws is reported, as a listener's exception is. */
  #call<T>(callback: ((argument: T) => void) | undefined, argument: T): void {
    try {
      callback?.(argument);
    } catch (error) {
      report(error);
    }
  }

  /** An ID that was kept goes before the one that was given. */
  async #readStore(settings: Settings): Promise<void> {
    const { store, storeName = this.#url } = this.#init;
    if (!store) return;
    try {
      settings.lastEventId = toEventId((await store.getItem(storeName)) ?? settings.lastEventId);
      this.#lastEventId = settings.lastEventId;
    } catch (error) {
      report(error);
    }
  }

  #setLastEventId(id: string): void {
    this.#lastEventId = id;
    const { store, storeName = this.#url } = this.#init;
    if (!store) return;
    try {
      Promise.resolve(store.setItem(storeName, id)).catch(report);
    } catch (error) {
      // A store that is full or forbidden doesn't stop the stream.
      report(error);
    }
  }

  #getHandler(type: string): SetHandler {
    return (this.#handlers.get(type)?.value ?? null) as SetHandler;
  }

  /**
   * An event handler attribute's listener stands where the handler was first set, and stays there when another
   * takes its place (HTML, "activate an event handler").
   */
  #setHandler(type: string, value: unknown): void {
    const handler = this.#handlers.get(type);
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
      if (handler) this.removeEventListener(type, handler.listener);
      this.#handlers.delete(type);
    } else if (handler) {
      handler.value = value;
    } else {
      const added: HandlerAttribute = {
        value,
        listener: (event) => {
          if (typeof added.value === 'function' && added.value.call(this, event) === false)
            event.preventDefault();
        },
      };
      this.#handlers.set(type, added);
      if (!platformCallsHandlers()) this.addEventListener(type, added.listener);
    }
  }
}

// Web IDL: constants on the interface object and its prototype, attributes and operations enumerable, and the names
// whatever a minifier has made of them.
for (const target of [EventSource, EventSource.prototype]) {
  for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSED })) {
    Object.defineProperty(target, name, { value, enumerable: true, writable: false, configurable: false });
  }
}
for (const name of ['url', 'withCredentials', 'readyState', 'onopen', 'onmessage', 'onerror', 'close']) {
  Object.defineProperty(EventSource.prototype, name, { enumerable: true });
}
// What isn't the standard's doesn't show in loops over its members.
for (const name of ['lastEventId', Symbol.asyncIterator, dispose, asyncDispose]) {
  Object.defineProperty(EventSource.prototype, name, { enumerable: false });
}
Object.defineProperty(EventSource.prototype, Symbol.toStringTag, {
  value: 'EventSource',
  configurable: true,
});
// By this, code written for the package eventsource finds out whether the option `fetch` works.
Object.defineProperty(EventSource, Symbol.for('eventsource.supports-fetch-override'), { value: true });
Object.defineProperty(EventSource, 'name', { value: 'EventSource', configurable: true });

addInspection(EventSource.prototype, ({ url, withCredentials, readyState }: EventSource) => ({
  url,
  withCredentials,
  readyState,
}));

/** The typed listeners. Other types are events that the server names. */
// biome-ignore lint/complexity/noBannedTypes: no events of its own.
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
