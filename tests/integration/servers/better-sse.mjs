/** The test server with better-sse on Express. */
// @ts-check
import { createSession } from 'better-sse';
import express from 'express';
import { feedAfter, KEEP_ALIVE, RETRY, speak, tell, utf8 } from './common.mjs';

const app = express();
app.use(express.json());
let open = 0;

/**
 * @param {import('express').Request} request
 * @param {import('express').Response} response
 */
async function begin(request, response) {
  open += 1;
  // Not the session's `disconnected` event: for a POST, it already fires when the body has been read.
  response.once('close', () => {
    open -= 1;
  });
  return createSession(request, response, { retry: RETRY, keepAlive: KEEP_ALIVE });
}

app.get('/feed', async (request, response) => {
  const session = await begin(request, response);
  const { events, isEnd } = feedAfter(utf8(session.lastId));
  for (const { id, event, data } of events) session.push(data, event, id);
  if (!isEnd) response.end();
});

app.post('/answer', async (request, response) => {
  const session = await begin(request, response);
  for await (const word of speak(request.body)) {
    if (response.closed) return;
    session.push(word, 'word');
  }
  response.end();
});

app.get('/open', (_request, response) => {
  response.json(open);
});

const server = app.listen(0, '127.0.0.1', () => {
  tell(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
});
