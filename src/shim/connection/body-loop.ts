/** The body loop: reads a response's body, parses it, and calls the handler of the connection. */

import type { EventSink } from '../parser/batch.js';
import { replacingDecoder } from '../parser/decoder.js';
import { EventStreamParser } from '../parser/event-stream-parser.js';
import { Failure } from './failure.js';
import { ignore } from './ignore.js';
import type { ConnectionPolicy } from './options.js';

/** What an API does with the body. Only `onBlock` may call code that throws. */
export interface BodyHandler {
  /** A chunk of the body has come; its length in bytes. */
  onBytes?: ((count: number) => void) | undefined;
  onBlock(
    data: string | undefined,
    type: string,
    id: string | undefined,
    retry: number | undefined,
    lastEventId: string,
  ): void;
  onRetry?: ((milliseconds: number) => void) | undefined;
  onComment?: ((comment: string) => void) | undefined;
  onIgnoredLine?: ((line: string) => void) | undefined;
  /** The body has ended: an unfinished event is handled as if a blank line had followed. */
  onUnfinished?: ((data: string, type: string, id: string | undefined) => void) | undefined;
  /** After each chunk. A promise pauses reading until it is fulfilled. */
  untilWanted?(): Promise<unknown> | undefined;
  /** Before the end of the body is reported. A promise delays that until it is fulfilled. */
  untilDelivered?(): Promise<unknown> | undefined;
}

/** What the loop reports to its connection. */
interface BodyEvents {
  /** The server set the reconnection time, in milliseconds. */
  onReconnectionTime(milliseconds: number): void;
  /** The body ended, with the number of an error in `failure.ts`. */
  onEnd(error: number, cause: unknown): void;
  /** The core trapped. */
  onCrash(cause: unknown): void;
}

type Reader = Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'> & { releaseLock?(): void };

/** The longest part of a refused response's body that is kept for the error, in bytes. */
const EXCERPT_SIZE = 65_536;

/** Large chunks are parsed in pieces of this many bytes: after a busy period, Firefox delivers one huge chunk. */
const PIECE_SIZE = 65_536;

/** How many IDs are kept to recognize events that are sent again. */
const REMEMBERED_IDS = 2_048;

/** The bodies of a connection, one after another. */
export class BodyLoop {
  /** The ID of the last event that was parsed. */
  lastEventId: string;
  /** The beginning of a refused response's body. */
  excerpt = '';

  readonly #policy: ConnectionPolicy;
  readonly #handler: BodyHandler;
  readonly #events: BodyEvents;
  readonly #inContext: <T>(call: () => T) => T;
  readonly #parser: EventStreamParser;

  #attempt = 0;
  #reader: Reader | undefined;
  #hasReceived = false;
  #handlerFailure: { cause: unknown } | undefined;
  #isFinishing = false;
  /** When the last byte came, in milliseconds; infinite while the user is busy. */
  #lastByte = 0;
  /** In which attempt an ID came first. */
  readonly #ids = new Map<string, number>();

  constructor(
    policy: ConnectionPolicy,
    handler: BodyHandler,
    inContext: <T>(call: () => T) => T,
    events: BodyEvents,
    lastEventId: string,
  ) {
    this.#policy = policy;
    this.#handler = handler;
    this.#inContext = inContext;
    this.#events = events;
    this.lastEventId = lastEventId;
    this.#ids.set(lastEventId, 0);
    this.#parser = new EventStreamParser(this.#sink(), policy.maxEventSize);
  }

  /** Whether any part of an event has come in this attempt. */
  get hasReceived(): boolean {
    return this.#hasReceived || this.#parser.isInEvent;
  }

