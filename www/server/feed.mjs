import { answerWithFault } from './faults.mjs';
import { blocks, feedParameters, headlinesOf, lastId } from './feed-events.mjs';
import { readParameters } from './parameters.mjs';
import { stream } from './stream.mjs';

/**
 * `/feed`: an endless stream of numbered events that resumes after the client's `Last-Event-ID`.
 *
 * @param {import('fastify').FastifyInstance} app
 * @param {{ texts: Map<string, import('./catalogue.mjs').Text>, stats: import('./stream.mjs').Stats }} options
 */
export async function feed(app, { texts, stats }) {
  const headlines = headlinesOf(texts.values());

  app.route({
    method: ['GET', 'POST'],
    url: '/feed',
    handler(request, reply) {
      const {
        rate = 2,
        retry = 2000,
        count,
        chunk_bytes = 0,
        heartbeat = 15,
        ...faults
      } = readParameters(feedParameters, request.query);
      if (answerWithFault(faults, reply)) return reply;
      const after = lastId(request.headers['last-event-id']);
      stream(reply, blocks({ after, retry, count, headlines }), {
        rate,
        chunkBytes: chunk_bytes,
        heartbeat,
        faults,
        stats,
      });
      return reply;
    },
  });
}
