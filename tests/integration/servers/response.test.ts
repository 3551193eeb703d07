/** How `events(response)` reads and releases a body. Runs only in Node, because platforms differ in when they pull. */

import { expect } from 'chai';
import { events } from 'eventsource-wasm/stream';

describe('events(response)', () => {
  const stream = (...chunks: string[]) => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const chunk = chunks[pulled++];
          if (chunk === undefined) controller.close();
          else controller.enqueue(new TextEncoder().encode(chunk));
        },
      },
      { highWaterMark: 0 },
    );
    const response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
    return { response, pulled: () => pulled };
  };

  it('reads nothing while the loop is busy', async () => {
    const { response, pulled } = stream('data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n');
    const loop = events(response);
    expect((await loop.next()).value?.data).to.equal('1');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(pulled()).to.equal(1);
    expect((await loop.next()).value?.data).to.equal('2');
    await loop.return?.();
  });

  it('leaving the loop releases the lock of the body', async () => {
    const { response } = stream('data: 1\n\n', 'data: 2\n\n');
    for await (const { data } of events(response)) {
      expect(data).to.equal('1');
      break;
    }
    expect(response.body?.locked).to.equal(false);
  });

  it('throws the reason of an abort unchanged', async () => {
    const { response } = stream('data: 1\n\n', 'data: 2\n\n');
    const abort = new AbortController();
    const loop = events(response, { signal: abort.signal });
    await loop.next();
    const reason = { mine: true };
    abort.abort(reason);
    expect(await loop.next().catch((error) => error)).to.equal(reason);
  });
});
