/**
 * Event streams without a connection of their own: a `TransformStream` and a parser that is fed.
 *
 * @module
 */

export {
  createParser,
  type ErrorType,
  type EventSourceMessage,
  type EventSourceParser,
  ParseError,
  type ParserCallbacks,
  type ParserConfig,
} from './message-parser.js';
export { EventSourceParserStream, type StreamOptions } from './parser-stream.js';
