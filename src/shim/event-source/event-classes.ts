/** The `error` event, the exception with the same members, and the `open` event. */

import { BaseEvent } from '../platform.js';
import { addInspection } from './inspect.js';

/**
 * The kind of an error:
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
 * - `gap`: a `SharedEventSource` missed events that the other tabs no longer have; the connection continues
 * - `webassembly`: this package's WebAssembly module couldn't be started
 * - `internal`: an unexpected exception, from a bug or a platform function that the page has replaced
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
  | 'gap'
  | 'webassembly'
  | 'internal';

/** The members that an {@link EventSourceErrorEvent} and an {@link EventSourceError} share. */
export interface ErrorMembers {
  /** The kind of error. */
  readonly kind: ErrorKind;
  /** A description of the error for humans. */
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
  /**
   * The beginning of the refused response's body: at most 64 KiB, and only the part that arrived within a second. Empty
   * if `accept` rejected the response.
   */
  readonly body: string | undefined;
  /** The response's `Retry-After`, in milliseconds from the time of the error. */
  readonly retryAfter: number | undefined;
  /** The exception that caused the error: from `fetch`, the body, one of your functions, or WebAssembly. */
  readonly cause?: unknown;
  /** The body parsed as JSON, or `undefined` if there is none or it isn't JSON. */
  json(): unknown;
}

/** The members except `message` and `cause`, which exceptions already have. */
export const errorNames = [
  ...(['kind', 'attempt', 'status', 'statusText', 'headers', 'url', 'body', 'retryAfter'] as const),
];

type Members = Omit<ErrorMembers, 'json'>;

/** The details of an error. */
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

function membersOf({ response, message: text, ...details }: ErrorDetails): Members {
  const { kind, attempt, body, retryAfter, cause } = details;
  const { status, statusText, headers, url } = response ?? ({} as Partial<Response>);
  const known = [statusText, cause instanceof Error ? cause.message : ''].filter(Boolean).join('; ');
  const message = known ? `${text} (${known})` : text;
  return { kind, message, attempt, status, statusText, headers, url, body, retryAfter, cause };
}

/** Used instead of `Object.assign`, which a page may have replaced. */
function copy(target: object, members: Members): void {
  for (const name of errorNames) (target as Record<string, unknown>)[name] = members[name];
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
export class EventSourceErrorEvent extends BaseEvent {
  readonly message: string;
  readonly cause: unknown;
  /** Whether the connection is being reestablished. If not, it has failed. */
  readonly willReconnect: boolean;
  /** Milliseconds until the next request, if there is one. */
  readonly delay: number | undefined;

  /** @internal */
  constructor(details: ErrorDetails) {
    super('error');
    const members = membersOf(details);
    copy(this, members);
    this.message = members.message;
    this.cause = members.cause;
    this.delay = details.delay;
    this.willReconnect = this.delay !== undefined;
  }

  /** An alias of `status`, for code written for the package eventsource. */
  get code(): number | undefined {
    return this.status;
  }

  json(): unknown {
    return parseJson(this.body);
  }
}

export interface EventSourceErrorEvent extends Omit<ErrorMembers, 'message' | 'cause'> {}

addInspection(EventSourceErrorEvent.prototype, (event: EventSourceErrorEvent) =>
  Object.fromEntries(
    Object.entries(event).filter(
      ([name, value]) => value !== undefined && !/^(isTrusted|statusText|headers)$/.test(name),
    ),
  ),
);

/**
 * The exception that loops throw and promises reject with. It has the members of the `error` event.
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
    // Minifiers may rename the class.
    Object.defineProperty(EventSourceError.prototype, 'name', {
      value: 'EventSourceError',
      configurable: true,
      writable: true,
    });
  }

  /** @internal */
  constructor(members: Members) {
    const { message, cause } = members;
    super(message, cause === undefined ? undefined : { cause });
    copy(this, members);
  }

  json(): unknown {
    return parseJson(this.body);
  }
}

export interface EventSourceError extends Omit<ErrorMembers, 'message' | 'cause'> {}

/** Creates the exception for an error, even without a global `Event`. */
export function toException(details: ErrorDetails): EventSourceError {
  return new EventSourceError(membersOf(details));
}

/** Creates the exception for an `error` event. */
export function toError(event: EventSourceErrorEvent): EventSourceError {
  return new EventSourceError(event);
}

/** The `open` event of an `EventSource`. */
export class EventSourceOpenEvent extends BaseEvent {
  /** The response's status: 200, or another one that `accept` accepted. */
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
