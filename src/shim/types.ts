/** The public types. */

import type { EventSourceErrorEvent, EventSourceOpenEvent } from './events.js';

/**
 * The second argument of `new EventSource(url, init)`. Every member is optional; with none of them given, the
 * behaviour is the standard's. Besides those listed here, every member of `RequestInit` is passed on to `fetch`.
 */
export interface EventSourceInit extends Omit<RequestInit, 'method' | 'headers' | 'body' | 'signal'> {
  /** Send credentials to other origins too, and take their cookies. Default: `false`. */
  withCredentials?: boolean | undefined;
  /**
   * Default: `'GET'`. A request whose method isn't `GET` or `HEAD` is never sent twice: when its body ends, the
   * stream is complete and a `close` event is fired; when it breaks off, the connection fails.
   */
  method?: string | undefined;
  /** Headers of each request. `Accept: text/event-stream` is added unless there is an `Accept`. */
  headers?: HeadersInit | undefined;
  /** The body of the request, for methods that have one. Objects have to be made text: `JSON.stringify(…)`. */
  body?: BodyInit | null | undefined;
  /** Aborting it is the same as `close()`. If it is aborted already, no request is sent. */
  signal?: AbortSignal | null | undefined;
  /** What to use in the place of the global `fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
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
}
