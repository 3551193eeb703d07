/** Benchmark: the speed of parsers, for every workload and every chunk size. */

import { createParser as createTheirs } from 'eventsource-parser';
import { createParser } from 'eventsource-wasm/stream';
import { alternate, type Contender } from './samples.js';
import { type Workload, workloads } from './workloads.js';

/** Counts of a parser's events. */
interface Tally {
  events: number;
  dataLength: number;
  /** Mixed from the data of each event, so that engines can't skip reading it. */
  seen: number;
}

function contenders(tally: Tally, pieces: Uint8Array[]): Contender[] {
  // Reads the data, like every user: engines delay joining the pieces of a string until then.
  const onEvent = ({ data }: { data: string }) => {
    tally.events++;
    tally.dataLength += data.length;
    tally.seen ^= data.charCodeAt(data.length >> 1);
  };
  const ours = createParser({ onEvent });
  const theirs = createTheirs({ onEvent });
  return [
    {
      name: 'eventsource-wasm',
      run() {
        for (const piece of pieces) ours.feed(piece);
        ours.reset();
      },
    },
    {
      name: 'eventsource-parser',
      run() {
        const decoder = new TextDecoder();
        for (const piece of pieces) theirs.feed(decoder.decode(piece, { stream: true }));
        theirs.reset();
      },
    },
    {
      name: 'decoding alone',
      run() {
        const decoder = new TextDecoder();
        for (const piece of pieces) tally.seen ^= decoder.decode(piece, { stream: true }).length;
      },
    },
  ];
}

/** Throws if a parser doesn't find exactly the workload's events. */
function check(list: Contender[], tally: Tally, { name, events, dataLength }: Workload): void {
  for (const contender of list.slice(0, 2)) {
    tally.events = 0;
    tally.dataLength = 0;
    contender.run();
    if (tally.events !== events || tally.dataLength !== dataLength) {
      throw new Error(
        `${contender.name} found ${tally.events} events with ${tally.dataLength} code units in ${name}, which has ${events} with ${dataLength}`,
      );
    }
  }
}

export async function parsing(scale = 1) {
  const results = [];
  for (const workload of workloads()) {
    const { name, size, events, cuts } = workload;
    for (const [cut, pieces] of Object.entries(cuts)) {
      const tally: Tally = { events: 0, dataLength: 0, seen: 0 };
      const list = contenders(tally, pieces);
      check(list, tally, workload);
      const samples = await alternate(list, { rounds: Math.ceil(11 * scale), milliseconds: 12 });
      results.push({ workload: name, cut, size, events, samples });
    }
  }
  return results;
}
