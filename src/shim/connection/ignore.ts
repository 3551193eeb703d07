/** Cleanup that may fail. */

import { report } from '../event-source/scheduler.js';

/** Runs cleanup code and continues if it fails. An exception is reported globally, a rejection isn't. */
export function ignore(work: () => unknown): void {
  try {
    const done = work() as Promise<unknown> | undefined;
    done?.then?.(undefined, () => {});
  } catch (error) {
    report(error);
  }
}

/** Cancels the body of a response that isn't needed. */
export function discard(response: Response | undefined): void {
  // A custom function may return a body that has only `getReader`.
  ignore(() => response?.body?.cancel?.());
}
