/**
 * A connection, for all APIs: performs the actions of the Rust driver (`ConnectionDelegate` in `src/browser/bindings.rs`).
 */

import type { ErrorDetails } from '../event-source/event-classes.js';
import { captureContext } from '../platform.js';
import { callCore, disconnect, feed, load, writeText } from '../wasm/load.js';
import { type BodyHandler, BodyLoop } from './body-loop.js';
import { respondsWithoutCors } from './cors-probe.js';
import { Action, Input, newDriver } from './driver-boundary.js';
import { describe, Failure, internalFailure, requestFailure, startFailure } from './failure.js';
import { discard, ignore } from './ignore.js';
import type { ConnectionPolicy } from './options.js';
import { observePage } from './page-lifecycle.js';
import type { RequestSpec } from './request-factory.js';

/** An API's callbacks. Only `begin`, `prepare`, `onBlock`, `accept` and `decide` may throw. */
export interface ConnectionHandler extends BodyHandler {
  /** Called and awaited before the first request. */
  begin?(): unknown;
  /** Builds the request of an attempt. `resumes` asks for the user's `resume` request. */
  prepare(attempt: number, lastEventId: string, resumes: boolean): Prepared;
  /** The request is about to be sent. */
  sending?(request: ConnectionRequest, attempt: number): void;
  /** Throws, rejects or returns `false` if the response isn't accepted. */
  accept?: ((response: Response) => unknown) | undefined;
  opened?(response: Response, attempt: number): void;
  /** Returns a number of milliseconds, `false` to stop, anything else for the default, or a promise of these. */
  decide?(error: ErrorDetails): unknown;
  failed(error: ErrorDetails): void;
  paused?(): void;
  completed(): void;
}

/** The arguments of `fetch`. */
export interface ConnectionRequest extends Omit<RequestSpec, 'url'> {
  url: string | Request;
}
type Prepared = ConnectionRequest | Promise<ConnectionRequest>;

/** The bodies of connections that have trapped. Their state is unknown, so they are never freed. */
const crashed: unknown[] = [];

/** A connection, from the first request to the last event. It starts after the script that created it. */
export class Connection {
  readonly #policy: ConnectionPolicy;
  readonly #handler: ConnectionHandler;
  /** Runs code in the async context in which the connection was created. */
  readonly #inContext = captureContext();

  /** The address of the Rust driver, or 0. */
  #driver = 0;
  #body: BodyLoop | undefined;
  /** The number of running calls into the driver. It can't be freed while there are any. */
  #depth = 0;
  #isEnded = false;
  #stopObserving: (() => void) | undefined;
  /** Changes when a request is ended, so that its later results are ignored. */
  #turn = 0;
  #attempt = 0;
  /** The prepared request, until the driver sends it. */
  #request: ConnectionRequest | undefined;
  #lastEventId: string;
  #response: Response | undefined;
  #cause: unknown;
  /** Aborts the request, or the probe after it. */
  #abort: AbortController | undefined;

  constructor(policy: ConnectionPolicy, handler: ConnectionHandler) {
    this.#policy = policy;
    this.#handler = handler;
    this.#lastEventId = policy.lastEventId;
    this.#start();
  }

  /** The ID of the last event that was parsed. */
  get lastEventId(): string {
    return this.#body?.lastEventId ?? this.#lastEventId;
  }

  /** Only before the first request. */
  set lastEventId(id: string) {
    this.#lastEventId = id;
  }

  /** Ends the request, its body and all timers. The handler isn't called any more. */
  close(): void {
    this.enter(Input.Close);
    this.#end();
  }

  get #fetch(): typeof fetch | undefined {
    return (this.#policy.fetch ?? globalThis.fetch) as typeof fetch | undefined;
  }

