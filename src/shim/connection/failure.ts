/** The kinds and messages of errors, by the numbers of `Error` in `src/core/error.rs`. */

import type { ErrorDetails, ErrorKind } from '../event-source/event-classes.js';
import { explain } from '../wasm/load.js';
import type { ConnectionPolicy } from './options.js';
import { isArgumentError } from './url.js';

/** An enum, because bundlers inline its numbers. */
export enum Failure {
  RequestNotMade = 0,
  Rejected = 4,
  Unreadable = 5,
  Body = 9,
  End = 11,
  Handler = 12,
  TooLarge = 13,
  RequestFunction = 14,
}

type ToMessage = (policy: ConnectionPolicy, response: Response | undefined) => string;

const requestNotMade: [ErrorKind, string] = [
  'request',
  "The function for the request's URL, headers or body failed",
];

const failures: [kind: ErrorKind, message: string | ToMessage, hasResponse?: true][] = [
  requestNotMade,
  ['network', 'The request failed before the server answered'],
  [
    'cors',
    'The server answered, but its response lacks the header Access-Control-Allow-Origin for this page (CORS)',
  ],
  ['timeout', ({ connectTimeout }) => `No response within ${connectTimeout} ms (connectTimeout)`],
  ['rejected', 'The response was not accepted', true],
  [
    'unreadable',
    "The response can't be read; fetch must return a Response whose body is a stream of bytes that nothing else has read",
  ],
  ['status', statusMessage, true],
  ['status', statusMessage, true],
  [
    'content-type',
    (_policy, response) => {
      const type = response?.headers.get('Content-Type');
      const given =
        typeof type === 'string'
          ? `The response's Content-Type is "${type}"`
          : 'The response has no Content-Type';
      return `${given}; an event stream needs text/event-stream`;
    },
    true,
  ],
  ['network', 'The connection broke while the event stream was being read'],
  ['timeout', ({ idleTimeout }) => `The server sent nothing for ${idleTimeout} ms (idleTimeout)`],
  ['end', 'The event stream ended'],
  ['handler', 'The event callback failed'],
  [
    'too-large',
    ({ maxEventSize }) =>
      `The server sent a line or an event of more than ${maxEventSize} bytes; maxEventSize sets the limit`,
  ],
  requestNotMade,
];

function statusMessage(_policy: ConnectionPolicy, response: Response | undefined): string {
  return `The server answered with status ${response?.status}; an event stream needs 200`;
}

/** The kind and the message of an error, and its response if it is about one. */
export function describe(
  error: number,
  policy: ConnectionPolicy,
  anyResponse: Response | undefined,
): Pick<ErrorDetails, 'kind' | 'message' | 'response'> {
  const [kind, message, hasResponse] = failures[error] as (typeof failures)[number];
  return {
    kind,
    message: typeof message === 'string' ? message : message(policy, anyResponse),
    response: hasResponse && anyResponse,
  };
}

/** The number of the error if the request can't be made. A retry would have the same result for a wrong argument. */
export const requestFailure = (cause: unknown): number =>
  isArgumentError(cause) ? Failure.RequestNotMade : Failure.RequestFunction;

/** An unexpected exception: a bug, or one from a platform function that was replaced. */
export function internalFailure(attempt: number, cause: unknown): ErrorDetails {
  return { kind: 'internal', message: 'An unexpected exception ended this connection', attempt, cause };
}

/** The core failed to start. */
export function startFailure(cause: unknown): ErrorDetails {
  const message = explain(cause);
  return message ? { kind: 'webassembly', message, attempt: 0, cause } : internalFailure(0, cause);
}
