/** The test server with Hono's streamSSE on its Node server. */
// @ts-check
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { feedAfter, KEEP_ALIVE, RETRY, sleep, speak, tell, utf8 } from './common.mjs';

const app = new Hono();
let open = 0;

/**
 * @param {import('hono').Context} context
 * @param {(stream: import('hono/streaming').SSEStreamingApi) => Promise<void>} send
 */
const stream = (context, send) =>
  streamSSE(context, async (stream) => {
    open += 1;
    await send(stream);
    open -= 1;
  });

app.get('/feed', (context) =>
  stream(context, async (stream) => {
    const { events, isEnd } = feedAfter(utf8(context.req.header('last-event-id')));
    for (const event of events) await stream.writeSSE({ ...event, retry: RETRY });
    while (isEnd && !stream.aborted) {
      await stream.write(': still here\n\n');
      await sleep(KEEP_ALIVE);
    }
  }),
);

app.post('/answer', async (context) => {
  const question = await context.req.json();
  return stream(context, async (stream) => {
    for await (const data of speak(question)) {
      if (stream.aborted) return;
      await stream.writeSSE({ event: 'word', data });
    }
  });
});

app.get('/open', (context) => context.json(open));

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => tell(port));
