/** The class `SharedEventSource`: one tab holds the connection and sends its events to the others. */

import { onAbort } from '../connection/on-abort.js';
import { toDictionary, toEventId } from '../connection/options.js';
import { observePage } from '../connection/page-lifecycle.js';
import { fail, resolveUrl } from '../connection/url.js';
import { EventSourceErrorEvent, toError } from '../event-source/event-classes.js';
import { EventIterators } from '../event-source/event-iterators.js';
import { EventSource } from '../event-source/event-source.js';
import { IdStore } from '../event-source/id-store.js';
import { newMessageEvent } from '../event-source/message-event.js';
import { CLOSED, CONNECTING, OPEN } from '../event-source/ready-state.js';
import { callSafely, createScheduler } from '../event-source/scheduler.js';
import { BaseEvent } from '../platform.js';
import type { EventSourceInit } from '../types.js';
import type { Entry } from './event-log.js';
import {
  type Failure,
  keyPrefixOf,
  type Message,
  type Opened,
  toErrorEvent,
  toOpenEvent,
} from './messages.js';
import { Participant } from './participant.js';

/**
 * The options of {@link SharedEventSource}: those of `EventSource` and two more. They must be the same in all tabs,
 * except for `signal`, `onEvent`, `trace`, `lastEventId`, `store` and `storeName`. Functions such as `headers` run in
 * the tab that holds the connection.
 */
export interface SharedEventSourceInit extends Omit<EventSourceInit, 'method' | 'body'> {
  /** Only `GET`: responses to other methods can't be shared. */
  method?: 'GET' | undefined;
  /**
   * Only tabs with the same name share a connection. Use the user's ID if several users can log in with one browser.
   * Default: `''`.
   */
  name?: string | undefined;
  /**
   * How many of the last events a tab receives if it joins while the connection is open. The holder stores at most
   * 1,000 events and about 1 MiB of data. Default: 0.
   */
  replay?: number | undefined;
}

/** Stands for an aborted signal. Creating one takes more code, because React Native has no `AbortSignal.abort`. */
const aborted = { aborted: true, addEventListener() {} } as Partial<AbortSignal> as AbortSignal;

/** The objects of this page, for `closeAll` without channels. */
const sources = new Set<SharedEventSource>();

/**
 * An `EventSource` whose connection is shared by all tabs, frames and workers of the origin with the same URL,
 * `withCredentials` and `name`. When the tab that holds the connection is closed or frozen, another one continues after
 * the last event ID.
 *
 * @example
 * import { SharedEventSource } from 'eventsource-wasm/shared';
 * const source = new SharedEventSource('/events', { name: userId });
 * source.onmessage = ({ data }) => console.log(data);
 */
export class SharedEventSource extends EventSource {
  readonly #init: Omit<EventSourceInit, 'signal'>;
  readonly #store: IdStore;
  readonly #participant: Participant;
  readonly #undo: (() => void)[] = [];
  readonly #iterators = new EventIterators(() => this.#schedule());
  #readyState: number = CONNECTING;
  /** The ID in the store, as far as this object knows. */
  #storedId = '';

  /** State changes that are waiting until the events before them have been fired. */
  readonly #changes: { after: number; run: () => void }[] = [];
  #isScheduled = false;
  readonly #fire = createScheduler(() => this.#fireNext());

