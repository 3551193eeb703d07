/**
 * The scenario server. A test defines the answers to the first, second, … request of its own URL, and can read the
 * received requests afterwards.
 *
 * `POST /scenarios` takes a list of `Answer`s and returns `{ id }`. `/scenarios/<id>/stream` gives these answers, and
 * repeats the last one; the list can also be in the URL, as `answers`. `GET /scenarios/<id>` returns the `State`, with
 * `?after=<version>` once it has changed. `POST /scenarios/end` takes a list of IDs and closes their connections.
 * `GET /heard/<id>` confirms that the client has received everything so far. None of these needs a preflight.
 * `/conformance/` has the pages and scripts of the conformance tests. The server listens on several loopback ports, for
 * several origins. It also starts the playground's server, for its models, and prints all addresses as a line of JSON.
 */

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { startServer } from '../../../www/server/main.mjs';
import { startChaos } from '../chaos/server.js';
import type { Answer, Seen, State, Step } from './scenario.js';

interface Scenario {
  answers: Answer[];
  seen: Seen[];
  open: Set<IncomingMessage>;
  hear(): void;
  isHeard: Promise<boolean>;
  version: number;
  /** Callbacks of the requests that wait for the next version. */
  waiting: Set<() => void>;
}

/** More requests than any test needs. It stops a client that reconnects in a loop. */
const MAX_REQUESTS = 500;

/** How long a step waits for `GET /heard/<id>`, in milliseconds. */
const PATIENCE = 10_000;

const scenarios = new Map<string, Scenario>();
const server = Fastify({ forceCloseConnections: true, bodyLimit: 64 << 20 });

server.addHook('onRequest', async (_request, reply) => {
  reply.header('access-control-allow-origin', '*');
});

function make(id: string, answers: string): Scenario {
  let hear = () => {};
  const isHeard = new Promise<boolean>((resolve) => {
    hear = () => resolve(true);
  });
  const scenario = {
    answers: JSON.parse(answers) as Answer[],
    seen: [],
    open: new Set<IncomingMessage>(),
    hear,
    isHeard,
    version: 0,
    waiting: new Set<() => void>(),
  };
  scenarios.set(id, scenario);
  return scenario;
}

server.post<{ Body: string }>('/scenarios', async ({ body }) => {
  const id = String(scenarios.size + 1);
  make(id, body);
  return { id };
});

server.get<{ Params: { id: string } }>('/heard/:id', async (request, reply) => {
  scenarios.get(request.params.id)?.hear();
  return reply.code(204).send();
});

/** How long a `GET` with `after` waits for a change, in milliseconds. */
const NOTHING_NEW = 1_000;

function change(scenario: Scenario): void {
  scenario.version++;
  for (const tell of scenario.waiting) tell();
  scenario.waiting.clear();
}

type Question = { Params: { id: string }; Querystring: { after?: string } };

server.get<Question>('/scenarios/:id', async ({ params, query }): Promise<State> => {
  const scenario = scenarios.get(params.id);
  if (!scenario) return { version: -1, seen: [] };
  if (query.after === String(scenario.version)) {
    await new Promise<void>((resolve) => {
      scenario.waiting.add(resolve);
      setTimeout(resolve, NOTHING_NEW).unref();
    });
  }
  const { version, seen } = scenario;
  return { version, seen };
});

server.post<{ Body: string }>('/scenarios/end', async ({ body }, reply) => {
  for (const id of JSON.parse(body) as string[]) {
    const scenario = scenarios.get(id);
    if (!scenario) continue;
    scenario.answers = [{ status: 204 }];
    for (const { socket } of scenario.open) socket.destroy();
  }
  return reply.code(204).send();
});

// happy-dom sends a preflight before each request.
server.options('/heard/:id', async (_request, reply) => reply.code(204).send());

/** The pages of the conformance tests: a type and a text. */
const pages: Record<string, [string, string]> = {
  'page.html': ['text/html; charset=utf-8', '<!doctype html><body><script src="page.js"></script>'],
  'window.html': ['text/html; charset=utf-8', '<!doctype html><body><script src="global.js"></script>'],
  'base.html': [
    'text/html; charset=utf-8',
    '<!doctype html><base href="/another/folder/"><body><script src="/conformance/global.js"></script>',
  ],
  'windows-1252.html': [
    'text/html; charset=windows-1252',
    '<!doctype html><body><script charset="utf-8" src="global.js"></script>',
  ],
  'empty.html': ['text/html; charset=utf-8', '<!doctype html>'],
};

server.get<{ Params: { name: string } }>('/conformance/:name', async (request, reply) => {
  const { name } = request.params;
  if (name === 'page.js' || name === 'global.js')
    return reply.type('text/javascript').send(await readFile(`build/tests/conformance/${name}`));
  const html = pages[name];
  return html ? reply.header('content-type', html[0]).send(html[1]) : reply.code(404).send();
});

