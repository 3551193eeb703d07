import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { format } from './sse-format.mjs';

/**
 * Opens the event stream. The headers are sent at once, so that a client is OPEN before the first event.
 *
 * @param {import('fastify').FastifyReply} reply
 */
export function open(reply) {
  reply.headers({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  reply.hijack();
  reply.raw.writeHead(200, /** @type {import('node:http').OutgoingHttpHeaders} */ (reply.getHeaders()));
  reply.raw.flushHeaders();
}

/**
 * Writes one block, in chunks of `chunkBytes` (0: in one chunk), as fast as the client reads.
 *
 * @param {import('node:http').ServerResponse} response
 * @param {import('./sse-format.mjs').Block} block
 * @param {{ chunkBytes: number, signal: AbortSignal }} options
 */
export async function write(response, block, { chunkBytes, signal }) {
  const bytes = Buffer.from(format(block));
  const step = chunkBytes || bytes.length;
  for (let start = 0; start < bytes.length; start += step) {
    if (!response.write(bytes.subarray(start, start + step))) await once(response, 'drain', { signal });
    // Node joins all writes within one turn of the event loop into one packet.
    else if (chunkBytes) await nextTurn(undefined, { signal });
  }
}
