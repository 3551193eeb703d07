/**
 * Measures contenders alternately. Benchmark libraries measure one contender after the other, so that other load on the
 * machine counts against one of them.
 */

/** Code to measure. */
export interface Contender {
  name: string;
  /** Runs the code once. */
  run(): unknown;
}

/** Milliseconds per run, by the contender's name. */
export type Samples = Record<string, number[]>;

/** A contender whose first run takes longer than this, in milliseconds, is warmed up by one run only. */
const SLOW = 1_500;

/**
 * Runs the contenders in turn, in a different order in each round. A sample is the mean of as many runs as take about
 * `milliseconds`. Before the first sample, each contender is warmed up.
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

/** Rotates a list. */
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
