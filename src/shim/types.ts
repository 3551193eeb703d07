/** The public types. */

import type { EventSourceErrorEvent, EventSourceOpenEvent } from './event-source/event-classes.js';

/** The argument of the functions for `url`, `headers` and `body`. */
export interface Attempt {
  /** The number of the request, starting at 1. */
  attempt: number;
  /** The last event ID, which is sent as `Last-Event-ID`. Empty if there is none. */
  lastEventId: string;
  /** The error that ended the last attempt. */
  error: EventSourceErrorEvent | undefined;
}

/** A value, or a function that returns it for each attempt. */
export type PerAttempt<T> = T | ((attempt: Attempt) => T | Promise<T>);

/** Headers in all forms that `fetch` accepts. Numbers are converted to strings. */
export type RequestHeaders =
  | HeadersInit
  | Readonly<Record<string, string | number>>
  | Iterable<readonly [name: string, value: string | number]>;

/** When to reconnect, and when to stop. Times are in milliseconds, capped at the `setTimeout` maximum (24.8 days). */
export interface ReconnectPolicy {
  /**
   * The delay before a reconnection, until the server sends `retry:`.
   * @default 3000
   */
  initialDelay?: number | undefined;
  /**
   * The factor by which the delay grows with each failure in a row.
   * @default 2
   */
  factor?: number | undefined;
  /**
   * The largest fraction by which a delay is lengthened at random.
   * @default 0.5
   */
  jitter?: number | undefined;
  /**
   * The longest delay before jitter. It also limits `retry:`.
   * @default 30000, or the reconnection time if that is longer
   */
  maxDelay?: number | undefined;
  /**
   * The maximum number of failed reconnections in a row. One that receives no part of an event counts as failed.
   * @default Infinity
   */
  maxAttempts?: number | undefined;
  /**
   * The maximum time of failed reconnections in a row.
   * @default Infinity
   */
  maxTime?: number | undefined;
  /**
   * After a stream has been open for this time, the next failure counts as the first.
   * @default 0
   */
  resetAfter?: number | undefined;
  /**
   * The statuses that are retried, such as `[429, 503]`.
   * @default []
   */
  statuses?: readonly number[] | undefined;
  /**
   * Whether a `Retry-After` header lengthens the delay.
   * @default true
   */
  retryAfter?: boolean | undefined;
}

/**
 * Decides about reconnecting at the end of an attempt. It returns the milliseconds until the next attempt, `false` to
 * stop, or `true` or nothing for the standard's rules. If it throws, the connection fails with that exception as the
 * `cause`.
 */
export type ReconnectFunction = (
  error: EventSourceErrorEvent,
  // biome-ignore lint/suspicious/noConfusingVoidType: returning nothing means the standard's rules.
) => number | boolean | undefined | void | Promise<number | boolean | undefined | void>;

/** The request that continues a broken stream. */
export interface ResumeRequest {
  /** @default the URL of the first request */
  url?: PerAttempt<string | URL> | undefined;
  /** @default 'GET' */
  method?: string | undefined;
  /** @default the headers of the first request, without `Content-Type` */
  headers?: PerAttempt<RequestHeaders> | undefined;
  /** @default null */
  body?: PerAttempt<BodyInit | null> | undefined;
}

/** Stores the last event ID across reloads: `sessionStorage`, `localStorage`, or a similar object, sync or async. */
export interface LastEventIdStore {
  getItem(name: string): string | null | undefined | Promise<string | null | undefined>;
  setItem(name: string, lastEventId: string): unknown;
}

/** The argument of the option `trace`. */
export type TraceEntry =
  | { type: 'request'; attempt: number; url: string; method: string; lastEventId: string }
  | { type: 'response'; attempt: number; status: number; url: string }
  | { type: 'bytes'; count: number }
  | { type: 'events'; count: number }
  | { type: 'error'; error: EventSourceErrorEvent }
  | { type: 'pause' }
  /**
   * The last event was not fired completely: something threw, or the browser stopped the script. Firefox does that when
   * the page is left.
   */
  | { type: 'interruption' }
  | { type: 'close' };

/** The second argument of a custom `fetch`. The headers are a plain object, so `{ ...init.headers }` copies them. */
export interface EventSourceFetchInit extends Omit<RequestInit, 'headers' | 'signal'> {
  /** All headers of the request, including `Accept` and `Last-Event-ID`. */
  headers: { [name: string]: string; Accept: string };
  /** Aborts when the connection is closed. */
  signal: AbortSignal;
}

/** The members of a `Response` that this package uses. */
export interface FetchLikeResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): {
      read(): Promise<{ done: false; value: Uint8Array } | { done: true; value?: Uint8Array | undefined }>;
      cancel(): Promise<void>;
    };
  } | null;
  readonly url?: string;
  readonly redirected?: boolean;
}

/**
 * A custom `fetch`: the global `fetch`, or a function that calls it.
 *
 * @example
 * const fetch: FetchLike = (url, init) =>
 *   globalThis.fetch(url, { ...init, headers: { ...init.headers, Authorization: token } });
 */
export type FetchLike = (url: string, init: EventSourceFetchInit) => Promise<FetchLikeResponse>;

