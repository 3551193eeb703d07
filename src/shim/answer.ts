/** What the user says about the end of an attempt, as the driver asks for it (`Face` in `src/browser/sys.rs`). */

interface Asking<Details extends unknown[]> {
  decide(...details: Details): Promise<void> | undefined;
  decided(): number;
}

/**
 * The two methods of a face, of a function that says it: a number of milliseconds, `false` for no more, anything else
 * for the rules; or a promise of these.
 */
export function asking<Details extends unknown[]>(say: (...details: Details) => unknown): Asking<Details> {
  let answer = Number.NaN;
  const keep = (said: unknown): undefined => {
    // Negative numbers are no time: they are as 0.
    answer = said === false ? -1 : typeof said === 'number' ? Math.max(said, 0) : Number.NaN;
  };
  return {
    decide(...details) {
      const said = say(...details);
      // Of whatever realm and library the promise is.
      if (typeof (said as Promise<unknown> | undefined)?.then !== 'function') return keep(said);
      return Promise.resolve(said).then(keep);
    },
    decided: () => answer,
  };
}
