import { timingSafeEqual } from 'node:crypto';
import cors from '@fastify/cors';
import files from '@fastify/static';
import createApp from 'fastify';
import { completions } from './completions.mjs';
import { errorBody, sendUnauthorized } from './errors.mjs';
import { feed } from './feed.mjs';
import { ParameterError } from './parameters.mjs';
import { createStats } from './stream.mjs';
import { loadTexts } from './texts.mjs';

export const demoKey = 'demo-key';

/**
 * Allows the page to run its own scripts and WebAssembly, and to connect to any server that the user enters.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  'connect-src *',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves the playground and its API.
 *
 * @param {object} options
 * @param {string} options.root the folder of the bundled playground, as an absolute path
 * @param {number} [options.port] 0 for any free port
 * @param {string} [options.host] default: loopback
 * @param {string} [options.apiKey]
 * @param {(line: string) => void} [options.log] called with a line for each request
 * @returns {Promise<{ origin: string, close(): Promise<void>, stats: import('./stream.mjs').Stats }>}
 */
export async function startServer({ root, port = 8080, host = '127.0.0.1', apiKey = demoKey, log }) {
  const stats = createStats();
  const texts = await loadTexts();
  // Otherwise close() would wait for open streams forever.
  const app = createApp({ forceCloseConnections: true });

  await app.register(cors, {
    origin: '*',
    methods: ['GET', 'HEAD', 'POST'],
    exposedHeaders: ['Retry-After'],
  });
  await app.register(files, {
    root,
    cacheControl: false,
    setHeaders: (response) => {
      response.setHeader('cache-control', 'no-cache');
      response.setHeader('content-security-policy', contentSecurityPolicy);
      response.setHeader('referrer-policy', 'no-referrer');
      response.setHeader('x-content-type-options', 'nosniff');
    },
  });

  // Feeds accept any body, so that users can POST any text.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  app.addHook('onRequest', async (request, reply) => {
    const path = new URL(request.url, 'http://server').pathname;
    stats.requests[path] = (stats.requests[path] ?? 0) + 1;
    log?.(`${request.method} ${request.url}`);
    if (/^\/v\d/.test(path) && request.method !== 'OPTIONS' && !hasKey(request.headers, apiKey)) {
      return sendUnauthorized(reply, 'Incorrect or missing API key. Send it as Authorization: Bearer <key>.');
    }
  });

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof ParameterError) {
      return reply
        .code(400)
        .send(errorBody(error.message, { param: error.parameter, allowed: error.allowed }));
    }
    const { statusCode = 500, message } = /** @type {import('fastify').FastifyError} */ (error);
    return reply
      .code(statusCode)
      .send(errorBody(message, { type: statusCode < 500 ? 'invalid_request_error' : 'server_error' }));
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(errorBody(`There is nothing at ${request.method} ${request.url}.`)),
  );

  await app.register(completions, { texts, stats });
  await app.register(feed, { texts, stats });
  await app.listen({ port, host });

  const address = /** @type {import('node:net').AddressInfo} */ (app.server.address());
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { origin: `http://${name}:${address.port}`, close: () => app.close(), stats };
}

/**
 * @param {import('node:http').IncomingHttpHeaders} headers
 * @param {string} apiKey
 */
function hasKey({ authorization, ...headers }, apiKey) {
  // The headers of Anthropic and Google.
  const bare = headers['x-api-key'] ?? headers['x-goog-api-key'];
  const given = Buffer.from(authorization ?? (bare ? `Bearer ${bare}` : ''));
  const expected = Buffer.from(`Bearer ${apiKey}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
