/**
 * A connection, for all APIs: performs the actions of the Rust driver (`ConnectionDelegate` in
 * `src/browser/bindings.rs`), reads the body, and feeds back the results. Rust decides.
 */

import { report } from '../event-source/scheduler.js';
import type { ErrorDetails } from '../events.js';
import { observePage } from '../page.js';
import { replacingDecoder } from '../parser/decoder.js';
import { EventStreamParser } from '../parser/event-stream-parser.js';
import { captureContext } from '../platform.js';
import type { RequestSpec } from '../request.js';
import { type Core, callCore, load, writeText } from '../wasm/load.js';
import {
  BODY,
  describe,
  END,
  HANDLER,
  internalFailure,
  REJECTED,
  REQUEST_NOT_MADE,
  startFailure,
  TOO_LARGE,
  UNREADABLE,
} from './failure.js';
import type { ConnectionPolicy } from './options.js';

/** An API's callbacks. Only `onBlock`, `accept` and `decide` may call code that throws. */
export interface ConnectionHandler {
  /** Awaited before the first request. */
  begin?(): unknown;
  /** The request of an attempt, or a promise of it. `resumes` asks for the request that resumes. */
  prepare(attempt: number, resumes: boolean): ConnectionRequest | Promise<ConnectionRequest>;
  /** Throws, rejects or returns `false` if the response isn't accepted. */
  accept?: ((response: Response) => unknown) | undefined;
  opened?(response: Response): void;
  /** A chunk of the body has arrived; its length in bytes. */
  onBytes?: ((count: number) => void) | undefined;
  onBlock(data: string | undefined, type: string, id: string | undefined, retry: number | undefined): void;
  onRetry?: ((milliseconds: number) => void) | undefined;
  onComment?: ((comment: string) => void) | undefined;
  onIgnoredLine?: ((line: string) => void) | undefined;
  /** The body has ended: completes an unfinished event as if a blank line had followed. */
  onUnfinished?: ((data: string, type: string, id: string | undefined) => void) | undefined;
  /** Called after each chunk. If it returns a promise, reading pauses until it is fulfilled. */
  untilWanted?(): Promise<unknown> | undefined;
  /** Called before the body's end is announced. If it returns a promise, that waits until it is fulfilled. */
  untilDelivered?(): Promise<unknown> | undefined;
  /** Returns a number of milliseconds, `false` to stop, anything else for the default; or a promise of these. */
  decide?(error: ErrorDetails): unknown;
  failed(error: ErrorDetails): void;
  paused?(): void;
  completed(): void;
}

/** The arguments of `fetch`. */
export interface ConnectionRequest extends Omit<RequestSpec, 'url'> {
  url: string | Request;
}

/** Inputs besides the numbers of errors, as in `input` in `src/browser/driver.rs`. */
const START = 16;
const ACCEPTED = 17;
const EXCERPT_READ = 18;
const PROBED = 19;
const RECONNECTION_TIME = 20;
const TIMER = 21;
const DECIDED = 22;
const PAGE = 23;
const NETWORK = 24;
const CLOSE = 25;
const ABANDON = 27;

/** Actions of the driver, as in `action` in `src/browser/bindings.rs`. */
const DROP = 0;
const PROBE = 1;
const ACCEPT = 2;
const OPEN = 3;
const READ_EXCERPT = 4;
const PAUSE = 5;

/** Options as bits, as in `flag` in `src/browser/mod.rs`. */
const RETRY_AFTER = 1;
const CAN_RESUME = 2;
const ASKS_TO_ACCEPT = 4;
const PAUSES_WHEN_HIDDEN = 8;
const PROBES_CORS = 16;
const OWN_FETCH = 32;

/** The longest part of a refused response's body that is kept for the error, in bytes. */
const EXCERPT_SIZE = 65_536;

/** Large chunks are parsed in pieces of this many bytes: after a busy period, Firefox delivers one huge chunk. */
const PIECE_SIZE = 65_536;

/** How many IDs are remembered to recognize events that are sent again. */
const REMEMBERED_IDS = 2_048;

