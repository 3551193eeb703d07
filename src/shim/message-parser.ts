/** The Rust parser on its own: pieces of a stream in, callbacks out. One crossing for each piece. */

import { Batch, COMMENT_KIND, copied, decode, EVENT_KIND, IGNORED_KIND, RETRY_KIND } from './batch.js';
import { type Core, loadSync, startError } from './wasm/load.js';

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
   * Bytes of one line, or of one event's lines together, before the stream is refused. Default: 64 MiB, which no
   * honest server meets.
   */
  maxBufferSize?: number | undefined;
}

/** A parser that is fed. */
export interface EventSourceParser {
  /**
   * Takes the next piece of the stream, cut wherever it may be. Callbacks are called before this returns. What one of
   * them throws is thrown here; what came after it follows with the next call.
   */
  feed(chunk: string | Uint8Array): void;
  /**
   * Begins a new stream. What is unfinished is dropped; with `consume`, a line without its end is taken as a line
   * before that.
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

const LINE_END = Uint8Array.of(10);

/** Up to here bytes are copied faster one by one. */
const SHORT = 32;

/** The core's memory, and views of it, which are of no use any more when it has grown. */
let memory: WebAssembly.Memory | undefined;
let bytes = new Uint8Array();
let numbers = new Uint32Array();
/** Whether views tell that by being empty. To ask the memory for its buffer costs more. */
let isDetached = true;

type Parser = InstanceType<Core['StreamParser']>;

/** Parsers that have thrown: nobody knows their state, so they are never let go of. */
const crashed: unknown[] = [];

function viewMemory(): void {
  if (isDetached ? bytes.length > 0 : bytes.buffer === memory?.buffer) return;
  const { buffer } = memory as WebAssembly.Memory;
  isDetached = typeof WebAssembly === 'object' && memory instanceof WebAssembly.Memory;
  bytes = new Uint8Array(buffer);
  numbers = new Uint32Array(buffer);
}

/** The text of a batch, which may be the piece that was fed, no more and no less. */
function decodePart(start: number, size: number, piece: Uint8Array | undefined, parser: Parser): string {
  // Another view costs as much as a short text, but decoders refuse memory that is shared.
  const text = piece && decode(piece, false);
  if (text !== undefined) return text;
  const part = bytes.subarray(start, start + size);
  return decode(part, false) ?? decodeCorrected(part, parser);
}

function decodeCorrected(part: Uint8Array, parser: Parser): string {
  parser.correctRecords();
  return decode(part, true) as string;
}

/** The parser of both faces: `createParser` and `EventSourceParserStream`. */
export class MessageParser implements EventSourceParser {
  readonly #config: ParserConfig;
  readonly #reportsIgnoredLines: boolean;
  readonly #encoder = new TextEncoder();
  readonly #batches: Batch[] = [];
  #parser: Parser | undefined;
  /** Where the parser tells what is known after each piece: an index of `numbers`. */
  #known = 0;
  #isDelivering = false;
  /** The first half of a pair of surrogates at the end of a piece. */
  #half = '';
  /** Why nothing is taken any more. */
  #refusal: Error | undefined;

  constructor(config: ParserConfig, reportsIgnoredLines = config.onError !== undefined) {
    this.#config = config;
    this.#reportsIgnoredLines = reportsIgnoredLines;
  }

