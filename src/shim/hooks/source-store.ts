/** A connection with a state that can be subscribed to: what the hooks of all frameworks share. */

import type { EventSourceErrorEvent } from '../event-source/event-classes.js';
import { EventSource } from '../event-source/event-source.js';
import { nextFrame } from '../iterate/every-frame.js';
import { type OpenInit, openEventSource } from '../shared/open.js';
import type { EventSourceInit } from '../types.js';
import { Store } from './store.js';

/** What {@link useEventSource} takes besides the URL. */
export interface UseEventSourceInit extends EventSourceInit {
  /**
   * A change of it opens a new connection, as a change of the URL does.
   * @default undefined
   */
  key?: string | number | undefined;
  /**
   * Share one connection with the other tabs, as `SharedEventSource` does.
   * @default false
   */
  shared?: boolean | undefined;
  /** Tells users of one browser apart, if it is shared. */
  name?: string | undefined;
  /** How many past events to get when joining, if it is shared. */
  replay?: number | undefined;
  onOpen?: ((event: Event) => void) | undefined;
  /** Gets the events without a type of their own; `onEvent` gets all. */
  onMessage?: ((event: MessageEvent<string>) => void) | undefined;
  /** The connection failed or is being reestablished. */
  onError?: ((event: EventSourceErrorEvent) => void) | undefined;
  /** The stream is complete. */
  onClose?: ((event: Event) => void) | undefined;
}

/** The state of a connection. It is updated once per animation frame, however many events come. */
export interface EventSourceState {
  /** The data of the last event, whatever its type. */
  data: string | undefined;
  /** The type of the last event. */
  event: string | undefined;
  /** The last event ID. */
  lastEventId: string;
  /** 0: connecting, 1: open, 2: closed, which it also is without a URL. */
  readyState: number;
  /** The last error, until the connection is open again. An `Error` if the arguments are wrong. */
  error: EventSourceErrorEvent | Error | undefined;
}

/** What the hooks return: the state, and two functions that stay the same. */
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
  /** Changes with each connection: one that opens late is closed. */
  #turn = 0;

  /** `options` returns those of the latest render. */
  constructor(url: string | undefined, options: () => UseEventSourceInit) {
    super(initialState(url));
    this.#url = url;
    this.#options = options;
  }

  readonly close = (): void => {
    this.end();
    this.#set({ readyState: EventSource.CLOSED });
  };

  readonly reopen = (): void => this.open(this.#url);

  /** Closes the connection without an update, as no component is left to show it. */
  end(): void {
    this.#turn++;
    this.#next = undefined;
    this.#source?.close();
    this.#source = undefined;
  }

  /** Replaces the connection. */
  open(url: string | undefined): void {
    this.end();
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
        if (turn === this.#turn) this.#listen(source);
        else source.close();
      }, fail);
      return;
    }
    try {
      this.#listen(new EventSource(url, options));
    } catch (error) {
      fail(error as Error);
    }
  }

  #listen(source: EventSource): void {
    this.#source = source;
    source.onopen = (event) => {
      this.#set({ readyState: EventSource.OPEN, error: undefined });
      this.#options().onOpen?.(event);
    };
    source.onmessage = (event) => this.#options().onMessage?.(event);
    // A server may name its events "error" and "close" too.
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

function initialState(url: string | undefined): EventSourceState {
  const readyState = url === undefined ? EventSource.CLOSED : EventSource.CONNECTING;
  return { data: undefined, event: undefined, lastEventId: '', readyState, error: undefined };
}

export const toAddress = (url: string | URL | null | undefined): string | undefined =>
  url == null ? undefined : `${url}`;
