/**
 * Server-sent events over `fetch`: the native `EventSource` with any method, headers, bodies, and errors that
 * say what happened.
 *
 * @module
 */

export { EventSource } from './event-source.js';
export { type ErrorKind, EventSourceErrorEvent, EventSourceOpenEvent } from './events.js';
export type {
  Attempt,
  EventSourceEventMap,
  EventSourceInit,
  LastEventIdStore,
  PerAttempt,
  ReconnectFunction,
  ReconnectPolicy,
  ResumeRequest,
  TraceEntry,
} from './types.js';
