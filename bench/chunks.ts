/** The cost of small chunks: streams in memory, behind a custom `fetch`, through whole clients. */

import { fetchEventSource as microsoft } from '@microsoft/fetch-event-source';
import { EventSource as Theirs } from 'eventsource';
import { createParser } from 'eventsource-parser';
import { EventSource } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { type Client, ofClass, ofFunction, timeEvents } from './clients.js';
import { alternate, type Samples } from './samples.js';
import { chatEvents } from './workloads.js';

/** Milliseconds of whole streams. */
export interface ChunksResult {
  cut: 'one event' | 'one byte';
  /** How many chunks a stream has. */
  chunks: number;
  samples: Samples;
}

/** How many chunks are ready at once, as after a packet of a network. */
const AT_ONCE = 64;

function streamOf(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      for (const chunk of chunks.slice(next, next + AT_ONCE)) controller.enqueue(chunk);
      next += AT_ONCE;
      // It stays open: clients would send the request again.
      if (next >= chunks.length) return new Promise(() => {});
    },
  });
}

/** The least that a page would write itself: a loop that feeds a parser. */
const readerLoop = (chunks: Uint8Array[]): Client => ({
  name: 'reader.read() and eventsource-parser',
  open(_url, onEvent) {
    const reader = streamOf(chunks).getReader();
    const decoder = new TextDecoder();
    const parser = createParser({ onEvent: ({ data }) => onEvent(data) });
    const loop = async () => {
      for (let read = await reader.read(); !read.done; read = await reader.read())
        parser.feed(decoder.decode(read.value, { stream: true }));
    };
    loop();
    return () => reader.cancel();
  },
});

function clientsFor(chunks: Uint8Array[]): Client[] {
  const headers = { 'content-type': 'text/event-stream' };
  const init = { fetch: async () => new Response(streamOf(chunks) as BodyInit, { headers }) };
  return [
    ofClass('eventsource-wasm', EventSource, init),
    ofClass('eventsource', Theirs, init),
    ofFunction('eventsource-wasm/fetch-event-source', fetchEventSource, init),
    // Microsoft's listens to the document.
    ...('document' in globalThis ? [ofFunction('@microsoft/fetch-event-source', microsoft, init)] : []),
    readerLoop(chunks),
  ];
}

async function measure(cut: ChunksResult['cut'], chunks: Uint8Array[], events: number, rounds: number) {
  const clients = clientsFor(chunks).slice(0, cut === 'one byte' ? 2 : undefined);
  const contenders = clients.map((client) => ({
    name: client.name,
    run: () => timeEvents(client, 'http://127.0.0.1/', events),
  }));
  const samples = await alternate(contenders, { rounds, milliseconds: 20 });
  return { cut, chunks: chunks.length, events, samples };
}

export async function chunks(scale = 1): Promise<ChunksResult[]> {
  const rounds = Math.ceil(9 * scale);
  const events = chatEvents(Math.ceil(10_000 * scale));
  // The same 256 arrays again and again: a million of them would be mostly garbage collection.
  const bytes = Array.from({ length: 256 }, (_, value) => Uint8Array.of(value));
  const few = events.slice(0, Math.ceil((scale * 2 ** 20) / (events[0]?.length ?? 1)));
  const single = few.flatMap((event) => Array.from(event, (value) => bytes[value] as Uint8Array));
  return [
    await measure('one event', events, events.length, rounds),
    await measure('one byte', single, few.length, Math.ceil(5 * scale)),
  ];
}