  feed(chunk: string | Uint8Array): void {
    if (this.#refusal) throw this.#refusal;
    const bytes = typeof chunk === 'string' ? this.#encode(chunk) : chunk;
    if (!ArrayBuffer.isView(bytes) || bytes.length !== bytes.byteLength) {
      throw new TypeError(`A piece of an event stream is ${typeof chunk}; it has to be text or a Uint8Array`);
    }
    const isTaken = this.#parse(bytes);
    if (!isTaken) this.#refusal = refusal('The limit "maxBufferSize" was exceeded');
    this.#deliver();
    if (!isTaken) {
      const { maxBufferSize = 'the default of 64 Mi' } = this.#config;
      const message = `The server sent a line or an event of more than ${maxBufferSize} bytes`;
      this.#config.onError?.(new ParseError(message, { type: 'max-buffer-size-exceeded' }));
    }
  }

  reset(options?: { consume?: boolean }): void {
    if (options?.consume && !this.#refusal && this.#parser?.isInLine()) this.#parse(LINE_END);
    this.#parser?.reset();
    this.#half = '';
    this.#refusal = undefined;
    this.#deliver();
  }

  /** Gives its memory back. */
  free(): void {
    this.#parser?.free();
    this.#letGo();
  }

  #letGo(): void {
    this.#parser = undefined;
    this.#known = 0;
  }

  #create(): Parser {
    const { maxBufferSize, onComment } = this.#config;
    let core: Core;
    try {
      core = loadSync();
    } catch (cause) {
      throw startError(cause);
    }
    memory ??= core.coreMemory() as WebAssembly.Memory;
    return new core.StreamParser(maxBufferSize, onComment !== undefined, this.#reportsIgnoredLines);
  }

  /**
   * Writes into the core's memory and reads from it: for pieces of a few bytes all else costs more than parsing. False
   * if a line or an event was longer than the limit. Throws what never should be thrown; what came before that would be
   * mixed with what comes after it, so nothing is taken until `reset()`.
   */
  #parse(piece: Uint8Array): boolean {
    this.#parser ??= this.#create();
    const parser = this.#parser;
    const { length } = piece;
    try {
      viewMemory();
      if (this.#known === 0 || length > (numbers[this.#known + 1] as number)) {
        this.#known = parser.space(length) / 4;
        viewMemory();
      }
      const known = this.#known;
      const start = numbers[known] as number;
      if (length > SHORT) bytes.set(piece, start);
      else for (let index = 0; index < length; index++) bytes[start + index] = piece[index] as number;
      parser.parse(length);
      viewMemory();
      const count = numbers[known + 5] as number;
      if (count > 0) {
        const text = numbers[known + 2] as number;
        const size = numbers[known + 3] as number;
        const records = (numbers[known + 4] as number) / 4;
        const whole = text === start && size === length ? piece : undefined;
        const decoded = decodePart(text, size, whole, parser);
        this.#batches.push(new Batch(decoded, copied(numbers, records, records + count)));
      }
      return numbers[known + 6] === 0;
    } catch (cause) {
      crashed.push(parser);
      this.#letGo();
      this.#refusal = refusal('An unexpected exception ended this stream', cause);
      throw this.#refusal;
    }
  }

  #encode(chunk: string): Uint8Array {
    const text = this.#half + chunk;
    const last = text.charCodeAt(text.length - 1);
    const isHalf = last >= 0xd800 && last < 0xdc00;
    this.#half = isHalf ? text.slice(-1) : '';
    return this.#encoder.encode(isHalf ? text.slice(0, -1) : text);
  }

  /** Calls back for all that has been parsed. A callback that feeds has its pieces called back for after this. */
  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      for (let batch = this.#batches[0]; batch; batch = this.#batches[0]) {
        while (!batch.isEmpty) this.#call(batch);
        this.#batches.shift();
      }
    } finally {
      this.#isDelivering = false;
    }
  }

  #call(batch: Batch): void {
    const config = this.#config;
    const kind = batch.take();
    const { id, value } = batch;
    if (id !== undefined) config.onId?.(id);
    if (kind === EVENT_KIND) config.onEvent?.(toMessage(batch));
    else if (kind === RETRY_KIND) config.onRetry?.(batch.retry);
    else if (kind === COMMENT_KIND) config.onComment?.(value);
    else if (kind === IGNORED_KIND) config.onError?.(toParseError(value));
  }
}

function refusal(reason: string, cause?: unknown): Error {
  return new Error(`${reason}; call reset() before the next stream is fed`, { cause });
}

/** The event that a batch's last entry is. */
export function toMessage({ id, type, value }: Batch): EventSourceMessage {
  return { id, event: type || undefined, data: value };
}

function toParseError(line: string): ParseError {
  const [, field = '', value = ''] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line) ?? [];
  if (field === 'retry') {
    const message = `The value of "retry" is "${quote(value)}"; it has to be digits`;
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
 */
export function createParser(config: ParserConfig): EventSourceParser {
  if (typeof config !== 'object' || config === null) {
    throw new TypeError(
      `createParser: the argument is ${config === null ? 'null' : typeof config}; it has to be an object, such as { onEvent }`,
    );
  }
  const parser = new MessageParser(config);
  // Functions that may be taken out of it and handed around.
  return { feed: (chunk) => parser.feed(chunk), reset: (options) => parser.reset(options) };
}
