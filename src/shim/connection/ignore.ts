/** Cleanups that may fail. */

import { report } from '../event-source/scheduler.js';

/** Does something whose failure changes nothing. An exception is reported, a rejection isn't. */
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
  ignore(() => response?.body?.cancel());
}
