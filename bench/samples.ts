/** How long things take that are measured side by side. In: contenders. Out: every sample of each. */

/** Something that is measured. */
export interface Contender {
  name: string;
  /** Does its work once. */
  run(): unknown;
}

/** Milliseconds of one run each, by the contender's name. */
export type Samples = Record<string, number[]>;

/** Who takes longer than this for one run is taken at that one sample. */
const TOO_LONG = 1_500;

/**
 * Runs the contenders in turn, in another order each round, so that what happens to the machine in the meantime happens
 * to all of them. A sample is as many runs as fill `milliseconds`; before the first, each has run until it is warm.
 */
export async function alternate(
  contenders: Contender[],
  { rounds, milliseconds }: { rounds: number; milliseconds: number },
): Promise<Samples> {
  const samples: Samples = {};
  const runs = new Map<Contender, number>();
  for (const contender of contenders) {
    let count = 0;
    let taken = 0;
    do {
      const begin = performance.now();
      await run(contender, 1);
      taken += performance.now() - begin;
      count++;
    } while (taken < 3 * milliseconds || (count < 3 && taken < TOO_LONG));
    if (taken / count > TOO_LONG) samples[contender.name] = [taken / count];
    else runs.set(contender, Math.max(1, Math.round((milliseconds * count) / taken)));
  }
  for (let round = 0; round < rounds; round++) {
    for (const [contender, times] of rotated([...runs], round)) {
      const begin = performance.now();
      await run(contender, times);
      const taken = (performance.now() - begin) / times;
      samples[contender.name] = [...(samples[contender.name] ?? []), taken];
    }
  }
  return samples;
}

export function rotated<T>(list: T[], by: number): T[] {
  const start = by % Math.max(1, list.length);
  return [...list.slice(start), ...list.slice(0, start)];
}

async function run(contender: Contender, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const result = contender.run();
    if (result instanceof Promise) await result;
  }
}
