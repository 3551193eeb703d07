/**
 * Times of contenders that take turns. Benchmark libraries measure one contender after the other, so that whatever else
 * the machine does in the meantime counts against one of them.
 */

/** Something that is measured. */
export interface Contender {
  name: string;
  /** Does its work once. */
  run(): unknown;
}

/** Milliseconds of one run each, by the contender's name. */
export type Samples = Record<string, number[]>;

/** A contender with slower runs is warmed up by one run only. */
const SLOW = 1_500;

/**
 * Runs the contenders in turn, in another order each round. A sample is the mean of as many runs as fill `milliseconds`.
 * Before the first sample, each contender runs until it is warm.
 */
export async function alternate(
  contenders: Contender[],
  { rounds, milliseconds }: { rounds: number; milliseconds: number },
): Promise<Samples> {
  const samples: Samples = {};
  const runs: [Contender, number][] = [];
  for (const contender of contenders) {
    samples[contender.name] = [];
    let count = 0;
    let taken = 0;
    do {
      taken += await time(contender, 1);
      count++;
    } while (taken < 3 * milliseconds || (count < 3 && taken < SLOW));
    runs.push([contender, Math.max(1, Math.round((milliseconds * count) / taken))]);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [contender, count] of rotated(runs, round)) {
      samples[contender.name]?.push((await time(contender, count)) / count);
    }
  }
  return samples;
}

/** The list in another order. */
export function rotated<T>(list: T[], by: number): T[] {
  const start = by % Math.max(1, list.length);
  return [...list.slice(start), ...list.slice(0, start)];
}

async function time({ run }: Contender, count: number): Promise<number> {
  const begin = performance.now();
  for (let done = 0; done < count; done++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return performance.now() - begin;
}
