/** Why an answer isn't complete. */

import type { ErrorKind } from '../event-source/event-classes.js';

/**
 * What went wrong, besides what can go wrong with any stream:
 *
 * - `provider`: the provider reported an error in the stream
 * - `cut`: the stream ended before the answer did
 * - `malformed`: a chunk isn't JSON
 * - `unrecognized`: no chunk had the shape of a known format
 * - `schema`: the answer isn't what `schema` asks for
 */
export type CompletionErrorKind = ErrorKind | 'provider' | 'cut' | 'malformed' | 'unrecognized' | 'schema';

/** Why an answer isn't complete. */
export class CompletionError extends Error {
  override name = 'CompletionError';
  /** What went wrong, by name. */
  declare readonly kind: CompletionErrorKind;
  /** The status of the response that was refused, or the status that the error in the stream names. */
  declare readonly status: number | undefined;
  /** The headers of the response, if it was refused. */
  declare readonly headers: Headers | undefined;
  /** The beginning of the body of the response, if it was refused. */
  declare readonly body: string | undefined;
  /** Milliseconds to wait before trying again, if the server says so. */
  declare readonly retryAfter: number | undefined;
  /** The provider's name for the error. */
  declare readonly type: string | undefined;
  /** The provider's code for the error. */
  declare readonly code: string | undefined;
  /** The provider's error as it came, the chunk that couldn't be read, or the issues that the schema found. */
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
