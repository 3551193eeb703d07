/**
 * Creates an error in OpenAI's JSON format.
 *
 * @param {string} message
 * @param {{ type?: string, param?: string | null, code?: string | null, allowed?: string[] | string }} [more]
 */
export function errorBody(
  message,
  { type = 'invalid_request_error', param = null, code = null, allowed } = {},
) {
  return { error: { message, type, param, code, ...(allowed && { allowed }) } };
}

/**
 * @param {import('fastify').FastifyReply} reply
 * @param {string} message
 */
export function sendUnauthorized(reply, message) {
  return reply
    .code(401)
    .header('www-authenticate', 'Bearer')
    .send(errorBody(message, { code: 'invalid_api_key' }));
}
