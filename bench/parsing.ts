/** How fast parsers are. In: nothing. Out: samples of every parser for every workload in every cut. */

import { getLines, getMessages } from '@microsoft/fetch-event-source/lib/esm/parse.js';
import { createParser as createTheirs } from 'eventsource-parser';
import { EventSourceParserStream as TheirStream } from 'eventsource-parser/stream';
import { createParser, EventSourceParserStream } from 'eventsource-wasm/stream';
import { Stream } from 'openai/streaming';
import { alternate, type Contender, type Samples } from './samples.js';
import { type Workload, workloads } from './workloads.js';

/** The outcome of one workload in one cut. */
export interface ParsingResult {
  workload: string;
  isPublished: boolean;
  cut: string;
  size: number;
  pieces: number;
  events: number;
  samples: Samples;
}

/** What a parser has found. */
interface Tally {
  events: number;
  dataLength: number;
  /** Something of each event's data. */
  seen: number;
}

/** The pipes and those that parse JSON too are measured with these alone: they say little about parsing. */
const PIPED = ['OpenAI-like', 'tiny', 'a line of 4 MiB'];

function sourceOf(pieces: Uint8Array[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const piece = pieces[next++];
      if (piece) controller.enqueue(piece as Uint8Array<ArrayBuffer>);
      else controller.close();
    },
  });
}

/** Looks into the data as every user does: engines put off joining the pieces of a string until someone looks. */
function take(data: string, tally: Tally): void {
  tally.events++;
  tally.dataLength += data.length;
  tally.seen ^= data.charCodeAt(data.length >> 1);
}

async function drain(stream: ReadableStream<{ data: string }>, tally: Tally): Promise<void> {
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    take(read.value.data, tally);
  }
}

function contenders(tally: Tally, pieces: Uint8Array[], isPiped: boolean, isJson: boolean): Contender[] {
  const onEvent = ({ data }: { data: string }) => take(data, tally);
  const ours = createParser({ onEvent });
  const theirs = createTheirs({ onEvent });
  const list: Contender[] = [
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
      name: '@microsoft/fetch-event-source',
      run() {
        const onMessage = getMessages(
          () => {},
          () => {},
          onEvent,
        );
        const onChunk = getLines(onMessage);
        for (const piece of pieces) onChunk(piece);
      },
    },
    {
      name: 'decoding alone',
      run() {
        const decoder = new TextDecoder();
        let length = 0;
        for (const piece of pieces) length += decoder.decode(piece, { stream: true }).length;
        return length;
      },
    },
  ];
  if (!isPiped) return list;
  list.push(
    {
      name: 'eventsource-wasm, piped',
      run: () => drain(sourceOf(pieces).pipeThrough(new EventSourceParserStream()), tally),
    },
    {
      name: 'eventsource-parser, piped',
      run: () =>
        drain(
          sourceOf(pieces)
            .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array<ArrayBuffer>, string>)
            .pipeThrough(new TheirStream()),
          tally,
        ),
    },
  );
  if (isJson) {
    list.push({
      name: 'openai, with JSON.parse',
      async run() {
        const stream = Stream.fromSSEResponse<object>(new Response(sourceOf(pieces)), new AbortController());
        for await (const _ of stream) tally.events++;
      },
    });
  }
  return list;
}

/** Each does the same work: who finds other events than there are has no number. */
async function check(list: Contender[], tally: Tally, { name, events, dataLength }: Workload): Promise<void> {
  for (const contender of list) {
    tally.events = 0;
    tally.dataLength = 0;
    await contender.run();
    const isRight = contender.name.includes('JSON')
      ? tally.events === events
      : tally.events === events && tally.dataLength === dataLength;
    if (!isRight && contender.name !== 'decoding alone') {
      throw new Error(
        `${contender.name} found ${tally.events} events with ${tally.dataLength} code units in ${name}, which has ${events} with ${dataLength}`,
      );
    }
  }
}

/** What some contender gets wrong, so that it has no number there. */
const exceptions: Record<string, string[]> = {
  // Calls back for a comment as for an event.
  '@microsoft/fetch-event-source': ['heartbeats', 'heartbeat', 'idle-stream', 'edge-cases'],
};

export async function parsing({
  only = [],
  rounds = 9,
  milliseconds = 12,
}: {
  only?: string[];
  rounds?: number;
  milliseconds?: number;
} = {}): Promise<ParsingResult[]> {
  const results: ParsingResult[] = [];
  for (const workload of workloads()) {
    const { name, isPublished, size, events, cuts } = workload;
    if (only.length > 0 && !only.includes(name)) continue;
    for (const [cut, pieces] of Object.entries(cuts)) {
      const tally: Tally = { events: 0, dataLength: 0, seen: 0 };
      const isPiped = PIPED.includes(name) && cut !== '1460 bytes';
      const list = contenders(tally, pieces, isPiped, name === 'OpenAI-like').filter(
        (contender) => !exceptions[contender.name]?.includes(name),
      );
      await check(list, tally, workload);
      const samples = await alternate(list, { rounds, milliseconds });
      results.push({ workload: name, isPublished, cut, size, pieces: pieces.length, events, samples });
    }
  }
  return results;
}
