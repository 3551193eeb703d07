/** `createParser()`: a parser that is fed in chunks and calls back. */

import { DEFAULT_MAX_EVENT_SIZE } from '../connection/options.js';
import { typeName } from '../connection/url.js';
import { loadSync, startError } from '../wasm/load.js';
import { EventStreamParser } from './event-stream-parser.js';

/** An event of a stream. */
export interface EventSourceMessage {
  /** The event's type, if the server sent one. In browsers, an event without one has the type `message`. */
  event?: string | undefined;
  /** The ID, if this event has one. */
  id?: string | undefined;
  /** The data. */
  data: string;
}

/** Callbacks of a parser, called in the order of the stream. */
export interface ParserCallbacks {
  /** Called with each event. */
  onEvent?: ((event: EventSourceMessage) => void) | undefined;
  /** Called with each ID, before `onEvent`, also for blocks without data. */
  onId?: ((id: string) => void) | undefined;
  /** Called when the server sets the reconnection time, in milliseconds. */
  onRetry?: ((retry: number) => void) | undefined;
  /** Called with each comment, without the colon and one space after it. */
  onComment?: ((comment: string) => void) | undefined;
  /** Called with each line that the standard ignores, and when the limit is exceeded. */
  onError?: ((error: ParseError) => void) | undefined;
}

/** The options of a parser. */
export interface ParserConfig extends ParserCallbacks {
  /**
   * The limit for a line, and for all lines of one event together, in bytes. Above it, the stream ends with an error.
   * @default 67108864 (64 MiB)
   */
  maxBufferSize?: number | undefined;
}

/** A parser that you feed. */
export interface EventSourceParser {
  /**
   * Parses the next chunk of the stream, which may be cut anywhere. Callbacks are called before `feed` returns.
   *
   * @throws the exception of a callback; the next call continues after that callback
   * @throws {TypeError} if the chunk is neither a string nor a `Uint8Array`
   */
  feed(chunk: string | Uint8Array): void;
  /**
   * Begins a new stream, and drops an unfinished event. With `consume`, an unfinished line is parsed first.
   * @example
   * parser.reset({ consume: true });
   */
  reset(options?: { consume?: boolean }): void;
}

/** The kinds of {@link ParseError}. */
export type ErrorType = 'invalid-retry' | 'unknown-field' | 'max-buffer-size-exceeded';

/** An error in a stream. */
export class ParseError extends Error {
  override name = 'ParseError';
  /** The kind of error. */
  type: ErrorType;
  /** The name of the unknown field. */
  field?: string | undefined;
  /** The field's value. */
  value?: string | undefined;
  /** The line. */
  line?: string | undefined;

  constructor(
    message: string,
    options: {
      type: ErrorType;
      field?: string | undefined;
      value?: string | undefined;
      line?: string | undefined;
    },
  ) {
    super(message);
    this.type = options.type;
    this.field = options.field;
    this.value = options.value;
    this.line = options.line;
  }
}

/** How many characters of a line an error message quotes. */
const QUOTED_LENGTH = 40;

/** Parsers that have trapped. Their state is unknown, so they are never freed. */
const crashed: unknown[] = [];

/** The parser of `createParser` and of `EventSourceParserStream`. Its members are private by type only, as in `batch.ts`. */
export class MessageParser implements EventSourceParser {
  private readonly _config: ParserConfig;
  private readonly _reportsIgnoredLines: boolean;
  private _parser: EventStreamParser | undefined;
  /** An event whose `onId` has thrown, so that `onEvent` was not called. */
  private _held: EventSourceMessage | undefined;
  /** Thrown by `feed` until `reset` is called. */
  private _refusal: Error | undefined;

  constructor(config: ParserConfig, reportsIgnoredLines = config.onError !== undefined) {
    const { maxBufferSize = 0 } = config;
    if (!(maxBufferSize >= 0)) {
      throw new TypeError(
        `The option "maxBufferSize" is ${String(maxBufferSize)}; it must be a number from 0`,
      );
    }
    this._config = config;
    this._reportsIgnoredLines = reportsIgnoredLines;
  }