  /** Milliseconds since the last byte; 0 while the user is busy. */
  get silence(): number {
    return Math.max(performance.now() - this.#lastByte, 0);
  }

  /** Another attempt begins. */
  begin(attempt: number): void {
    this.#attempt = attempt;
    this.excerpt = '';
    this.#hasReceived = false;
    this.#handlerFailure = undefined;
  }

  /** Takes the reader of an accepted response. Throws if there is none. */
  open(response: Response): void {
    this.#reader = readerOf(response);
    this.#parser.reset();
  }

  /** Reads the body to its end, unless the request is dropped. */
  async read(): Promise<void> {
    const reader = this.#reader;
    // Dropped while the response was announced. A `null` of a custom `fetch` fails below.
    if (reader === undefined) return;
    const handler = this.#handler;
    const hasIdleTimeout = this.#policy.idleTimeout !== Number.POSITIVE_INFINITY;
    const isOver = () => reader !== this.#reader;
    let error = Failure.End;
    let cause: unknown;
    try {
      reading: for (;;) {
        if (hasIdleTimeout) this.#lastByte = performance.now();
        error = Failure.Body;
        const { done, value } = await reader.read();
        if (isOver()) return;
        error = done ? Failure.End : Failure.Unreadable;
        if (done) break;
        const bytes = toBytes(value);
        handler.onBytes?.(bytes.length);
        for (let start = 0; start < bytes.length || start === 0; start += PIECE_SIZE) {
          const piece = bytes.length > PIECE_SIZE ? bytes.subarray(start, start + PIECE_SIZE) : bytes;
          if (!this.#parse(piece) || isOver()) return;
          const failure = this.#handlerFailure;
          const wanted = failure ? undefined : handler.untilWanted?.();
          if (wanted) {
            // Silence while the page is busy isn't the server's.
            this.#lastByte = Number.POSITIVE_INFINITY;
            await wanted;
            if (isOver()) return;
          }
          if (failure || this.#parser.isTooLarge) {
            error = failure ? Failure.Handler : Failure.TooLarge;
            cause = failure?.cause;
            break reading;
          }
        }
      }
      if (error === Failure.End && handler.onUnfinished) {
        this.#isFinishing = true;
        this.#inContext(() => this.#parser.finish());
        this.#isFinishing = false;
      }
    } catch (thrown) {
      if (isOver()) return;
      cause = thrown;
    }
    this.#lastByte = Number.POSITIVE_INFINITY;
    // Events that came before are delivered before the end is reported.
    const delivered = handler.untilDelivered?.();
    if (delivered) await delivered;
    if (!isOver()) this.#events.onEnd(error, cause);
  }

  /** Reads the excerpt. It may be incomplete: the error is about the response. */
  async readExcerpt(response: Response): Promise<void> {
    const decoder = replacingDecoder();
    let size = 0;
    try {
      const reader = readerOf(response);
      this.#reader = reader;
      while (size < EXCERPT_SIZE) {
        const { done, value } = await reader.read();
        if (done || reader !== this.#reader) break;
        const bytes = toBytes(value).subarray(0, EXCERPT_SIZE - size);
        size += bytes.length;
        this.excerpt += decoder.decode(bytes, { stream: true });
      }
    } catch {
      // What was read before is enough.
    }
  }

  /** The request was ended: its body is cancelled. */
  drop(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (!reader) return;
    // A custom `fetch` may ignore the signal, and its reader may be anything.
    ignore(() => reader.cancel?.());
    ignore(() => reader.releaseLock?.());
  }

  /** Frees the parser. */
  free(): void {
    this.drop();
    ignore(() => this.#parser.free());
  }

  #sink(): EventSink {
    const handler = this.#handler;
    /** Nothing is told of a request that was dropped. */
    const ifReading = (tell: ((text: string) => void) | undefined) =>
      tell && ((text: string) => this.#reader && tell(text));
    return {
      onBlock: (data, type, id, retry) => {
        if (!this.#reader || this.#handlerFailure) return;
        this.#hasReceived = true;
        try {
          if (this.#isFinishing) {
            if (data !== undefined) handler.onUnfinished?.(data, type, id);
            return;
          }
          if (id !== undefined) {
            this.lastEventId = id;
            if (this.#policy.dropsReplayed && id !== '' && this.#isReplayed(id)) return;
          }
          handler.onBlock(data, type, id, retry, this.lastEventId);
        } catch (cause) {
          this.#handlerFailure = { cause };
        }
      },
      onRetry: (milliseconds) => {
        this.#events.onReconnectionTime(milliseconds);
        handler.onRetry?.(milliseconds);
      },
      onComment: ifReading(handler.onComment),
      onIgnoredLine: ifReading(handler.onIgnoredLine),
    };
  }

  /** Whether an ID came in an earlier attempt. Remembers it. */
  #isReplayed(id: string): boolean {
    const ids = this.#ids;
    const first = ids.get(id) ?? this.#attempt;
    ids.set(id, first);
    if (ids.size > REMEMBERED_IDS) ids.delete(ids.keys().next().value as string);
    return first < this.#attempt;
  }

  /** False if the core has trapped. */
  #parse(bytes: Uint8Array): boolean {
    try {
      this.#inContext(() => this.#parser.feed(bytes));
      return true;
    } catch (cause) {
      this.#events.onCrash(cause);
      return false;
    }
  }
}

function readerOf({ body }: Response): Reader {
  // A response without a body has an empty one.
  return body === null ? emptyReader : body.getReader();
}

const emptyReader: Reader = {
  read: () => Promise.resolve({ done: true, value: undefined }),
  cancel: () => Promise.resolve(),
};

/** A chunk of a body, which may come from another realm or be something else. */
function toBytes(value: unknown): Uint8Array {
  const { buffer, byteOffset, byteLength, length } = value as Uint8Array;
  if (!ArrayBuffer.isView(value) || length !== byteLength) {
    throw new TypeError("a chunk of the response's body isn't a Uint8Array");
  }
  return value instanceof Uint8Array ? value : new Uint8Array(buffer, byteOffset, byteLength);
}
