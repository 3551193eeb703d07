/** Errors, as events and as exceptions, and the `open` event. */

import { platformClass } from './platform.js';

/**
 * What went wrong:
 *
 * - `network`: the request failed, or the connection broke while the stream was being read
 * - `cors`: the server answered, but its headers don't allow this page to read the response
 * - `timeout`: `connectTimeout` or `idleTimeout` was exceeded
 * - `end`: the server ended the stream
 * - `status`: the response's status isn't 200
 * - `content-type`: the response isn't a `text/event-stream`
 * - `rejected`: the function `accept` rejected the response
 * - `too-large`: the server sent a line or an event above the limit
 * - `unreadable`: `fetch` returned something that can't be read as a stream of bytes
 * - `request`: a function for the request's URL, headers or body failed
 * - `handler`: an event callback failed; never for an `EventSource`
 * - `webassembly`: this package's WebAssembly module couldn't be started
 * - `internal`: an unexpected exception, from a bug or from a replaced function of the platform
 */
export type ErrorKind =
  | 'network'
  | 'cors'
  | 'timeout'
  | 'end'
  | 'status'
  | 'content-type'
  | 'rejected'
  | 'too-large'
  | 'unreadable'
  | 'request'
  | 'handler'
  | 'webassembly'
  | 'internal';

/** What an error is made from. */
export interface ErrorDetails {
  kind: ErrorKind;
  message: string;
  attempt: number;
  cause?: unknown;
  response?: Response | undefined;
  body?: string | undefined;
  delay?: number | undefined;
  retryAfter?: number | undefined;
}

/** The members that an {@link EventSourceErrorEvent} and an {@link EventSourceError} share. */
export interface ErrorMembers {
  /** What went wrong, by name. */
  readonly kind: ErrorKind;
  /** What went wrong, in words: what was expected and what came. */
  readonly message: string;
  /** The number of the request, starting at 1; 0 if none was made. */
  readonly attempt: number;
  /** The status of the refused response, such as `401`. */
  readonly status: number | undefined;
  /** The status text of the refused response; empty over HTTP/2. */
  readonly statusText: string | undefined;
  /** The headers of the refused response. */
  readonly headers: Headers | undefined;
  /** The URL of the refused response, after redirects. */
  readonly url: string | undefined;
  /** The first 64 KiB of the refused response's body, or what came within a second. */
  readonly body: string | undefined;
  /** The response's `Retry-After`, in milliseconds from when the error was made. */
  readonly retryAfter: number | undefined;
  /** The exception behind it: from `fetch`, the body, one of your functions, or WebAssembly. */
  readonly cause?: unknown;
  /** The body parsed as JSON, or `undefined` if there is none or it isn't JSON. */
  json(): unknown;
}

function membersOf({ response, ...details }: ErrorDetails): Omit<ErrorMembers, 'json'> {
  const { kind, attempt, body, cause, retryAfter } = details;
  const known = [response?.statusText, cause instanceof Error ? cause.message : ''].filter(Boolean);
  const message = known.length > 0 ? `${details.message} (${known.join('; ')})` : details.message;
  const { status, statusText, headers, url } = response ?? ({} as Partial<Response>);
  return { kind, message, attempt, status, statusText, headers, url, body, retryAfter, cause };
}

/** Errors have to be told even where a page has replaced `Object.assign`. */
function copy(target: object, members: object): void {
  for (const name in members)
    (target as Record<string, unknown>)[name] = (members as Record<string, unknown>)[name];
}

function summary(event: EventSourceErrorEvent): object {
  const { kind, message, attempt, status, url, body, willReconnect, delay, cause } = event;
  const members = { kind, message, attempt, status, url, body, willReconnect, delay, cause };
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return { EventSourceErrorEvent: Object.fromEntries(given) };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/**
 * The `error` event of an `EventSource`.
 *
 * @example
 * source.onerror = (error) => {
 *   if (error.status === 401) showLogin();
 *   else if (!error.willReconnect) show(error.message);
 * };
 */
export class EventSourceErrorEvent extends /* @__PURE__ */ platformClass('Event') {
  /** Whether the connection is being reestablished. If not, it has failed for good. */
  readonly willReconnect: boolean;
  /** In how many milliseconds the next request is sent, if one is. */
  readonly delay: number | undefined;

  /** @internal */
  constructor(details: ErrorDetails) {
    super('error');
    copy(this, membersOf(details));
    this.delay = details.delay;
    this.willReconnect = details.delay !== undefined;
  }

  /** The same as `status`, under the name that the package eventsource uses. */
  get code(): number | undefined {
    return this.status;
  }

  json(): unknown {
    return parseJson(this.body);
  }

  /** What consoles of Node and Deno show. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return summary(this);
  }
  [Symbol.for('Deno.customInspect')](inspect: (value: unknown) => string): string {
    return inspect(summary(this));
  }
}

export interface EventSourceErrorEvent extends ErrorMembers {}

/**
 * What loops and promises are rejected with: an exception with the members of the `error` event.
 *
 * @example
 * try {
 *   for await (const { data } of events('/feed')) show(data);
 * } catch (error) {
 *   if (error instanceof EventSourceError && error.status === 401) showLogin();
 *   else throw error;
 * }
 */
export class EventSourceError extends Error {
  static {
    // Whatever a minifier calls the class.
    Object.defineProperty(EventSourceError.prototype, 'name', {
      value: 'EventSourceError',
      configurable: true,
      writable: true,
    });
  }

  /** @internal */
  constructor({ message, cause, ...members }: Omit<ErrorMembers, 'json'>) {
    super(message, cause === undefined ? undefined : { cause });
    copy(this, members);
  }

  json(): unknown {
    return parseJson(this.body);
  }
}

export interface EventSourceError extends Omit<ErrorMembers, 'message' | 'cause'> {}

/** The same as an exception, also where there is no `Event`. */
export function toException(details: ErrorDetails): EventSourceError {
  return new EventSourceError(membersOf(details));
}

/** The exception for an error event. */
export function toError(event: EventSourceErrorEvent): EventSourceError {
  const { kind, message, attempt, status, statusText, headers, url, body, retryAfter, cause } = event;
  return new EventSourceError({
    ...{ kind, message, attempt, status, statusText, headers, url, body, retryAfter, cause },
  });
}

/** The `open` event of an `EventSource`. */
export class EventSourceOpenEvent extends /* @__PURE__ */ platformClass('Event') {
  /** The response's status: 200, or what `accept` let through. */
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