type Reader = Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'> & { releaseLock?(): void };

/** Connections that have trapped: their state is unknown, so that they are never freed. */
const crashed: unknown[] = [];

/** A connection, from the request to the last event. It starts when the script that made it has ended. */
export class Connection {
  readonly #policy: ConnectionPolicy;
  readonly #handler: ConnectionHandler;
  /** Runs code in the async context in which the connection was made. */
  readonly #inContext = captureContext();

  #driver: InstanceType<Core['Connection']> | undefined;
  #parser: EventStreamParser | undefined;
  /** How many calls of the driver are running: it can't be freed meanwhile. */
  #depth = 0;
  #isEnded = false;
  #stopObserving: (() => void) | undefined;

  /** Changes when a request is ended: its later results are ignored. */
  #turn = 0;
  #attempt = 0;
  #lastEventId: string;
  #response: Response | undefined;
  #reader: Reader | undefined;
  #excerpt: string | undefined;
  #cause: unknown;
  #hasReceived = false;
  #handlerFailure: { cause: unknown } | undefined;
  #isFinishing = false;
  /** When the last byte arrived, in milliseconds; infinite while the user is busy. */
  #lastByte = 0;
  /** The attempt in which an ID first arrived. */
  readonly #ids = new Map<string, number>();

  constructor(policy: ConnectionPolicy, handler: ConnectionHandler) {
    this.#policy = policy;
    this.#handler = handler;
    this.#lastEventId = policy.lastEventId;
    this.#start();
  }

  /** The ID of the last event that was parsed. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  set lastEventId(id: string) {
    this.#lastEventId = id;
  }

  /** The number of the last request. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Ends the request, its body and all timers. The handler isn't called any more. */
  close(): void {
    this.enter(CLOSE);
    this.#end();
  }

