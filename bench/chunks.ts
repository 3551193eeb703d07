/** Benchmark: small chunks, read by whole clients. The streams are in memory, behind a custom `fetch`. */

import { createParser } from 'eventsource-parser';
import { type Client, timeEvents } from './clients.js';
import { clientsWith } from './peers.js';
import { alternate } from './samples.js';
import { chatEvents } from './workloads.js';

/** How many chunks are available at a time, as after a network packet. */
const AT_ONCE = 64;

function streamOf(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      for (const chunk of chunks.slice(next, next + AT_ONCE)) controller.enqueue(chunk);
      next += AT_ONCE;
      // Stay open, because clients would send the request again.
      if (next >= chunks.length) return new Promise(() => {});
    },
  });
}

/** The smallest code without a client: a loop that feeds a parser. */
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

async function measure(cut: 'one event' | 'one byte', chunks: Uint8Array[], events: number, rounds: number) {
  const headers = { 'content-type': 'text/event-stream' };
  const init = { fetch: async () => new Response(streamOf(chunks) as BodyInit, { headers }) };
  const clients = [...clientsWith(init), readerLoop(chunks)].slice(0, cut === 'one byte' ? 2 : undefined);
  const contenders = clients.map((client) => ({
    name: client.name,
    run: () => timeEvents(client, 'http://127.0.0.1/', events),
  }));
  const samples = await alternate(contenders, { rounds, milliseconds: 20 });
  return { cut, chunks: chunks.length, events, samples };
}

/** Milliseconds for whole streams. */
export async function chunks(scale = 1) {
  const rounds = Math.ceil(9 * scale);
  const events = chatEvents(Math.ceil(10_000 * scale));
  // Reuse 256 arrays: with a million of them, most of the time would be garbage collection.
  const bytes = Array.from({ length: 256 }, (_, value) => Uint8Array.of(value));
  const few = events.slice(0, Math.ceil((scale * 2 ** 20) / (events[0]?.length ?? 1)));
  const single = few.flatMap((event) => Array.from(event, (value) => bytes[value] as Uint8Array));
  return [
    await measure('one event', events, events.length, rounds),
    await measure('one byte', single, few.length, Math.ceil(5 * scale)),
  ];
}
