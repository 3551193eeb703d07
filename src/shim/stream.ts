/**
 * Event streams without `EventSource`: `events()` for loops over a URL, a request or a response, a `TransformStream`,
 * and a parser that you feed.
 *
 * @module eventsource-wasm/stream
 */

export { type EventsInit, events } from './iterate/events.js';
export {
  createParser,
  type ErrorType,
  type EventSourceMessage,
  type EventSourceParser,
  ParseError,
  type ParserCallbacks,
  type ParserConfig,
} from './parser/message-parser.js';
export { EventSourceParserStream, type StreamOptions } from './parser/parser-stream.js';
export type {
  Attempt,
  PerAttempt,
  ReconnectFunction,
  ReconnectPolicy,
  ResumeRequest,
} from './types.js';