  /**
   * Connects to `url`, or joins the tabs that are connected.
   *
   * @throws `SyntaxError` (a `DOMException`) if the URL doesn't parse, `TypeError` if an option is wrong or the method
   * isn't `GET`.
   */
  constructor(url: string | URL, init?: SharedEventSourceInit | null) {
    if (arguments.length === 0) fail("1 argument required, but only 0 present; give the stream's URL");
    const {
      name = '',
      replay = 0,
      signal,
      ...options
    } = toDictionary(init) as SharedEventSourceInit & EventSourceInit;
    const method = `${options.method ?? 'GET'}`;
    if (method.toUpperCase() !== 'GET') {
      fail(`tabs can't share ${method}, only GET; use EventSource`);
    }
    if (!(replay >= 0)) fail(`the option "replay" is ${replay}; it must be a number from 0`);
    // The base class checks the arguments and has the attributes, but never connects.
    super(url, { ...options, signal: signal && !signal.addEventListener ? signal : aborted });
    this.#init = options;
    this.#store = new IdStore(options, this.url);
    this.#participant = new Participant(this.url, `${name}`, options, replay, {
      receive: () => this.#schedule(),
      setId: (id) => this.#change(() => this.#storeId(id)),
      setOpened: (opened) => this.#setOpened(opened),
      fail: (failure, cause) => this.#fail(failure, cause),
      complete: () => this.#complete(),
    });
    if (signal?.aborted) {
      this.#readyState = CLOSED;
      return;
    }
    sources.add(this);
    this.#undo.push(
      onAbort(signal, () => this.close()),
      () => sources.delete(this),
    );
    this.#start();
  }

  /**
   * Closes the shared connections to `url` in all tabs, for example when the user logs out. Credentials and names don't
   * matter. Each `SharedEventSource` gets a `close` event. Without Web Locks, only those of this page are closed.
   *
   * @returns a promise that is resolved when the message has been sent to all tabs
   */
  static async closeAll(url: string | URL): Promise<void> {
    const prefix = keyPrefixOf(resolveUrl(url));
    for (const source of sources) {
      if (keyPrefixOf(source.url) === prefix) source.#complete();
    }
    const { held = [], pending = [] } =
      (await globalThis.navigator?.locks?.query().catch(() => undefined)) ?? {};
    for (const { name = '' } of [...held, ...pending]) {
      if (!name.startsWith(prefix)) continue;
      const channel = new BroadcastChannel(name);
      channel.postMessage({ kind: 'close' } satisfies Message);
      channel.close();
    }
  }

  override get readyState(): number {
    return this.#readyState;
  }

  override get lastEventId(): string {
    return this.#participant.log.takenId;
  }

  /** Whether other tabs can share the connection: `false` if Web Locks or BroadcastChannel are missing. */
  get isShared(): boolean {
    return this.#participant.isShared;
  }

  /** Leaves the shared connection, which ends with the last tab. No event is fired afterwards. */
  override close(): void {
    this.#readyState = CLOSED;
    this.#end();
    this.#changes.length = 0;
    const { log } = this.#participant;
    // Waiting events are dropped, so a stream that continues from here has to send them again.
    log.restart(log.end, log.takenId);
    this.#iterators.abort();
  }

  /**
   * Iterates over the events from now on, as with `EventSource`. A slow loop doesn't delay other tabs: when it is more
   * than 1,000 events or about 1 MiB behind, it misses events, and an `error` of the kind `gap` is fired.
   */
  override [Symbol.asyncIterator](): AsyncIterableIterator<MessageEvent<string>> {
    return this.#iterators.add(this.#readyState === CLOSED);
  }

  async #start(): Promise<void> {
    const { whenHidden } = this.#init;
    await this.#store.read((id) => {
      this.#storedId = toEventId(id);
      this.#participant.log.restart(0, this.#storedId);
    });
    if (this.#readyState === CLOSED) return;
    let isAway = false;
    const setAway = (is: boolean) => {
      if (is === isAway) return;
      isAway = is;
      if (is) this.#participant.leave();
      else this.#participant.join();
    };
    // A frozen page releases the lock and stops waiting for it: otherwise no tab would receive events.
    this.#undo.push(
      observePage({
        setPage: (isHidden, isFrozen) => setAway(isFrozen || (isHidden && whenHidden === 'pause')),
      }),
    );
    if (!isAway) this.#participant.join();
  }

  #setOpened(opened: Opened | undefined): void {
    this.#change(() => {
      this.#readyState = opened ? OPEN : CONNECTING;
      if (opened) this.dispatchEvent(toOpenEvent(opened));
    });
  }

  #fail(failure: Failure, cause?: unknown): void {
    const error = toErrorEvent(failure, cause);
    const isLast = !error.willReconnect;
    if (isLast) this.#end();
    this.#change(() => {
      this.#readyState = isLast ? CLOSED : CONNECTING;
      if (isLast) this.#iterators.end({ value: toError(error) });
      this.dispatchEvent(error);
    });
  }

  #complete(): void {
    this.#end();
    this.#change(() => {
      this.#readyState = CLOSED;
      this.#iterators.end();
      this.dispatchEvent(new BaseEvent('close'));
    });
  }

  /** Leaves the shared connection. Received events are still fired. */
  #end(): void {
    this.#participant.leave();
    for (const undo of this.#undo.splice(0)) undo();
  }

  #change(run: () => void): void {
    if (this.#readyState === CLOSED) return;
    this.#changes.push({ after: this.#participant.log.end, run });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#fire();
  }

  #fireNext(): boolean {
    if (this.#iterators.isFull) {
      this.#isScheduled = false;
      return false;
    }
    const { log } = this.#participant;
    const change = this.#changes[0];
    const entry = change && log.taken >= change.after ? undefined : log.take();
    this.#isScheduled = entry !== undefined || change !== undefined;
    if (entry) {
      this.#dispatch(entry);
    } else if (entry === null) {
      const message = 'Events are missing: this tab was frozen or too slow';
      this.dispatchEvent(new EventSourceErrorEvent({ kind: 'gap', message, attempt: 0, delay: 0 }));
    } else if (change) {
      this.#changes.shift();
      change.run();
    }
    return this.#isScheduled;
  }

  #storeId(id: string): void {
    if (id !== this.#storedId) this.#store.write(id);
    this.#storedId = id;
  }

  #dispatch([type, data, lastEventId, origin, isComment]: Entry): void {
    this.#storeId(lastEventId);
    const event = newMessageEvent(type, data, origin, lastEventId);
    if (!isComment) {
      this.#iterators.push(event);
      callSafely(this.#init.onEvent, event);
    }
    if (this.#readyState !== CLOSED) this.dispatchEvent(event);
  }
}

for (const name of ['readyState', 'close']) {
  Object.defineProperty(SharedEventSource.prototype, name, { enumerable: true });
}
