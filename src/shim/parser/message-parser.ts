/** `createParser`: pieces of a stream in, callbacks out. */

import { DEFAULT_MAX_EVENT_SIZE } from '../connection/options.js';
import { loadSync, startError } from '../wasm/load.js';
import { EventStreamParser } from './event-stream-parser.js';

/** An event of a stream. */
export interface EventSourceMessage {
  /** The event's type, if the server gave one: browsers call an event without one `message`. */
  event?: string | undefined;
  /** The ID that came with this event, if one did. */
  id?: string | undefined;
  /** The data. */
  data: string;
}

/** What is called while a stream is parsed, in the order of the stream. */
export interface ParserCallbacks {
  /** An event. */
  onEvent?: ((event: EventSourceMessage) => void) | undefined;
  /** A block ended which set the last event ID; called before `onEvent`, and for blocks without data too. */
  onId?: ((id: string) => void) | undefined;
  /** The server set the reconnection time, in milliseconds. */
  onRetry?: ((retry: number) => void) | undefined;
  /** A comment, without the colon and one space after it. */
  onComment?: ((comment: string) => void) | undefined;
  /** A line that the standard ignores, or the limit was exceeded. */
  onError?: ((error: ParseError) => void) | undefined;
}

/** What a parser is made of. */
export interface ParserConfig extends ParserCallbacks {
  /**
   * The longest line, or lines of one event together, in bytes. A longer one ends the stream.
   * @default 67108864 (64 MiB)
   */
  maxBufferSize?: number | undefined;
}

/** A parser that is fed. */
export interface EventSourceParser {
  /**
   * Takes the next piece of the stream, cut anywhere. Callbacks are called before this returns.
   *
   * @throws what a callback throws; what came after it follows with the next call
   * @throws {TypeError} if the piece is neither a string nor a `Uint8Array`
   */
  feed(chunk: string | Uint8Array): void;
  /**
   * Begins a new stream, and drops what is unfinished. With `consume`, an unfinished line is taken as a line first.
   * @example
   * parser.reset({ consume: true });
   */
  reset(options?: { consume?: boolean }): void;
}

/** What can be wrong with a stream. */
export type ErrorType = 'invalid-retry' | 'unknown-field' | 'max-buffer-size-exceeded';

/** Something in a stream that isn't as it should be. */
export class ParseError extends Error {
  override name = 'ParseError';
  /** What is wrong, by name. */
  type: ErrorType;
  /** The field's name, if the standard doesn't know it. */
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

/** So much of a line is quoted in a message. */
const QUOTED_LENGTH = 40;

/** Parsers that have thrown: their state is unknown, so they are never freed. */
const crashed: unknown[] = [];

/** The parser of `createParser` and of `EventSourceParserStream`. */
export class MessageParser implements EventSourceParser {
  readonly #config: ParserConfig;
  readonly #reportsIgnoredLines: boolean;
  #parser: EventStreamParser | undefined;
  /** An event whose `onId` has thrown. */
  #held: EventSourceMessage | undefined;
  /** Why nothing is taken any more. */
  #refusal: Error | undefined;

  constructor(config: ParserConfig, reportsIgnoredLines = config.onError !== undefined) {
    this.#config = config;
    this.#reportsIgnoredLines = reportsIgnoredLines;
  }

  feed(chunk: string | Uint8Array): void {
    if (this.#refusal) throw this.#refusal;
    if (!(chunk instanceof Uint8Array) && typeof chunk !== 'string' && !isBytes(chunk)) {
      throw new TypeError(
        `feed() expects a string or Uint8Array, got ${chunk === null ? 'null' : typeof chunk}`,
      );
    }
    this.#parser ??= this.#create();
    const parser = this.#parser;
    if (this.#held) this.#deliverHeld();
    try {
      parser.scan(chunk);
    } catch (cause) {
      this.#fail(cause);
    }
    parser.deliver();
    if (!parser.isTooLarge) return;
    this.#refusal = refusal('The limit "maxBufferSize" was exceeded');
    const { maxBufferSize = 'the default of 64 Mi' } = this.#config;
    const message = `The server sent a line or an event of more than ${maxBufferSize} bytes`;
    this.#config.onError?.(new ParseError(message, { type: 'max-buffer-size-exceeded' }));
  }

  reset(options?: { consume?: boolean }): void {
    const parser = this.#parser;
    const consume = options?.consume && !this.#refusal;
    this.#refusal = undefined;
    if (!parser) return;
    if (this.#held) this.#deliverHeld();
    try {
      parser.reset(consume);
    } catch (cause) {
      this.#fail(cause);
    }
    parser.deliver();
  }

  /** Frees its memory. */
  free(): void {
    this.#parser?.free();
    this.#parser = undefined;
  }

  #create(): EventStreamParser {
    const config = this.#config;
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
          this.#held = message;
          onId(id);
          this.#held = undefined;
        }
        if (message) onEvent?.(message);
      },
      onRetry,
      onComment,
      onIgnoredLine: this.#reportsIgnoredLines ? (line: string) => onError?.(toParseError(line)) : undefined,
    };
    return new EventStreamParser(sink, config.maxBufferSize ?? DEFAULT_MAX_EVENT_SIZE);
  }

  #deliverHeld(): void {
    const message = this.#held as EventSourceMessage;
    this.#held = undefined;
    this.#config.onEvent?.(message);
  }

  /** The core has trapped: nothing is taken until `reset`. */
  #fail(cause: unknown): never {
    crashed.push(this.#parser);
    this.#parser = undefined;
    this.#refusal = refusal('An unexpected exception ended this stream', cause);
    throw this.#refusal;
  }
}

/** Whether it is a `Uint8Array`, maybe of another realm. */
function isBytes(chunk: unknown): boolean {
  return ArrayBuffer.isView(chunk) && (chunk as Uint8Array).length === chunk.byteLength;
}

function refusal(reason: string, cause?: unknown): Error {
  return new Error(`${reason}; call reset() before the next stream is fed`, { cause });
}

/** The event of a block that has data. */
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
 * A parser that is fed piece by piece and calls back, with the interface of the package eventsource-parser. Its first
 * `feed` starts this package's WebAssembly module, synchronously.
 *
 * @throws {TypeError} if the argument isn't an object
 * @example
 * const parser = createParser({ onEvent: ({ event, data }) => show(event, data) });
 * for await (const chunk of response.body) parser.feed(chunk);
 */
export function createParser(config: ParserConfig): EventSourceParser {
  if (typeof config !== 'object' || config === null) {
    throw new TypeError(
      `createParser: the argument is ${config === null ? 'null' : typeof config}; it must be an object, such as { onEvent }`,
    );
  }
  const parser = new MessageParser(config);
  // Functions that may be taken out of it and handed around.
  return { feed: (chunk) => parser.feed(chunk), reset: (options) => parser.reset(options) };
}
