/** An app for eventsource-parser: a parser, a parser stream, and error handling. */

import {
  createParser,
  type ErrorType,
  type EventSourceMessage,
  type EventSourceParser,
  ParseError,
  type ParserCallbacks,
  type ParserConfig,
} from 'eventsource-parser';
import {
  EventSourceParserStream,
  type EventSourceMessage as StreamMessage,
  type StreamOptions,
  ParseError as StreamParseError,
} from 'eventsource-parser/stream';

/** Uses the type of error names. */
const severity: Record<ErrorType, 'low' | 'high'> = {
  'invalid-retry': 'low',
  'unknown-field': 'low',
  'max-buffer-size-exceeded': 'high',
};

function describeError(error: ParseError): unknown[] {
  const { type, field, value, line }: ParseError = error;
  return [severity[type], type, field, value, line, error instanceof ParseError, error instanceof Error];
}

/** Feeds chunks, and logs the callbacks. */
export function feed(pieces: string[], config: ParserConfig = {}): unknown[] {
  const log: unknown[] = [];
  const callbacks: ParserCallbacks = {
    onEvent(event: EventSourceMessage) {
      log.push(['event', event.event ?? 'message', event.id, event.data]);
    },
    onId: (id) => log.push(['id', id.toUpperCase()]),
    onRetry: (retry) => log.push(['retry', retry.toFixed(0)]),
    onComment: (comment) => log.push(['comment', comment.length]),
    onError: (error) => log.push(['error', ...describeError(error)]),
  };
  const parser: EventSourceParser = createParser({ ...config, ...callbacks });
  for (const piece of pieces) parser.feed(piece);
  parser.reset({ consume: true });
  parser.feed('data: after a reset\n\n');
  parser.reset();
  return log;
}

/** Parser functions without their object, and a fake parser as in tests. */
export function handedAround(): unknown[] {
  const log: unknown[] = [];
  const { feed, reset } = createParser({ onEvent: ({ data }) => log.push(data) });
  feed('data: 1\n\nda');
  reset();
  feed('data: 2\n\n');
  const fake: EventSourceParser = {
    feed: (chunk: string) => log.push(chunk),
    reset: (options) => log.push(options?.consume),
  };
  fake.feed('3');
  fake.reset({ consume: false });
  return log;
}

/** A subclass of the package's error, as in an app's tests. */
export function ownError(): unknown[] {
  class Mine extends ParseError {}
  const error = new Mine('mine', { type: 'unknown-field', field: 'x', value: 'y', line: 'x: y' });
  return [
    error.name,
    error.message,
    ...describeError(error),
    new StreamParseError('', { type: 'invalid-retry' }).type,
  ];
}

/** Pipes a response's body through a decoder and the parser to a reader. */
export async function pipe(url: string, options?: StreamOptions): Promise<unknown[]> {
  const log: unknown[] = [];
  const { body } = await fetch(url);
  if (!body) throw new Error('no body');
  const settings: StreamOptions = {
    onComment: (comment) => log.push(['comment', comment]),
    onRetry: (retry) => log.push(['retry', retry]),
    onId: (id) => log.push(['id', id]),
    ...options,
  };
  const transform: TransformStream<string, StreamMessage> = new EventSourceParserStream(settings);
  const events: ReadableStream<StreamMessage> = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
    .pipeThrough(transform);
  const reader = events.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const { event, id, data }: StreamMessage = read.value;
      log.push([event, id, data]);
    }
  } catch (error) {
    log.push(error instanceof StreamParseError ? describeError(error) : 'something else');
  }
  return log;
}
