/** Limits the number of calls between JavaScript and WebAssembly per connection, because they dominate the cost. */

import { expect } from 'chai';
import type { EventSource } from 'eventsource-wasm';
import { next } from '../../conformance/conformance-test.js';
import { isWasm2js, readScript, runScript } from './global-script.js';

interface Crossings {
  /** Calls of the module's functions. */
  in: string[];
  /** Calls of its imports. */
  out: string[];
}

function forget(crossings: Crossings): void {
  crossings.in.length = crossings.out.length = 0;
}

/** Loads the class with a module instance that records its calls. */
async function counted(): Promise<{ Class: typeof EventSource; crossings: Crossings }> {
  const crossings: Crossings = { in: [], out: [] };
  const { Instance } = WebAssembly;
  const noted = <Members extends object>(members: Members, calls: string[]) =>
    Object.fromEntries(
      Object.entries(members).map(([name, member]) => [
        name,
        typeof member === 'function'
          ? (...parameters: unknown[]) => {
              calls.push(name);
              return member(...parameters);
            }
          : member,
      ]),
    );
  WebAssembly.Instance = function Counting(module: WebAssembly.Module, imports: WebAssembly.Imports) {
    const counting = Object.fromEntries(
      Object.entries(imports).map(([name, members]) => [name, noted(members, crossings.out)]),
    );
    const { exports } = new Instance(module, counting as WebAssembly.Imports);
    return { exports: noted(exports, crossings.in) };
  } as unknown as typeof Instance;
  const { EventSource: Class } = runScript(await readScript());
  // The first object instantiates the module.
  const first = new Class('http://server.invalid/', { fetch: () => Promise.reject(new Error('closed')) });
  await next(first, 'error');
  first.close();
  WebAssembly.Instance = Instance;
  forget(crossings);
  return { Class, crossings };
}

const encoder = new TextEncoder();

/** A `fetch` with a stream that the test writes. */
function streaming() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(started) {
      controller = started;
    },
  });
  return {
    fetch: async () => new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }),
    send: (text: string) => controller?.enqueue(encoder.encode(text)),
  };
}

describe('crossings between JavaScript and WebAssembly', () => {
  it('at most 25 calls from the constructor to open, then one per chunk', async function () {
    if (isWasm2js) this.skip();
    const { Class, crossings } = await counted();
    const { fetch, send } = streaming();
    const source = new Class('http://server.invalid/', { fetch });
    await next(source, 'open');
    const opening = [...crossings.in, ...crossings.out];
    expect(opening.length, opening.join(' ')).to.be.within(3, 25);

    for (const chunk of [
      'data: 1\n\n',
      'id: 1\nevent: message\ndata: é\ndata: 世\n\n',
      ': note\ndata: 3\n\n',
    ]) {
      forget(crossings);
      const message = next(source, 'message');
      send(chunk);
      await message;
      expect(crossings.in, chunk).to.have.length(1);
      expect(crossings.out, chunk).to.have.length(0);
    }

    // A chunk with many events is one call.
    forget(crossings);
    const last = new Promise<void>((resolve) => {
      source.onmessage = ({ data }) => {
        if (data === '999') resolve();
      };
    });
    send(Array.from({ length: 1_000 }, (_, number) => `data: ${number}\n\n`).join(''));
    await last;
    expect(crossings.in).to.have.length(1);
    source.close();
  });
});
