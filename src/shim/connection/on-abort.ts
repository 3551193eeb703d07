/** Listens to an `AbortSignal`. */

/**
 * Calls `listener` when the signal is aborted, or at once if it already is. Returns a function that stops listening.
 */
export function onAbort(signal: AbortSignal | null | undefined, listener: () => void): () => void {
  if (signal?.aborted) listener();
  else signal?.addEventListener('abort', listener);
  return () => signal?.removeEventListener('abort', listener);
}
