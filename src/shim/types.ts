/** The public types. */

import type { EventSourceErrorEvent, EventSourceOpenEvent } from './events.js';

/** What is known of an attempt before its request is made. */
export interface Attempt {
  /** The number of the request: the first is 1. */
  attempt: number;
  /** The last event ID, which is sent as `Last-Event-ID`; empty if there is none. */
  lastEventId: string;
  /** Why the last attempt ended. */
  error: EventSourceErrorEvent | undefined;
}

/** A value, or a function that gives it for each attempt. */
export type PerAttempt<T> = T | ((attempt: Attempt) => T | Promise<T>);

/** When to reconnect, and when to stop. All times are in milliseconds and clamped to what timers hold (24 days). */
export interface ReconnectPolicy {
  /** The reconnection time until the server sends `retry:`. Default: 3,000. */
  initialDelay?: number | undefined;
  /** By how much the delay grows with each failure in a row. Default: 2. */
  factor?: number | undefined;
  /** Up to which part of itself a delay is lengthened at random. Default: 0.5. */
  jitter?: number | undefined;
  /** The longest delay before jitter, whatever `retry:` says. Default: 30,000, or the reconnection time if longer. */
  maxDelay?: number | undefined;
  /** How many reconnections in a row may fail. Default: any number. */
  maxAttempts?: number | undefined;
  /** For how long they may. Default: for ever. */
  maxTime?: number | undefined;
  /** How long a stream has to have been open for the next failure to count as the first. Default: 0. */
  resetAfter?: number | undefined;
  /** The statuses that are tried again, such as `[429, 503]`. Default: none. */
  statuses?: readonly number[] | undefined;
  /** Whether a `Retry-After` header lengthens the delay. Default: `true`. */
  retryAfter?: boolean | undefined;
}

/**
 * Decides about the end of an attempt: so many milliseconds until the next, `false` for none, `true` or nothing for
 * what the standard's rules say. If it throws, the connection fails with that as the `cause`.
 */
export type ReconnectFunction = (
  error: EventSourceErrorEvent,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing leaves it to the rules.
) => number | boolean | undefined | void | Promise<number | boolean | undefined | void>;

/** The request that continues a stream which broke off. What isn't given is as in the request itself. */
export interface ResumeRequest {
  /** Default: that of the request. */
  url?: PerAttempt<string | URL> | undefined;
  /** Default: `'GET'`. */
  method?: string | undefined;
  /** Default: those of the request, without `Content-Type`. */
  headers?: PerAttempt<HeadersInit> | undefined;
  /** Default: none. */
  body?: PerAttempt<BodyInit | null> | undefined;
}

/** Keeps a last event ID over reloads: `sessionStorage`, `localStorage`, or anything like them, sync or async. */
export interface LastEventIdStore {
  getItem(name: string): string | null | undefined | Promise<string | null | undefined>;
  setItem(name: string, lastEventId: string): unknown;
}

/** Something that happened, for those who want to look into a connection. */
export type TraceEntry =
  | { type: 'request'; attempt: number; url: string; method: string; lastEventId: string }
  | { type: 'response'; attempt: number; status: number; url: string }
  | { type: 'bytes'; count: number }
  | { type: 'events'; count: number }
  | { type: 'error'; error: EventSourceErrorEvent }
  | { type: 'pause' }
  | { type: 'close' };

/**
 * The second argument of `new EventSource(url, init)`. Every member is optional; with none of them given, the
 * behaviour is the standard's. Besides those listed here, every member of `RequestInit` is passed on to `fetch`.
 */
export interface EventSourceInit extends Omit<RequestInit, 'method' | 'headers' | 'body' | 'signal'> {
  /** Send credentials to other origins too, and take their cookies. Default: `false`. */
  withCredentials?: boolean | undefined;
  /**
   * Default: `'GET'`. A request whose method isn't `GET` or `HEAD` isn't sent twice unless `reconnect` says so: when
   * its body ends, the stream is complete and a `close` event is fired; when it breaks off, the connection fails.
   */
  method?: string | undefined;
  /** The URL of each attempt's request, if it is to differ from the first argument. */
  url?: ((attempt: Attempt) => string | URL | Promise<string | URL>) | undefined;
  /**
   * Headers of each request. `Accept: text/event-stream` is added unless there is an `Accept`. The first
   * `Idempotency-Key` is kept over attempts.
   */
  headers?: PerAttempt<HeadersInit> | undefined;
  /** The body of the request, for methods that have one. Objects have to be made text: `JSON.stringify(…)`. */
  body?: PerAttempt<BodyInit | null> | undefined;
  /** Aborting it is the same as `close()`. If it is aborted already, no request is sent. */
  signal?: AbortSignal | null | undefined;
  /** What to use in the place of the global `fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /**
   * Accepts responses, or not, in the place of the standard's check of status and content type: by returning
   * `false` or throwing.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: what returns nothing accepts.
  accept?: ((response: Response) => boolean | void | Promise<boolean | void>) | undefined;
  /**
   * Whether and when to reconnect, whatever the method. Default: the standard's rules for `GET` and `HEAD`, never for
   * other methods. `true` is a policy with nothing in it.
   */
  reconnect?: boolean | ReconnectPolicy | ReconnectFunction | undefined;
  /** Continues a stream that broke off, with `Last-Event-ID`. Without it, the request itself is sent again. */
  resume?: ResumeRequest | undefined;
  /** The ID to resume after. Default: none. */
  lastEventId?: string | undefined;
  /** Keeps the last event ID. Default: it is forgotten with the object. */
  store?: LastEventIdStore | undefined;
  /** The name under which the store keeps it. Default: the URL. */
  storeName?: string | undefined;
  /** Leave out events whose ID came before on an earlier request. Default: `false`. */
  dropReplayed?: boolean | undefined;
  /** Milliseconds within which the response has to come. Default: no limit. */
  connectTimeout?: number | undefined;
  /** Milliseconds within which the next byte has to come, be it a comment's. Default: no limit. */
  idleTimeout?: number | undefined;
  /** Bytes of a line or an event above which the connection fails. Default: 67,108,864 (64 MiB). */
  maxEventSize?: number | undefined;
  /**
   * `'pause'` closes the connection while the page is hidden, and resumes after the last event ID when it is shown.
   * A request that isn't safe to repeat is left alone. Default: `'keep'`.
   */
  whenHidden?: 'keep' | 'pause' | undefined;
  /** Fire a `comment` event for each comment of the stream. Default: `false`. */
  comments?: boolean | undefined;
  /** Called with every event of the stream, whatever its type, before its listeners. */
  onEvent?: ((event: MessageEvent<string>) => void) | undefined;
  /** Called with what happens. */
  trace?: ((entry: TraceEntry) => void) | undefined;
}

/** The events of an `EventSource` that the standard or this package names; servers name others. */
export interface EventSourceEventMap {
  /** The response was accepted. */
  open: EventSourceOpenEvent;
  /** An event of the stream that has no type of its own. */
  message: MessageEvent;
  /** The connection failed (`readyState` is `CLOSED`) or is being reestablished (`CONNECTING`). */
  error: EventSourceErrorEvent;
  /** The stream of a request that isn't safe to repeat came to its end. */
  close: Event;
  /** A comment of the stream, with the option `comments`. */
  comment: MessageEvent<string>;
}
