/** The body loop: reads a response's body, parses it, and calls the connection's handler. */

import type { EventSink } from '../parser/batch.js';
import { replacingDecoder } from '../parser/decoder.js';
import { EventStreamParser } from '../parser/event-stream-parser.js';
import type { InContext } from '../platform.js';
import { Failure } from './failure.js';
import { ignore } from './ignore.js';
import type { ConnectionPolicy } from './options.js';

/** An API's callbacks for the body. Only `onBlock` may throw. */
export interface BodyHandler {
  /** A chunk of the body arrived, with its length in bytes. */
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
  /** Called with an event that the end of the body has cut off, as if a blank line had followed. */
  onUnfinished?: ((data: string, type: string, id: string | undefined) => void) | undefined;
  /** Called after each chunk. A returned promise pauses reading until it is fulfilled. */
  untilWanted?(): Promise<unknown> | undefined;
  /** Called before the end of the body is reported. A returned promise delays the report until it is fulfilled. */
  untilDelivered?(): Promise<unknown> | undefined;
}

/** The loop's callbacks to its connection. */
interface BodyEvents {
  /** The server set the reconnection time, in milliseconds. */
  onReconnectionTime(milliseconds: number): void;
  /** The body ended, with the number of an error in `failure.ts`. */
  onEnd(error: number, cause: unknown): void;
  /** The core trapped. */
  onCrash(cause: unknown): void;
}

type Reader = Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'> & { releaseLock?(): void };

/** The maximum size of a refused response's excerpt, the `body` of the error, in bytes. */
const EXCERPT_SIZE = 65_536;

/** Large chunks are parsed in pieces of this many bytes: after a busy period, Firefox delivers one huge chunk. */
const PIECE_SIZE = 65_536;

/** How many IDs are stored to recognize events that are sent again. */
const REMEMBERED_IDS = 2_048;

/** Reads the bodies of a connection, one after another. */
export class BodyLoop {
  /** The ID of the last event that was parsed. */
  lastEventId: string;
  /** The beginning of a refused response's body. */
  excerpt = '';

  readonly #policy: ConnectionPolicy;
  readonly #handler: BodyHandler;
  readonly #events: BodyEvents;
  readonly #inContext: InContext;
  readonly #parser: EventStreamParser;
  /** One function for all chunks. */
  readonly #feed = (bytes: Uint8Array) => this.#parser.feed(bytes);

  #attempt = 0;
  #reader: Reader | undefined;
  #hasReceived = false;
  #handlerFailure: { cause: unknown } | undefined;
  #isFinishing = false;
  /** The time of the last byte, in milliseconds. Infinite while reading is paused. */
  #lastByte = 0;
  /** Whether bytes have arrived, or reading has continued, since the timer was set. */
  #isHeard = false;
  /** The attempt in which each ID arrived first. */
  readonly #ids = new Map<string, number>();

  constructor(
    policy: ConnectionPolicy,
    handler: BodyHandler,
    inContext: InContext,
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

  /** Whether any part of an event has arrived in this attempt. */
  get hasReceived(): boolean {
    return this.#hasReceived || this.#parser.isInEvent;
  }

  /**
   * Milliseconds since the last byte, when the timer has fired. 0 while reading is paused. Infinite if nothing has
   * arrived since the timer was set: fake timers may leave the clock alone.
   */
  takeSilence(): number {
    const silence = performance.now() - this.#lastByte;
    const isHeard = this.#isHeard;
    this.#isHeard = false;
    return silence < 0 ? 0 : isHeard ? silence : Number.POSITIVE_INFINITY;
  }

  /** Starts another attempt. */
  begin(attempt: number): void {
    this.#attempt = attempt;
    this.excerpt = '';
    this.#hasReceived = this.#isHeard = false;
    this.#handlerFailure = undefined;
  }

  /** Gets the reader of an accepted response. Throws if that fails. */
  open(response: Response): void {
    this.#reader = readerOf(response);
    this.#parser.reset();
  }

  /** Reads the body to its end, unless the request is dropped. */
  async read(): Promise<void> {
    const reader = this.#reader;
    // The request was dropped in a listener of `open`. A `null` from a custom `fetch` fails below.
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
        this.#isHeard = true;
        error = done ? Failure.End : Failure.Unreadable;
        if (done) break;
        const bytes = toBytes(value);
        handler.onBytes?.(bytes.length);
        for (let start = 0; start < bytes.length || start === 0; start += PIECE_SIZE) {
          const piece = bytes.length > PIECE_SIZE ? bytes.subarray(start, start + PIECE_SIZE) : bytes;
          try {
            this.#inContext(this.#feed, piece);
          } catch (crash) {
            this.#events.onCrash(crash);
          }
          if (isOver()) return;
          const failure = this.#handlerFailure;
          const wanted = failure ? undefined : handler.untilWanted?.();
          if (wanted) {
            // The idle timeout doesn't run while reading is paused: the server isn't the cause.
            this.#lastByte = Number.POSITIVE_INFINITY;
            await wanted;
            if (isOver()) return;
            this.#isHeard = true;
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
    // Events are delivered before the end is reported.
    const delivered = handler.untilDelivered?.();
    if (delivered) await delivered;
    if (!isOver()) this.#events.onEnd(error, cause);
  }

  /** Reads the excerpt. If that fails, the excerpt is shorter: the error to report is that of the response. */
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
      // The text that was read before is enough.
    }
  }

  /** Cancels the body, after its request was ended. */
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
    /** Ignores the rest of a request that was dropped. */
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

  /** Stores an ID, and returns whether it arrived in an earlier attempt. */
  #isReplayed(id: string): boolean {
    const ids = this.#ids;
    const first = ids.get(id) ?? this.#attempt;
    ids.set(id, first);
    if (ids.size > REMEMBERED_IDS) ids.delete(ids.keys().next().value as string);
    return first < this.#attempt;
  }
}

function readerOf({ body }: Response): Reader {
  // A response without a body is treated as one with an empty body.
  return body === null ? emptyReader : body.getReader();
}

const emptyReader: Reader = {
  read: () => Promise.resolve({ done: true, value: undefined }),
  cancel: () => Promise.resolve(),
};

/** Checks a chunk of a body. A `Uint8Array` may be of another realm. */
function toBytes(value: unknown): Uint8Array {
  const { byteLength, length } = value as Uint8Array;
  if (!ArrayBuffer.isView(value) || length !== byteLength) {
    throw new TypeError("a chunk of the response's body isn't a Uint8Array");
  }
  if (value instanceof Uint8Array) return value;
  // Read only here, because engines may have to copy a short array to give it a buffer.
  const { buffer, byteOffset } = value as Uint8Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
