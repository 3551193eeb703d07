import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { faultInStream } from './faults.mjs';
import { open, write } from './sse.mjs';

/**
 * Statistics of the server, for tests.
 *
 * @typedef {object} Stats
 * @property {number} open the number of open streams
 * @property {number} aborted the number of streams that the client has ended
 * @property {Record<string, number>} requests the number of requests, by path
 */

/** Milliseconds between the last event and a cut. */
const headStart = 50;

/** @returns {Stats} */
export const createStats = () => ({ open: 0, aborted: 0, requests: {} });

/**
 * Streams blocks until they end, a fault ends them, or the client disconnects. Then all timers end at once.
 *
 * @param {import('fastify').FastifyReply} reply
 * @param {Iterable<import('./sse-format.mjs').Block>} blocks
 * @param {object} options
 * @param {number} options.rate blocks with data per second; 0: as fast as the client reads
 * @param {number} options.chunkBytes
 * @param {number} [options.heartbeat] seconds of quiet after which a comment is sent
 * @param {import('./faults.mjs').Faults} options.faults
 * @param {Stats} options.stats
 */
export async function stream(reply, blocks, { rate, chunkBytes, heartbeat, faults, stats }) {
  const { raw } = reply;
  const gone = new AbortController();
  const { signal } = gone;
  let cut = false;
  stats.open += 1;
  raw.once('close', () => {
    stats.open -= 1;
    if (!raw.writableFinished && !cut) stats.aborted += 1;
    gone.abort();
  });
  open(reply);

  const start = performance.now();
  let sent = 0;
  try {
    for (const block of blocks) {
      if (raw.destroyed) return;
      if (block.data !== undefined) {
        const fault = faultInStream(faults, sent);
        if (fault === 'silence') await once(raw, 'close');
        if (fault === 'cut') {
          // Browsers drop unread bytes when a connection breaks, so give the client time to read the last event.
          await wait(headStart, undefined, { signal });
          cut = true;
          raw.destroy();
        }
        if (fault) return;
        // Counted from the start, so that late timers don't add up to a lower rate.
        if (rate > 0) await quiet(start + (sent / rate) * 1000);
        sent += 1;
      }
      await write(raw, block, { chunkBytes, signal });
    }
    raw.end();
  } catch (error) {
    if (!signal.aborted) throw error;
  }

  /** @param {number} due */
  async function quiet(due) {
    for (;;) {
      const left = due - performance.now();
      if (left <= 0) return;
      const beat = heartbeat ? heartbeat * 1000 : Number.POSITIVE_INFINITY;
      await wait(Math.min(left, beat), undefined, { signal });
      if (left > beat) await write(raw, { comment: 'heartbeat' }, { chunkBytes, signal });
    }
  }
}