  async #start(): Promise<void> {
    const policy = this.#policy;
    try {
      await load();
      const begun = this.#inContext(() => this.#handler.begin?.());
      if (begun) await begun;
      if (this.#isEnded) return;
      this.#body = new BodyLoop(policy, this.#handler, this.#inContext, this, this.#lastEventId);
      this.#driver = newDriver(this, policy, this.#handler.accept !== undefined);
    } catch (cause) {
      this.#end();
      this.#inContext(() => this.#handler.failed(startFailure(cause)));
      return;
    }
    try {
      this.#stopObserving = observePage(
        {
          setPage: (isHidden, isFrozen) => this.enter(Input.Page, Number(isHidden) + 2 * Number(isFrozen)),
          setNetwork: (isThere) => this.enter(Input.Network, Number(isThere)),
          stop: () => {
            this.close();
            const message = 'window.stop() ended the connection';
            this.#handler.failed({ kind: 'network', message, attempt: this.#attempt });
          },
        },
        () => this.enter(Input.Start),
      );
      if (this.#isEnded) this.#end();
    } catch (cause) {
      this.onCrash(cause);
    }
  }

  // The callbacks of the body loop.

  onReconnectionTime(milliseconds: number): void {
    this.enter(Input.ReconnectionTime, milliseconds);
  }

