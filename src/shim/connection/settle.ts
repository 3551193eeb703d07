/** Functions of the user that may throw, return a value or return a promise. */

/** Calls one of the callbacks with the result: at once if it isn't a promise. */
export function settle<T>(
  work: () => T | Promise<T>,
  succeeded: (value: T) => void,
  failed: (cause: unknown) => void,
): void {
  let value: T | Promise<T>;
  try {
    value = work();
  } catch (cause) {
    failed(cause);
    return;
  }
  // A promise of another realm or library counts too.
  if (typeof (value as Promise<T> | undefined)?.then !== 'function') {
    succeeded(value as T);
    return;
  }
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
}