server.removeAllContentTypeParsers();
server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

type Asked = { Params: { id: string; '*': string }; Querystring: { answers?: string } };

server.all<Asked>('/scenarios/:id/*', async (request, reply) => {
  const { id } = request.params;
  const { answers } = request.query;
  const scenario = scenarios.get(id) ?? (answers === undefined ? undefined : make(id, answers));
  if (!scenario || scenario.seen.length >= MAX_REQUESTS) return reply.code(404).send();
  reply.hijack();
  const { raw } = request;
  const isPreflight = raw.method === 'OPTIONS' && 'access-control-request-method' in raw.headers;
  const number = scenario.seen.filter((seen) => !seen.isPreflight).length;
  const seen: Seen = {
    method: raw.method ?? '',
    url: raw.url ?? '',
    headers: raw.headers as Record<string, string>,
    body: typeof request.body === 'string' ? request.body : '',
    at: performance.now(),
    isPreflight,
    isOpen: true,
    wasAborted: false,
  };
  scenario.seen.push(seen);
  change(scenario);
  scenario.open.add(raw);
  reply.raw.on('close', () => {
    scenario.open.delete(raw);
    seen.isOpen = false;
    seen.wasAborted = !reply.raw.writableFinished;
    change(scenario);
  });
  const answer = scenario.answers[Math.min(number, scenario.answers.length - 1)] ?? {};
  if (isPreflight) preflight(raw, reply.raw, answer);
  else await play(scenario, answer, raw, reply.raw);
});

function corsHeaders(request: IncomingMessage, answer: Answer): Record<string, string> {
  if (answer.cors === 'none') return {};
  if (answer.cors !== 'credentials') return { 'access-control-allow-origin': '*' };
  return {
    'access-control-allow-origin': request.headers.origin ?? '*',
    'access-control-allow-credentials': 'true',
  };
}

function preflight(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  response.writeHead(204, {
    ...corsHeaders(request, answer),
    'access-control-allow-methods': request.headers['access-control-request-method'] ?? '',
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '',
  });
  response.end();
}

async function play(
  scenario: Scenario,
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (answer.status === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const { contentType = 'text/event-stream' } = answer;
  response.writeHead(answer.status ?? 200, {
    ...corsHeaders(request, answer),
    ...(contentType === null ? {} : { 'content-type': contentType }),
    'access-control-expose-headers': '*',
    ...answer.headers,
  });
  response.flushHeaders();
  for (const step of answer.steps ?? []) {
    if (response.destroyed) return;
    if (typeof step === 'object' && 'heard' in step) {
      const unheard = new Promise<boolean>((resolve) => setTimeout(resolve, PATIENCE, false));
      response.write((await Promise.race([scenario.isHeard, unheard])) ? step.heard : step.unheard);
    } else await take(step, request, response);
  }
  response.end();
}

async function take(
  step: Exclude<Step, { heard: string }>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (typeof step === 'string') response.write(step);
  else if ('bytes' in step) response.write(Buffer.from(step.bytes, 'latin1'));
  else if ('wait' in step) await new Promise((resolve) => setTimeout(resolve, step.wait));
  else if (step.end === 'reset') {
    // Wait until earlier writes are sent: a reset drops the bytes that are still in the socket's buffer.
    await new Promise((resolve) => setTimeout(resolve, 30));
    request.socket.resetAndDestroy();
  } else await new Promise((resolve) => response.once('close', resolve));
}

const control = await server.listen({ host: '127.0.0.1', port: 0 });
await server.ready();

/** Opens another port of the same server, or a port without a server. */
async function listen(isThere = true): Promise<string> {
  const further = createServer((request, response) => server.routing(request, response));
  // No idle timeout: after 5 s, the server could close a connection that a busy client is about to reuse.
  further.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => further.listen(0, '127.0.0.1', resolve));
  const { port } = further.address() as AddressInfo;
  if (!isThere) await new Promise((resolve) => further.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const facts = {
  control,
  origin: await listen(),
  otherOrigin: await listen(),
  nobody: await listen(false),
};
// The playground's server, for its models.
const { origin: models } = await startServer({ root: process.cwd(), port: 0 });
const { RANDOM_LIFE_SEED, RANDOM_LIFE_SECONDS, CHAOS_SEED, CHAOS_RUNS } = process.env;
const randomLife = {
  seed: Number(RANDOM_LIFE_SEED ?? Math.floor(Math.random() * 2 ** 31)),
  seconds: Number(RANDOM_LIFE_SECONDS ?? 3),
};
const chaos = {
  ...(await startChaos()),
  seed: Number(CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31)),
  runs: Number(CHAOS_RUNS ?? 12),
};
process.stdout.write(`${JSON.stringify({ ...facts, models, randomLife, chaos })}\n`);
