/** The test server with @fastify/sse on Fastify. */
// @ts-check
import fastifySse from '@fastify/sse';
import Fastify from 'fastify';
import { feedAfter, KEEP_ALIVE, RETRY, speak, tell, utf8 } from './common.mjs';

const app = Fastify();
// A cast, because the plugin's optional options make register() accept none.
await app.register(
  /** @type {import('fastify').FastifyPluginAsync<{ heartbeatInterval: number }>} */ (fastifySse),
  {
    heartbeatInterval: KEEP_ALIVE,
  },
);
let open = 0;

/** @param {import('fastify').FastifyReply} reply */
function begin({ sse }) {
  open += 1;
  sse.onClose(() => {
    open -= 1;
  });
  return sse;
}

app.get('/feed', { sse: 'only' }, async (_request, reply) => {
  const sse = begin(reply);
  const { events, isEnd } = feedAfter(utf8(sse.lastEventId ?? undefined));
  if (isEnd) sse.keepAlive();
  for (const event of events) await sse.send({ ...event, retry: RETRY });
  if (events.length === 0) sse.sendHeaders();
});

app.post('/answer', { sse: 'only' }, async (request, reply) => {
  const sse = begin(reply);
  const question = /** @type {import('./common.mjs').Question} */ (request.body);
  for await (const data of speak(question)) {
    if (!sse.isConnected) return;
    await sse.send({ event: 'word', data });
  }
});

app.get('/open', async () => open);

await app.listen({ port: 0, host: '127.0.0.1' });
tell(/** @type {import('node:net').AddressInfo} */ (app.server.address()).port);
