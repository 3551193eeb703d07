/**
 * The server of the benchmark, as a process of its own. Out: a line of JSON with its origins, all on loopback: browsers
 * open no more than six connections to one.
 *
 * - `/burst?shape=small&events=100000`: this many events as fast as they are read, then silence
 * - `/pace?rate=100&phase=3`: this many events a second, each with the time at which it was written; `phase` is when the
 *   first is, in milliseconds
 * - `/clock`: that time
 * - any other path: a file of the folder that is the argument
 */
// @ts-check
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, extname } from 'node:path';
import { Readable } from 'node:stream';

const ORIGINS = 18;
const CHUNK_EVENTS = 2_000;

/** No stream runs for longer. */
const LIFE = 600_000;

const [folder = '.'] = process.argv.slice(2);

const WORDS = ['the', ' river', ' winds', ' past', ' old', ' mills', ' and', ' quiet', ' gardens', '.'];

/** @type {Record<string, (index: number) => string>} */
const shapes = {
  small: (index) => `data: {"token":"${WORDS[index % WORDS.length]}"}\n\n`,
  openai: (index) => {
    const content = WORDS[index % WORDS.length];
    const chunk = {
      id: 'chatcmpl-B7k2ZpQw9XnR4tYv',
      object: 'chat.completion.chunk',
      created: 1_795_000_000,
      model: 'gpt-x-2026',
      service_tier: 'default',
      system_fingerprint: 'fp_7c1d0a44e2',
      choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }],
    };
    return `data: ${JSON.stringify(chunk)}\n\n`;
  },
};

const now = () => performance.timeOrigin + performance.now();

/** @type {Map<string, Buffer>} */
const made = new Map();

/** @param {string} shape @param {number} events */
function eventsOf(shape, events) {
  const key = `${shape} ${events}`;
  let bytes = made.get(key);
  if (!bytes) {
    const make = shapes[shape];
    if (!make) throw new Error(`no stream is called ${shape}`);
    bytes = Buffer.from(Array.from({ length: events }, (_, index) => make(index)).join(''));
    made.set(key, bytes);
  }
  return bytes;
}

/** @param {URLSearchParams} query */
function* burst(query) {
  const shape = query.get('shape') ?? '';
  for (let left = Number(query.get('events')); left > 0; left -= CHUNK_EVENTS) {
    yield eventsOf(shape, Math.min(left, CHUNK_EVENTS));
  }
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {URLSearchParams} query
 */
function pace(response, query) {
  const interval = 1_000 / Number(query.get('rate'));
  let due = performance.now() + Number(query.get('phase'));
  const write = () => {
    if (response.destroyed) return;
    response.write(`data: ${now()}\n\n`);
    due += interval;
    setTimeout(write, Math.max(0, due - performance.now()));
  };
  setTimeout(write, Number(query.get('phase')));
}

/** @type {Record<string, string>} */
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8' };

/** @type {import('node:http').RequestListener} */
async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  // The isolation of a page makes its clock finer.
  const headers = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'x-stainless-helper-method',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': 'no-store',
  };
  if (pathname === '/burst' || pathname === '/pace') {
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
    response.socket?.setNoDelay(true);
    const life = setTimeout(() => response.destroy(), LIFE);
    response.once('close', () => clearTimeout(life));
    if (pathname === '/pace') return pace(response, searchParams);
    // The response doesn't end: a client would come again.
    const source = Readable.from(burst(searchParams), { objectMode: false });
    response.once('close', () => source.destroy());
    source.pipe(response, { end: false });
  } else if (pathname === '/clock') {
    response.writeHead(200, { ...headers, 'content-type': 'text/plain' }).end(String(now()));
  } else if (pathname === '/page.html') {
    response.writeHead(200, { ...headers, 'content-type': types['.html'] });
    response.end('<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>bench</title>');
  } else {
    const file = await readFile(`${folder}/${basename(pathname)}`).catch(() => undefined);
    response.writeHead(file ? 200 : 404, {
      ...headers,
      'content-type': types[extname(pathname)] ?? 'text/plain',
    });
    response.end(file);
  }
}

/** @type {string[]} */
const origins = [];
for (let number = 0; number < ORIGINS; number++) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  origins.push(`http://127.0.0.1:${port}`);
}
process.stdout.write(`${JSON.stringify({ origins })}\n`);
