/**
 * `fetchEventSource` with the interface of the package @microsoft/fetch-event-source.
 *
 * @module eventsource-wasm/fetch-event-source
 */

export {
  type EventSourceMessage,
  EventStreamContentType,
  type FetchEventSourceInit,
  fetchEventSource,
} from './fetch-event-source/fetch-event-source.js';
