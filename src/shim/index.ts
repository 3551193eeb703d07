/**
 * Server-sent events over `fetch`: the interface of the native `EventSource`, with any method, headers, bodies, and
 * detailed errors.
 *
 * @module eventsource-wasm
 */

export {
  type ErrorKind,
  EventSourceError,
  type EventSourceErrorEvent as ErrorEvent,
  EventSourceErrorEvent,
  EventSourceOpenEvent,
} from './event-source/event-classes.js';
export { EventSource } from './event-source/event-source.js';
export type {
  Attempt,
  EventSourceEventMap,
  EventSourceFetchInit,
  EventSourceInit,
  FetchLike,
  FetchLikeResponse,
  LastEventIdStore,
  PerAttempt,
  ReconnectFunction,
  ReconnectPolicy,
  RequestHeaders,
  ResumeRequest,
  TraceEntry,
} from './types.js';
