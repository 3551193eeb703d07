import { errorBody, sendUnauthorized } from './errors.mjs';
import { integer, oneOf } from './parameters.mjs';

/** The query parameters of every stream. */
export const faultParameters = {
  fault: oneOf('cut', '429', '401', '204', 'type', 'silence', 'refuse'),
  after: integer(0, 1_000_000),
  retry_after: integer(0, 86_400),
  type: oneOf('text/html', 'application/json'),
};

/**
 * @typedef {object} Faults
 * @property {string} [fault]
 * @property {number} [after] the number of events before a `cut` or a `silence`
 * @property {number} [retry_after] seconds
 * @property {string} [type]
 */

/**
 * Sends a fault's response instead of the stream, if it has one.
 *
 * @param {Faults} faults
 * @param {import('fastify').FastifyReply} reply
 * @returns {boolean} whether it did
 */
export function answerWithFault({ fault, retry_after = 20, type = 'text/html' }, reply) {
  switch (fault) {
    case '401':
      sendUnauthorized(reply, 'Incorrect API key provided. (This is the fault you asked for.)');
      return true;
    case '429':
      reply
        .code(429)
        .header('retry-after', String(retry_after))
        .send(
          errorBody(`Rate limit reached. Please try again in ${retry_after}s.`, {
            type: 'requests',
            code: 'rate_limit_exceeded',
          }),
        );
      return true;
    case '204':
      reply.code(204).send();
      return true;
    case 'type':
      reply.type(type).send(wrongBodies[type]);
      return true;
    case 'refuse':
      reply.hijack();
      reply.raw.destroy();
      return true;
    default:
      return false;
  }
}

/**
 * The fault of an open stream instead of its next event, if any.
 *
 * @param {Faults} faults
 * @param {number} sent the number of events so far
 * @returns {'cut' | 'silence' | undefined}
 */
export function faultInStream({ fault, after }, sent) {
  if (fault === 'cut' && sent >= (after ?? 5)) return 'cut';
  if (fault === 'silence' && sent >= (after ?? 0)) return 'silence';
  return undefined;
}

/** @type {Record<string, string>} */
export const wrongBodies = {
  'text/html': '<!doctype html><title>Welcome</title><h1>This is a web page, not an event stream</h1>',
  'application/json': '{"message":"This is JSON, not an event stream"}',
};
