/** `CompletionError`: the error of an incomplete answer. */

import type { ErrorKind } from '../event-source/event-classes.js';

/**
 * The kind of an error: one of any stream (`ErrorKind`), or:
 *
 * - `provider`: the provider reported an error in the stream
 * - `cut`: the stream ended before the answer was complete
 * - `malformed`: a chunk isn't JSON
 * - `unrecognized`: no chunk has the shape of a known format
 * - `schema`: the answer doesn't match `schema`
 */
export type CompletionErrorKind = ErrorKind | 'provider' | 'cut' | 'malformed' | 'unrecognized' | 'schema';

/** The error of an incomplete answer. */
export class CompletionError extends Error {
  override name = 'CompletionError';
  /** The kind of error. */
  declare readonly kind: CompletionErrorKind;
  /** The status of the refused response, or the status in the provider's error. */
  declare readonly status: number | undefined;
  /** The headers of the refused response. */
  declare readonly headers: Headers | undefined;
  /** The beginning of the refused response's body. */
  declare readonly body: string | undefined;
  /** Milliseconds to wait before a retry, if the server sent them. */
  declare readonly retryAfter: number | undefined;
  /** The provider's name for the error. */
  declare readonly type: string | undefined;
  /** The provider's code for the error. */
  declare readonly code: string | undefined;
  /** The original error of the provider, the chunk that couldn't be read, or the issues of the schema. */
  declare readonly raw: unknown;

  /** @internal */
  constructor(
    message: string,
    details: { [Name in keyof CompletionError]?: CompletionError[Name] | undefined },
  ) {
    super(message, details as ErrorOptions);
    Object.assign(this, details, { message });
  }
}

export function toFault(
  kind: CompletionErrorKind,
  message: string,
  raw?: unknown,
  cause?: unknown,
): CompletionError {
  return new CompletionError(message, { kind, raw, cause });
}