  feed(chunk: string | Uint8Array): void {
    if (this._refusal) throw this._refusal;
    if (!(chunk instanceof Uint8Array) && typeof chunk !== 'string' && !isBytes(chunk)) {
      throw new TypeError(`feed() expects a string or Uint8Array, got ${typeName(chunk)}`);
    }
    this._parser ??= this._create();
    const parser = this._parser;
    try {
      parser.scan(chunk);
    } catch (cause) {
      this._fail(cause);
    }
    this._deliver(parser);
    if (!parser.isTooLarge) return;
    this._refusal = refusal('The limit "maxBufferSize" was exceeded');
    const { maxBufferSize = 'the default of 64 Mi' } = this._config;
    const message = `The server sent a line or an event of more than ${maxBufferSize} bytes`;
    this._config.onError?.(new ParseError(message, { type: 'max-buffer-size-exceeded' }));
  }

  reset(options?: { consume?: boolean }): void {
    const parser = this._parser;
    const consume = options?.consume && !this._refusal;
    this._refusal = undefined;
    if (!parser) return;
    try {
      parser.reset(consume);
    } catch (cause) {
      this._fail(cause);
    }
    this._deliver(parser);
  }

  /** Frees its memory. */
  free(): void {
    this._parser?.free();
    this._parser = undefined;
  }

  private _create(): EventStreamParser {
    const config = this._config;
    try {
      loadSync();
    } catch (cause) {
      throw startError(cause);
    }
    const { onEvent, onId, onRetry, onComment, onError } = config;
    const sink = {
      onBlock: (data: string | undefined, type: string, id: string | undefined) => {
        const message = data === undefined ? undefined : toMessage(data, type, id);
        if (id !== undefined && onId) {
          try {
            onId(id);
          } catch (error) {
            this._held = message;
            throw error;
          }
        }
        if (message) onEvent?.(message);
      },
      onRetry,
      onComment,
      onIgnoredLine: this._reportsIgnoredLines ? (line: string) => onError?.(toParseError(line)) : undefined,
    };
    return new EventStreamParser(sink, config.maxBufferSize ?? DEFAULT_MAX_EVENT_SIZE);
  }

  private _deliver(parser: EventStreamParser): void {
    const message = this._held;
    this._held = undefined;
    if (message) this._config.onEvent?.(message);
    parser.deliver();
  }

  /** After a trap: `feed` throws until `reset` is called. */
  private _fail(cause: unknown): never {
    crashed.push(this._parser);
    this._parser = undefined;
    this._refusal = refusal('An unexpected exception ended this stream', cause);
    throw this._refusal;
  }
}

/** Whether a value is a `Uint8Array`, maybe of another realm. */
function isBytes(chunk: unknown): boolean {
  return ArrayBuffer.isView(chunk) && (chunk as Uint8Array).length === chunk.byteLength;
}

function refusal(reason: string, cause?: unknown): Error {
  return new Error(`${reason}; call reset() before the next stream is fed`, { cause });
}

/** Creates the event of a block with data. */
export function toMessage(data: string, type: string, id: string | undefined): EventSourceMessage {
  return { id, event: type || undefined, data };
}

function toParseError(line: string): ParseError {
  const [, field = '', value = ''] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line) ?? [];
  if (field === 'retry') {
    const message = `The value of "retry" is "${quote(value)}"; it must be digits`;
    return new ParseError(message, { type: 'invalid-retry', value, line });
  }
  const message = `The field "${quote(field)}" is unknown`;
  return new ParseError(message, { type: 'unknown-field', field, value, line });
}

function quote(text: string): string {
  return text.length > QUOTED_LENGTH ? `${text.slice(0, QUOTED_LENGTH)}…` : text;
}

/**
 * Creates a parser that you feed in chunks, with the interface of the package eventsource-parser. The first `feed`
 * starts this package's WebAssembly module, synchronously.
 *
 * @throws {TypeError} if the argument isn't an object
 * @example
 * const parser = createParser({ onEvent: ({ event, data }) => show(event, data) });
 * for await (const chunk of response.body) parser.feed(chunk);
 */
export function createParser(config: ParserConfig): EventSourceParser {
  if (typeof config !== 'object' || config === null) {
    throw new TypeError(
      `createParser: the argument is ${typeName(config)}; it must be an object, such as { onEvent }`,
    );
  }
  const parser = new MessageParser(config);
  // Functions, so that they work without `this`.
  return { feed: (chunk) => parser.feed(chunk), reset: (options) => parser.reset(options) };
}
