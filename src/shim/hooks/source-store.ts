/** The store behind `useEventSource` of all frameworks: a connection and its state. */

import { onAbort } from '../connection/on-abort.js';
import type { EventSourceErrorEvent } from '../event-source/event-classes.js';
import { EventSource } from '../event-source/event-source.js';
import { nextFrame } from '../iterate/every-frame.js';
import { type OpenInit, openEventSource } from '../shared/open.js';
import type { EventSourceInit } from '../types.js';
import { Store } from './store.js';

/** The options of {@link useEventSource}: those of `EventSource` and the following. */
export interface UseEventSourceInit extends EventSourceInit {
  /**
   * A new value opens a new connection, as a new URL does.
   * @default undefined
   */
  key?: string | number | undefined;
  /**
   * Share one connection with the other tabs, like `SharedEventSource`.
   * @default false
   */
  shared?: boolean | undefined;
  /** With `shared`: only tabs with the same name share a connection. */
  name?: string | undefined;
  /** With `shared`: how many of the last events a tab receives when it joins. */
  replay?: number | undefined;
  onOpen?: ((event: Event) => void) | undefined;
  /** Called with events of the type `message`, the default type. `onEvent` gets all events. */
  onMessage?: ((event: MessageEvent<string>) => void) | undefined;
  /** Called when the connection has failed or is being reestablished. */
  onError?: ((event: EventSourceErrorEvent) => void) | undefined;
  /** Called when the stream is complete. */
  onClose?: ((event: Event) => void) | undefined;
}

/** The state of a connection. Events update it at most once per animation frame. */
export interface EventSourceState {
  /** The data of the last event of any type. */
  data: string | undefined;
  /** The type of the last event. */
  event: string | undefined;
  /** The last event ID. */
  lastEventId: string;
  /** 0: connecting, 1: open, 2: closed, or there is no URL. */
  readyState: number;
  /** The last error, until the connection is open again. If the arguments are wrong, an `Error`. */
  error: EventSourceErrorEvent | Error | undefined;
}

/** The functions that the hooks return. They are the same at each render. */
export interface EventSourceControls {
  /** Closes the connection. */
  close(): void;
  /** Closes the connection and opens a new one. */
  reopen(): void;
}

export class SourceStore extends Store<EventSourceState> implements EventSourceControls {
  readonly #options: () => UseEventSourceInit;
  #next: Partial<EventSourceState> | undefined;
  #url: string | undefined;
  #source: EventSource | undefined;
  #stopListening: (() => void) | undefined;
  /** Changes with each connection, so that one that opens too late is closed. */
  #turn = 0;
  #isMounted = false;

  /** `options` returns the options of the latest render. */
  constructor(url: string | undefined, options: () => UseEventSourceInit) {
    super(initialState(url));
    this.#url = url;
    this.#options = options;
  }

  readonly close = (): void => {
    this.#disconnect();
    this.#set({ readyState: EventSource.CLOSED });
  };

  readonly reopen = (): void => {
    if (this.#isMounted) this.open(this.#url);
  };

  /**
   * Opens the connection after the other effects of the framework, unless it is ended or closed before: React's
   * StrictMode ends an effect and runs it again at once, and a component that is rendered on a server is unmounted.
   */
  begin(url: string | undefined): void {
    this.#isMounted = true;
    this.#url = url;
    this.#set(initialState(url));
    const turn = ++this.#turn;
    // Not `queueMicrotask`, which fake timers replace.
    Promise.resolve().then(() => {
      if (turn === this.#turn) this.open(url);
    });
  }

  /** Closes the connection without updating the state, because the component is unmounted. */
  end(): void {
    this.#isMounted = false;
    this.#disconnect();
    this.#next = undefined;
  }

  #disconnect(): void {
    this.#turn++;
    this.#stopListening?.();
    this.#source?.close();
    this.#source = undefined;
  }

  /** Replaces the connection. */
  open(url: string | undefined): void {
    this.#disconnect();
    this.#isMounted = true;
    this.#url = url;
    this.#set(initialState(url));
    if (url === undefined) return;
    const {
      key: _key,
      onOpen,
      onMessage,
      onError,
      onClose,
      shared,
      name,
      replay,
      ...given
    } = this.#options();
    const options = { ...given, onEvent: (event: MessageEvent<string>) => this.#receive(event) };
    const turn = this.#turn;
    const fail = (error: Error) => {
      if (turn === this.#turn) this.#set({ readyState: EventSource.CLOSED, error });
    };
    if (shared) {
      openEventSource(url, { ...options, shared, name, replay } as OpenInit).then((source) => {
        if (turn === this.#turn) this.#listen(source, given.signal);
        else source.close();
      }, fail);
      return;
    }
    try {
      this.#listen(new EventSource(url, options), given.signal);
    } catch (error) {
      fail(error as Error);
    }
  }

  #listen(source: EventSource, signal: EventSourceInit['signal']): void {
    this.#source = source;
    // A source that a signal closes fires no event.
    this.#stopListening = onAbort(signal, this.close);
    source.onopen = (event) => {
      this.#set({ readyState: EventSource.OPEN, error: undefined });
      this.#options().onOpen?.(event);
    };
    source.onmessage = (event) => this.#options().onMessage?.(event);
    // Events of the server may have the types "error" and "close" too.
    source.onerror = (event: EventSourceErrorEvent | MessageEvent) => {
      if ('data' in event) return;
      this.#set({ readyState: source.readyState, error: event });
      this.#options().onError?.(event);
    };
    source.addEventListener('close', (event) => {
      if ('data' in event) return;
      this.#set({ readyState: EventSource.CLOSED });
      this.#options().onClose?.(event);
    });
  }

  #receive(event: MessageEvent<string>): void {
    const { data, type, lastEventId } = event;
    if (!this.#next) nextFrame().then(() => this.#set({}));
    this.#next = { data, event: type, lastEventId };
    this.#options().onEvent?.(event);
  }

  #set(change: Partial<EventSourceState>): void {
    const next = { ...this.state, ...this.#next, ...change };
    this.#next = undefined;
    const names = Object.keys(next) as (keyof EventSourceState)[];
    if (names.every((name) => next[name] === this.state[name])) return;
    this.setState(next);
  }
}

export function initialState(url: string | undefined): EventSourceState {
  const readyState = url === undefined ? EventSource.CLOSED : EventSource.CONNECTING;
  return { data: undefined, event: undefined, lastEventId: '', readyState, error: undefined };
}

export const toAddress = (url: string | URL | null | undefined): string | undefined =>
  url == null ? undefined : `${url}`;