  async #start(): Promise<void> {
    const policy = this.#policy;
    try {
      const core = await load();
      const begun = this.#inContext(() => this.#handler.begin?.());
      if (begun) await begun;
      if (this.#isEnded) return;
      this.#ids.set(this.#lastEventId, 0);
      this.#parser = new EventStreamParser(core, this.#sink(), policy.maxEventSize);
      const { protocol = '', host = '' } = policy.url ? new URL(policy.url) : {};
      const facts = `${policy.method} ${protocol} ${host} ${policy.statuses.join('')}`;
      this.#driver = new core.Connection(
        this,
        writeText(facts),
        (policy.heedsRetryAfter ? RETRY_AFTER : 0) |
          (policy.canResume ? CAN_RESUME : 0) |
          (this.#handler.accept ? ASKS_TO_ACCEPT : 0) |
          (policy.pausesWhenHidden ? PAUSES_WHEN_HIDDEN : 0) |
          (policy.probesCors ? PROBES_CORS : 0) |
          (policy.fetch ? OWN_FETCH : 0),
        policy.rules,
        policy.initialDelay,
        policy.factor,
        policy.jitter,
        policy.maxDelay,
        policy.maxAttempts,
        policy.maxTime,
        policy.resetAfter,
        policy.connectTimeout,
        policy.idleTimeout,
      );
    } catch (cause) {
      this.#end();
      this.#inContext(() => this.#handler.failed(startFailure(cause)));
      return;
    }
    try {
      this.#stopObserving = observePage(
        {
          setPage: (isHidden, isFrozen) => this.enter(PAGE, Number(isHidden) + 2 * Number(isFrozen)),
          setNetwork: (isThere) => this.enter(NETWORK, Number(isThere)),
        },
        () => {
          this.close();
          const message = 'window.stop() ended the connection';
          this.#handler.failed({ kind: 'network', message, attempt: this.#attempt });
        },
      );
    } catch (cause) {
      this.#crash(cause);
    }
    this.enter(START);
  }

  #sink() {
    const handler = this.#handler;
    return {
      onBlock: (
        data: string | undefined,
        type: string,
        id: string | undefined,
        retry: number | undefined,
      ) => {
        if (!this.#reader || this.#handlerFailure) return;
        this.#hasReceived = true;
        try {
          if (this.#isFinishing) {
            if (data !== undefined) handler.onUnfinished?.(data, type, id);
            return;
          }
          if (id !== undefined) {
            this.#lastEventId = id;
            if (this.#policy.dropsReplayed && id !== '' && this.#isReplayed(id)) return;
          }
          handler.onBlock(data, type, id, retry);
        } catch (cause) {
          this.#handlerFailure = { cause };
        }
      },
      onRetry: (milliseconds: number) => {
        this.enter(RECONNECTION_TIME, milliseconds);
        handler.onRetry?.(milliseconds);
      },
      onComment: handler.onComment && ((comment: string) => this.#reader && handler.onComment?.(comment)),
      onIgnoredLine:
        handler.onIgnoredLine && ((line: string) => this.#reader && handler.onIgnoredLine?.(line)),
    };
  }

  /** Whether an ID arrived in an earlier attempt. Remembers it. */
  #isReplayed(id: string): boolean {
    const ids = this.#ids;
    const first = ids.get(id) ?? this.#attempt;
    ids.set(id, first);
    if (ids.size > REMEMBERED_IDS) ids.delete(ids.keys().next().value as string);
    return first < this.#attempt;
  }

  // The methods that the driver calls.

  /** Feeds the driver. */
  enter(input: number, number = 0): void {
    if (input === TIMER) {
      const silence = Math.max(performance.now() - this.#lastByte, 0);
      number = this.#hasReceivedAny() ? silence : -silence;
    }
    this.#call((driver) => driver.feed(input, number));
  }

  prepare(attempt: number, resumes: boolean): void {
    this.#attempt = attempt;
    this.#response = this.#excerpt = this.#cause = this.#handlerFailure = undefined;
    this.#hasReceived = false;
    this.#settle(
      () => this.#handler.prepare(attempt, resumes),
      ({ url, headers, init }) => {
        const send = (this.#policy.fetch ?? globalThis.fetch) as typeof fetch | undefined;
        if (!send) {
          this.#fail(REQUEST_NOT_MADE, new TypeError('eventsource-wasm needs fetch, which is missing here'));
          return;
        }
        // An async function returns a native promise, even if the user's function returns a thenable.
        this.#call((driver) =>
          driver.send(async (url: string, init: RequestInit) => send(url, init), url, { ...init, headers }),
        );
      },
      REQUEST_NOT_MADE,
    );
  }

  respond(response: Response): number {
    const { status, headers } = response;
    this.#response = response;
    return writeText(`${status}\n${headers.get('Retry-After') ?? ''}\n${headers.get('Content-Type') ?? ''}`);
  }

  discard(response: Response): void {
    ignore(() => response.body?.cancel());
  }

  caught(cause: unknown): void {
    this.#cause = cause;
  }

  act(action: number): void {
    const handler = this.#handler;
    switch (action) {
      case DROP:
        this.#drop();
        break;
      case PROBE:
        this.#settle(
          () => this.#probe(),
          (answers) => this.enter(PROBED, Number(answers)),
          END,
        );
        break;
      case ACCEPT:
        this.#settle(
          () => handler.accept?.(this.#response as Response),
          (answer) => {
            if (answer === false) this.#fail(REJECTED, new Error('the option "accept" returned false'));
            else this.enter(ACCEPTED);
          },
          REJECTED,
        );
        break;
      case OPEN:
        this.#open();
        break;
      case READ_EXCERPT:
        this.#readExcerpt();
        break;
      case PAUSE:
        handler.paused?.();
        break;
      default:
        this.#end();
        handler.completed();
    }
  }

  fail(error: number, asked: boolean, delay: number, attempts: number, retryAfter: number): void {
    const handler = this.#handler;
    const { kind, message, response } = describe(error, { ...this.#policy, response: this.#response });
    const details: ErrorDetails = {
      kind,
      message: attempts > 0 ? `${message}; given up after ${attempts} attempts` : message,
      attempt: this.#attempt,
      cause: this.#cause,
      response,
      body: response && this.#excerpt,
      delay: delay < 0 ? undefined : delay,
      retryAfter: Number.isNaN(retryAfter) ? undefined : retryAfter,
    };
    if (asked) {
      this.#settle(
        () => handler.decide?.(details),
        (answer) => {
          const time = answer === false ? -1 : typeof answer === 'number' ? Math.max(answer, 0) : Number.NaN;
          this.enter(DECIDED, time);
        },
        -1,
      );
      return;
    }
    if (delay < 0) this.#end();
    handler.failed(details);
  }

  /** Runs something that may be async and may throw. Ignores its result after the request was ended. */
  #settle<T>(work: () => T | Promise<T>, then: (value: T) => void, error: number): void {
    const turn = this.#turn;
    const failed = (cause: unknown) => {
      if (turn !== this.#turn || this.#isEnded) return;
      this.#cause = cause;
      if (error < 0) this.enter(DECIDED, -1);
      else this.enter(error);
    };
    const succeeded = (value: T) => {
      if (turn === this.#turn && !this.#isEnded) then(value);
    };
    let value: T | Promise<T>;
    try {
      value = work();
    } catch (cause) {
      failed(cause);
      return;
    }
    // A promise of another realm or library counts too.
    if (typeof (value as Promise<T> | undefined)?.then === 'function') {
      (async () => {
        let settled: T;
        try {
          settled = await value;
        } catch (cause) {
          failed(cause);
          return;
        }
        succeeded(settled);
      })();
    } else {
      succeeded(value as T);
    }
  }

  #fail(error: number, cause?: unknown): void {
    this.#cause = cause;
    this.enter(error, Number(this.#hasReceivedAny()));
  }

  /** Whether any part of an event has arrived. */
  #hasReceivedAny(): boolean {
    return this.#hasReceived || this.#parser?.isInEvent === true;
  }

  /** Whether the server responds to a request without CORS. */
  async #probe(): Promise<boolean> {
    const abort = new AbortController();
    try {
      await fetch(this.#policy.url, {
        mode: 'no-cors',
        cache: 'no-store',
        credentials: this.#policy.credentials,
        signal: abort.signal,
      });
      return true;
    } catch {
      return false;
    } finally {
      abort.abort();
    }
  }

  #open(): void {
    const response = this.#response as Response;
    try {
      this.#reader = readerOf(response);
    } catch (cause) {
      this.#fail(UNREADABLE, cause);
      return;
    }
    this.#parser?.reset();
    this.#handler.opened?.(response);
    this.#read(this.#reader, this.#turn);
  }

  /** Reads the body to its end. */
  async #read(reader: Reader, turn: number): Promise<void> {
    const handler = this.#handler;
    const hasIdleTimeout = this.#policy.idleTimeout !== Number.POSITIVE_INFINITY;
    const isOver = () => turn !== this.#turn || this.#isEnded;
    let error = END;
    let cause: unknown;
    try {
      for (;;) {
        if (hasIdleTimeout) this.#lastByte = performance.now();
        error = BODY;
        const { done, value } = await reader.read();
        if (isOver()) return;
        error = done ? END : UNREADABLE;
        if (done) break;
        const bytes = toBytes(value);
        handler.onBytes?.(bytes.length);
        for (let start = 0; start < bytes.length || start === 0; start += PIECE_SIZE) {
          const piece = bytes.length > PIECE_SIZE ? bytes.subarray(start, start + PIECE_SIZE) : bytes;
          if (!this.#parse(piece) || isOver()) return;
          const wanted = this.#handlerFailure ? undefined : handler.untilWanted?.();
          if (wanted) {
            // A page that was busy isn't a silent server.
            this.#lastByte = Number.POSITIVE_INFINITY;
            await wanted;
            if (isOver()) return;
          }
          if (this.#handlerFailure || this.#parser?.isTooLarge) break;
        }
        if (this.#handlerFailure) {
          ({ cause } = this.#handlerFailure);
          error = HANDLER;
          break;
        }
        if (this.#parser?.isTooLarge) {
          error = TOO_LARGE;
          break;
        }
      }
      if (error === END && handler.onUnfinished) {
        this.#isFinishing = true;
        this.#inContext(() => this.#parser?.finish());
        this.#isFinishing = false;
      }
    } catch (thrown) {
      if (isOver()) return;
      cause = thrown;
    }
    this.#lastByte = Number.POSITIVE_INFINITY;
    // Events are delivered before the end is announced.
    const delivered = handler.untilDelivered?.();
    if (delivered) await delivered;
    if (!isOver()) this.#fail(error, cause);
  }

  /** False if the core has trapped. */
  #parse(bytes: Uint8Array): boolean {
    try {
      this.#inContext(() => this.#parser?.feed(bytes));
      return true;
    } catch (cause) {
      this.#crash(cause);
      return false;
    }
  }

  /** Reads the beginning of a refused response's body. */
  async #readExcerpt(): Promise<void> {
    const turn = this.#turn;
    const decoder = replacingDecoder();
    let size = 0;
    this.#excerpt = '';
    try {
      const reader = readerOf(this.#response as Response);
      this.#reader = reader;
      while (size < EXCERPT_SIZE) {
        const { done, value } = await reader.read();
        if (done || turn !== this.#turn) break;
        const bytes = toBytes(value).subarray(0, EXCERPT_SIZE - size);
        size += bytes.length;
        this.#excerpt += decoder.decode(bytes, { stream: true });
      }
    } catch {
      // The error is about the response; this is as much of its body as there is.
    }
    if (turn === this.#turn) this.enter(EXCERPT_READ);
  }

  #drop(): void {
    this.#turn++;
    const reader = this.#reader;
    this.#reader = undefined;
    if (!reader) return;
    // A custom fetch may ignore the signal.
    // Its reader may be anything.
    ignore(() => reader.cancel?.());
    ignore(() => reader.releaseLock?.());
  }

  /** All calls into the driver go through here: a trap or an exception in it ends this connection, and no other. */
  #call(call: (driver: InstanceType<Core['Connection']>) => void): void {
    const driver = this.#driver;
    if (!driver || this.#isEnded) return;
    this.#depth++;
    try {
      callCore(() => this.#inContext(() => call(driver)));
    } catch (cause) {
      this.#crash(cause);
    }
    this.#depth--;
    if (this.#isEnded) this.#end();
  }

  #crash(cause: unknown): void {
    const driver = this.#driver;
    this.#driver = undefined;
    crashed.push(driver, this.#parser);
    this.#parser = undefined;
    if (driver) ignore(() => driver.feed(ABANDON, 0));
    const isTold = this.#isEnded;
    this.#end();
    if (!isTold) this.#handler.failed(internalFailure(this.#attempt, cause));
  }

  /** Frees everything. */
  #end(): void {
    this.#isEnded = true;
    ignore(() => this.#stopObserving?.());
    this.#stopObserving = undefined;
    if (this.#depth > 0) return;
    this.#drop();
    const driver = this.#driver;
    const parser = this.#parser;
    this.#driver = this.#parser = undefined;
    ignore(() => driver?.free());
    ignore(() => parser?.free());
  }
}

function readerOf({ body }: Response): Reader {
  // A response without a body has an empty one.
  return body === null ? emptyReader : body.getReader();
}

const emptyReader: Reader = {
  read: () => Promise.resolve({ done: true, value: undefined }),
  cancel: () => Promise.resolve(),
  releaseLock: () => {},
};

/** Checks a chunk of a body, which may be another realm's or not bytes at all. */
function toBytes(value: unknown): Uint8Array {
  const { buffer, byteOffset, byteLength, length } = value as Uint8Array;
  if (!ArrayBuffer.isView(value) || length !== byteLength) {
    throw new TypeError("a chunk of the response's body isn't a Uint8Array");
  }
  return value instanceof Uint8Array ? value : new Uint8Array(buffer, byteOffset, byteLength);
}

/** Runs something whose failure doesn't matter. */
function ignore(work: () => unknown): void {
  try {
    const done = work() as Promise<unknown> | undefined;
    done?.then?.(undefined, () => {});
  } catch (error) {
    report(error);
  }
}
