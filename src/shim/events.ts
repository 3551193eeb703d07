/** The events that tell more than the standard's. */

/**
 * What went wrong:
 *
 * - `network`: the request failed, or the connection broke while the stream was being read
 * - `timeout`: `connectTimeout` or `idleTimeout` was exceeded
 * - `end`: the server ended the stream
 * - `status`: the response's status isn't 200
 * - `content-type`: the response isn't a `text/event-stream`
 * - `rejected`: the function `accept` didn't accept the response
 * - `too-large`: the server sent a line or an event above the limit
 * - `unreadable`: `fetch` came back with something that can't be read as a stream of bytes
 * - `request`: a function that should have given the request's URL, headers or body failed
 * - `handler`: a function of the user's that takes events failed; it is never an `EventSource`'s
 * - `gap`: a `SharedEventSource` missed events, which the other tabs don't have any more; the connection goes on
 * - `webassembly`: this package's WebAssembly module couldn't be started
 * - `internal`: something has thrown that never should, be it a bug or a function that stands in the platform's place
 */
export type ErrorKind =
  | 'network'
  | 'timeout'
  | 'end'
  | 'status'
  | 'content-type'
  | 'rejected'
  | 'too-large'
  | 'unreadable'
  | 'request'
  | 'handler'
  | 'gap'
  | 'webassembly'
  | 'internal';

/** What an `EventSourceErrorEvent` is made of. */
export interface ErrorDetails {
  kind: ErrorKind;
  message: string;
  attempt: number;
  cause?: unknown;
  response?: Response | undefined;
  body?: string | undefined;
  delay?: number | undefined;
}

/** The `error` event of an `EventSource`. */
export class EventSourceErrorEvent extends Event {
  /** What went wrong, by name. */
  readonly kind: ErrorKind;
  /** What went wrong, in words: what was expected and what came. */
  readonly message: string;
  /** The number of the request that this is about: the first is 1. */
  readonly attempt: number;
  /** The status of the response that was refused, such as `401`. */
  readonly status: number | undefined;
  /** The status of the response that was refused in words. HTTP/2 has none: then it is empty. */
  readonly statusText: string | undefined;
  /** The headers of the response that was refused. */
  readonly headers: Headers | undefined;
  /** The URL of the response that was refused, after redirects. */
  readonly url: string | undefined;
  /** The beginning of the body of the response that was refused: at most 64 KiB, or what came in a second. */
  readonly body: string | undefined;
  /** What `fetch`, its body, a function of the user's or WebAssembly was rejected with. */
  readonly cause: unknown;
  /** Whether the connection is being reestablished. If not, it has failed for good. */
  readonly willReconnect: boolean;
  /** In how many milliseconds the next request is sent, if one is. */
  readonly delay: number | undefined;

  /** @internal */
  constructor(details: ErrorDetails) {
    super('error');
    const { response, cause } = details;
    const known = [response?.statusText, cause instanceof Error ? cause.message : ''].filter(Boolean);
    this.kind = details.kind;
    this.message = known.length > 0 ? `${details.message} (${known.join('; ')})` : details.message;
    this.attempt = details.attempt;
    this.status = response?.status;
    this.statusText = response?.statusText;
    this.headers = response?.headers;
    this.url = response?.url;
    this.body = details.body;
    this.cause = cause;
    this.willReconnect = details.delay !== undefined;
    this.delay = details.delay;
  }

  /** The body as JSON. `undefined` if there is none or it isn't JSON. */
  json(): unknown {
    try {
      return JSON.parse(this.body ?? '');
    } catch {
      return undefined;
    }
  }

  /** What a console of Node or Deno shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return this.#summary();
  }
  [Symbol.for('Deno.customInspect')](inspect: (value: unknown) => string): string {
    return inspect(this.#summary());
  }

  #summary(): object {
    const { kind, message, attempt, status, url, body, willReconnect, delay, cause } = this;
    const members = { kind, message, attempt, status, url, body, willReconnect, delay, cause };
    const given = Object.entries(members).filter(([, value]) => value !== undefined);
    return { EventSourceErrorEvent: Object.fromEntries(given) };
  }
}

/** What `failed` and `decide` of the driver's face get. */
export type FailureArguments = [
  kind: ErrorKind,
  message: string,
  attempt: number,
  cause: unknown,
  response: Response | undefined,
  body: string | undefined,
  delay?: number | undefined,
];

/** What has thrown that never should: a bug, or a function that stands in the platform's place. */
export function internalFailure(attempt: number, cause: unknown): FailureArguments {
  const message = 'An exception where none is expected has ended this connection';
  return ['internal', message, attempt, cause, undefined, undefined];
}

export function toErrorEvent(...details: FailureArguments): EventSourceErrorEvent {
  const [kind, message, attempt, cause, response, body, delay] = details;
  return new EventSourceErrorEvent({ kind, message, attempt, cause, response, body, delay });
}

/** What is thrown to those who wait for events: the error event as an error. */
export function toError(event: EventSourceErrorEvent): Error {
  const { kind, message, attempt, status, statusText, headers, url, body, cause } = event;
  const details = { name: 'EventSourceError', kind, attempt, status, statusText, headers, url, body, cause };
  return Object.assign(new Error(message), details);
}

/** The `open` event of an `EventSource`. */
export class EventSourceOpenEvent extends Event {
  /** The response's status: 200. */
  readonly status: number;
  /** The response's headers. */
  readonly headers: Headers;
  /** The response's URL, after redirects. */
  readonly url: string;

  /** @internal */
  constructor(response: Response) {
    super('open');
    this.status = response.status;
    this.headers = response.headers;
    this.url = response.url;
  }
}