  onEnd(error: number, cause?: unknown): void {
    this.#cause = cause;
    this.enter(error, Number(this.#body?.hasReceived === true));
  }

  onCrash(cause: unknown): void {
    const driver = this.#driver;
    this.#driver = 0;
    const body = this.#body;
    this.#body = undefined;
    body?.drop();
    crashed.push(body);
    if (driver) ignore(() => feed(driver, Input.Abandon, 0));
    const isTold = this.#isEnded;
    this.#end();
    if (!isTold) this.#handler.failed(internalFailure(this.#attempt, cause));
  }

  // The methods that the driver calls.

  /**
   * Feeds an input to the driver. All calls of the driver use this method, so that a trap or an exception ends this
   * connection only.
   */
  enter(input: number, number = 0): void {
    const driver = this.#driver;
    if (!driver || this.#isEnded) return;
    if (input === Input.Timer && this.#body) {
      const silence = this.#body.takeSilence();
      number = this.#body.hasReceived ? silence : -silence;
    }
    this.#depth++;
    try {
      callCore(() => this.#inContext(() => feed(driver, input, number)));
    } catch (cause) {
      this.onCrash(cause);
    }
    this.#depth--;
    if (this.#isEnded) this.#end();
  }

  prepare(attempt: number, resumes: boolean): void {
    this.#attempt = attempt;
    this.#response = this.#cause = undefined;
    this.#body?.begin(attempt);
    this.#settle(
      () => this.#handler.prepare(attempt, this.lastEventId, resumes),
      (request) => {
        this.#handler.sending?.(request, attempt);
        if (this.#fetch) {
          this.#request = request;
          this.enter(Input.Send);
        } else {
          const cause = new TypeError('eventsource-wasm needs fetch, which is missing here');
          this.onEnd(Failure.RequestNotMade, cause);
        }
      },
      Failure.RequestFunction,
    );
  }

  /** Sends the prepared request. `async`, because the user's function may throw or return any thenable. */
  async fetch(abort: AbortController): Promise<Response> {
    const turn = this.#turn;
    this.#abort = abort;
    const { url, headers, init } = this.#request as ConnectionRequest;
    this.#request = undefined;
    const send = this.#fetch as typeof fetch;
    const response = await send(url, { ...init, headers, signal: abort.signal });
    // A custom function may ignore the signal.
    if (turn === this.#turn) this.#response = response;
    else discard(response);
    return response;
  }

  respond(response: Response): number {
    try {
      const { status, headers } = response;
      return writeText(
        `${status}\n${headers.get('Retry-After') ?? ''}\n${headers.get('Content-Type') ?? ''}`,
      );
    } catch (cause) {
      this.#cause = cause;
      return -1;
    }
  }

  caught(cause: unknown): void {
    this.#cause = cause;
  }

  act(action: number): void {
    const handler = this.#handler;
    switch (action) {
      case Action.Drop:
        this.#turn++;
        this.#body?.drop();
        discard(this.#response);
        break;
      case Action.Probe:
        this.#settle(
          () =>
            respondsWithoutCors(this.#policy.url, this.#policy.credentials, this.#abort as AbortController),
          (answers) => this.enter(Input.Probed, Number(answers)),
          Failure.End,
        );
        break;
      case Action.Accept:
        this.#settle(
          () => handler.accept?.(this.#response as Response),
          (answer) => {
            if (answer === false)
              this.onEnd(Failure.Rejected, new Error('the option "accept" returned false'));
            else this.enter(Input.Accepted);
          },
          Failure.Rejected,
        );
        break;
      case Action.Open:
        this.#open(this.#response as Response);
        break;
      case Action.ReadExcerpt:
        this.#settle(
          () => this.#body?.readExcerpt(this.#response as Response),
          () => this.enter(Input.ExcerptRead),
          Failure.End,
        );
        break;
      case Action.Pause:
        // The request may still be in preparation, so that nothing was dropped.
        this.#turn++;
        handler.paused?.();
        break;
      default:
        this.#end();
        handler.completed();
    }
  }

  fail(error: number, asked: boolean, delay: number, attempts: number, retryAfter: number): void {
    const { kind, message, response } = describe(error, this.#policy, this.#response);
    const details: ErrorDetails = {
      kind,
      message: attempts > 0 ? `${message}; given up after attempt ${attempts}` : message,
      attempt: this.#attempt,
      cause: this.#cause,
      response,
      body: response && this.#body?.excerpt,
      delay: delay < 0 ? undefined : delay,
      retryAfter: Number.isNaN(retryAfter) ? undefined : retryAfter,
    };
    if (asked) {
      this.#settle(
        () => this.#handler.decide?.(details),
        (answer) => {
          const time = answer === false ? -1 : typeof answer === 'number' ? Math.max(answer, 0) : Number.NaN;
          this.enter(Input.Decided, time);
        },
        Number.NEGATIVE_INFINITY,
      );
      return;
    }
    if (delay < 0) this.#end();
    this.#handler.failed(details);
  }

  /**
   * Runs `work`, which may throw or return a promise, and calls `then` with the result: synchronously, unless it is a
   * promise. An exception is fed as `error`. Does nothing more if the request was ended in the meantime.
   */
  async #settle<T>(work: () => T | Promise<T>, then: (value: T) => void, error: number): Promise<void> {
    const turn = this.#turn;
    let settled: () => void;
    try {
      const result = work();
      // Promises of another realm or library count too.
      const isAsync = typeof (result as Promise<T> | undefined)?.then === 'function';
      const value = isAsync ? await result : (result as T);
      settled = () => then(value);
    } catch (cause) {
      settled = () => {
        this.#cause = cause;
        if (error < 0) this.enter(Input.Decided, error);
        else this.enter(error === Failure.RequestFunction ? requestFailure(cause) : error);
      };
    }
    if (turn === this.#turn && !this.#isEnded) settled();
  }

  #open(response: Response): void {
    try {
      this.#body?.open(response);
    } catch (cause) {
      this.onEnd(Failure.Unreadable, cause);
      return;
    }
    this.#handler.opened?.(response, this.#attempt);
    this.#body?.read();
  }

  /** Frees all resources, once no call into the driver is running. */
  #end(): void {
    this.#isEnded = true;
    ignore(() => this.#stopObserving?.());
    this.#stopObserving = undefined;
    if (this.#depth > 0) return;
    this.#turn++;
    const driver = this.#driver;
    const body = this.#body;
    this.#lastEventId = this.lastEventId;
    this.#driver = 0;
    this.#body = undefined;
    body?.free();
    if (driver) ignore(() => disconnect(driver));
  }
}