/**
 * The second argument of `new EventSource(url, init)`. Without options, the behaviour is the
 * standard's. Other members of `RequestInit` are passed on to `fetch`.
 */
export interface EventSourceInit extends Omit<RequestInit, 'method' | 'headers' | 'body' | 'signal'> {
  /**
   * Send credentials to other origins too, and store cookies from them.
   * @default false
   */
  withCredentials?: boolean | undefined;
  /**
   * The request's method. Requests with other methods than `GET` and `HEAD` are never sent again unless `reconnect`
   * allows it: when the body ends, the stream is complete and a `close` event is fired; when it breaks, the connection
   * fails.
   * @default 'GET'
   */
  method?: string | undefined;
  /** Returns the URL of each attempt. Default: the first argument. */
  url?: ((attempt: Attempt) => string | URL | Promise<string | URL>) | undefined;
  /**
   * The headers of each request. `Accept: text/event-stream` is added unless there is an `Accept`. The
   * `Idempotency-Key` of the first attempt is sent with all attempts. A function that throws or rejects at the first
   * request fails the connection. Later, it counts as a failed request.
   *
   * @example
   * new EventSource(url, { headers: async () => ({ Authorization: await getToken() }) });
   */
  headers?: PerAttempt<RequestHeaders> | undefined;
  /**
   * The body of the request. Convert objects to text: `JSON.stringify(…)`.
   * @default null
   */
  body?: PerAttempt<BodyInit | null> | undefined;
  /** Aborting the signal closes the connection. If it is already aborted, no request is sent. */
  signal?: AbortSignal | null | undefined;
  /**
   * Called instead of the global `fetch`.
   * @default globalThis.fetch, looked up for each request
   */
  fetch?: FetchLike | undefined;
  /**
   * Checks the response, instead of the standard's check of status and content type. Return `false` or throw to reject
   * it.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: returning nothing means to accept.
  accept?: ((response: Response) => boolean | void | Promise<boolean | void>) | undefined;
  /**
   * Whether and when to reconnect, for all methods. `true` means the default policy.
   * @default the standard's rules for `GET` and `HEAD`, never for other methods
   */
  reconnect?: boolean | ReconnectPolicy | ReconnectFunction | undefined;
  /** The request that continues a broken stream, with `Last-Event-ID`. Without it, the first request is sent again. */
  resume?: ResumeRequest | undefined;
  /**
   * The ID of the event after which the stream resumes. `null`, as from `localStorage.getItem`, means none.
   * @default ''
   */
  lastEventId?: string | null | undefined;
  /** Stores the last event ID, so that another object can resume the stream, for example after a reload. */
  store?: LastEventIdStore | undefined;
  /**
   * The name of the ID in the store.
   * @default the URL
   */
  storeName?: string | undefined;
  /**
   * Drop events whose ID was already received on an earlier request.
   * @default false
   */
  dropReplayed?: boolean | undefined;
  /**
   * The longest wait for the response, in milliseconds.
   * @default Infinity
   */
  connectTimeout?: number | undefined;
  /**
   * The longest time without a byte from the server, in milliseconds. Comments count too.
   * @default Infinity
   */
  idleTimeout?: number | undefined;
  /**
   * The limit for a line or an event, in bytes. Above it the connection fails.
   * @default 67108864 (64 MiB)
   */
  maxEventSize?: number | undefined;
  /**
   * `'pause'` closes the connection while the page is hidden, and resumes after the last event ID when it is visible.
   * POST requests aren't affected.
   * @default 'keep'
   */
  whenHidden?: 'keep' | 'pause' | undefined;
  /**
   * When the first GET to another origin fails, find out whether CORS is the reason, by one request with
   * `mode: 'no-cors'` that is aborted at its headers. The error then has the kind `cors`.
   * @default true
   */
  corsProbe?: boolean | undefined;
  /** The options of undici's `EventSource` for Node: a dispatcher, and the reconnection time, in milliseconds. */
  node?: { dispatcher?: unknown; reconnectionTime?: number | undefined } | undefined;
  /**
   * Fire a `comment` event for each comment of the stream.
   * @default false
   */
  comments?: boolean | undefined;
  /** Called with every event of the stream, of any type, before its listeners. */
  onEvent?: ((event: MessageEvent<string>) => void) | undefined;
  /** Called with requests, responses, bytes, events, errors and interruptions, for diagnostics. */
  trace?: ((entry: TraceEntry) => void) | undefined;
}

/** The events of an `EventSource` with fixed types. All other types are those of the server. */
export interface EventSourceEventMap {
  /** The response was accepted. */
  open: EventSourceOpenEvent;
  /** An event of the stream without a type. */
  message: MessageEvent<string>;
  /** The connection failed (`readyState` is `CLOSED`) or is being reestablished (`CONNECTING`). */
  error: EventSourceErrorEvent;
  /** The stream is complete: it has ended, and the request isn't sent again. */
  close: Event;
  /** A comment of the stream, if the option `comments` is set. */
  comment: MessageEvent<string>;
}

/** The `EventSourceEventMap` with the event types of one server added. */
export type EventsWith<Events> = Omit<EventSourceEventMap, keyof Events> & Events;
