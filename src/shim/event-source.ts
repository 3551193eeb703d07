/** The `EventSource` class: the standard's interface over the Rust driver. */

import { Batch } from './batch.js';
import { type ErrorDetails, type ErrorKind, EventSourceErrorEvent, EventSourceOpenEvent } from './events.js';
import { addInspection } from './inspect.js';
import { type Request, resolveUrl, toDictionary, toRequest } from './options.js';
import { type Firing, schedule } from './tasks.js';
import type { EventSourceEventMap, EventSourceInit } from './types.js';
import { type Core, load } from './wasm/load.js';

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

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
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
export class EventSource extends EventTarget {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSED: 2;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSED: 2;

  readonly #url: string;
  readonly #withCredentials: boolean;
  #readyState: number = CONNECTING;
  #lastEventId = '';
  /** The origin of the response's URL. */
  #origin = '';
  readonly #handlers = new Map<string, HandlerAttribute>();
  #connection: InstanceType<Core['Connection']> | undefined;
  #stopListeningToSignal: (() => void) | undefined;

  /** What waits to be fired, in order. */
  readonly #waiting: (Batch | (() => void))[] = [];
  #isScheduled = false;
  /** Lets the driver read on. */
  #readOn: (() => void) | undefined;
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
    const options = toDictionary(init);
    this.#url = resolveUrl(text);
    const request = toRequest(this.#url, options);
    this.#withCredentials = options.withCredentials ?? false;
    this.#listenToSignal(options.signal);
    if (this.#readyState !== CLOSED) this.#connect(request);
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
    this.#readyState = CLOSED;
    this.#connection?.close();
    this.#end();
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
    this.#stopListeningToSignal = () => signal.removeEventListener('abort', close);
  }

  async #connect(request: Request): Promise<void> {
    try {
      const core = await load();
      if (this.#readyState === CLOSED) return;
      this.#connection = new core.Connection(this.#face(), request);
    } catch (cause) {
      const message =
        `This package's WebAssembly module could not be started: ${cause}. Where the page has a Content-Security-Policy,` +
        " its script-src has to allow 'wasm-unsafe-eval'";
      this.#fail({ kind: 'webassembly', message, cause });
    }
  }

  /** What the driver tells (`Face` in `src/browser/sys.rs`). */
  #face() {
    return {
      opened: (response: Response) => {
        this.#enqueue(() => {
          this.#readyState = OPEN;
          this.#origin = new URL(response.url || this.#url).origin;
          this.dispatchEvent(new EventSourceOpenEvent(response));
        });
      },
      received: (text: Uint8Array, records: Uint32Array): Promise<void> | undefined => {
        this.#enqueue(new Batch(text, records));
        if (this.#waiting.length === 0) return undefined;
        return new Promise((resolve) => {
          this.#readOn = resolve;
        });
      },
      failed: (
        kind: ErrorKind,
        message: string,
        delay: number | undefined,
        cause: unknown,
        response: Response | undefined,
        body: string | undefined,
      ) => {
        this.#fail({ kind, message: explain(message, cause, response), delay, cause, response, body });
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

  #fail(details: ErrorDetails): void {
    this.#enqueue(() => {
      this.#readyState = details.delay === undefined ? CLOSED : CONNECTING;
      if (this.#readyState === CLOSED) this.#end();
      this.dispatchEvent(new EventSourceErrorEvent(details));
    });
  }

  /** Leaves nothing behind. */
  #end(): void {
    this.#waiting.length = 0;
    this.#readOn?.();
    this.#readOn = undefined;
    this.#stopListeningToSignal?.();
    this.#stopListeningToSignal = undefined;
    this.#connection?.free();
    this.#connection = undefined;
  }

  #enqueue(item: Batch | (() => void)): void {
    if (this.#readyState === CLOSED) return;
    this.#waiting.push(item);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    schedule(this.#firing);
  }

  #fireNext(): boolean {
    const next = this.#waiting[0];
    if (next instanceof Batch) {
      const { id, event } = next.take();
      if (next.isEmpty) this.#waiting.shift();
      if (id !== undefined) this.#lastEventId = id;
      if (event) this.#dispatch(event.type, event.data);
    } else if (next) {
      this.#waiting.shift();
      next();
    }
    this.#isScheduled = this.#waiting.length > 0;
    if (!this.#isScheduled) {
      this.#readOn?.();
      this.#readOn = undefined;
    }
    return this.#isScheduled;
  }

  #dispatch(type: string, data: string): void {
    const { origin, lastEventId } = { origin: this.#origin, lastEventId: this.#lastEventId };
    this.dispatchEvent(new MessageEvent(type, { data, origin, lastEventId }));
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
      this.addEventListener(type, added.listener);
    }
  }
}

/** The driver's message, with what only the platform's objects know. */
function explain(message: string, cause: unknown, response: Response | undefined): string {
  const details = [response?.statusText, cause instanceof Error ? cause.message : ''].filter(Boolean);
  return details.length > 0 ? `${message} (${details.join('; ')})` : message;
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
Object.defineProperty(EventSource.prototype, Symbol.toStringTag, {
  value: 'EventSource',
  configurable: true,
});
Object.defineProperty(EventSource, 'name', { value: 'EventSource', configurable: true });

addInspection(EventSource.prototype, ({ url, withCredentials, readyState }: EventSource) => ({
  url,
  withCredentials,
  readyState,
}));

/** The typed listeners of `EventSource`; any other type is an event that the server names. */
export interface EventSource {
  addEventListener<K extends keyof EventSourceEventMap>(
    type: K,
    listener: (this: EventSource, event: EventSourceEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: (this: EventSource, event: MessageEvent) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof EventSourceEventMap>(
    type: K,
    listener: (this: EventSource, event: EventSourceEventMap[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: (this: EventSource, event: MessageEvent) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}
