/**
 * A server that numbers its events and resumes by `Last-Event-ID`, behind a proxy that simulates a bad network: it cuts
 * connections at any byte, resets them, goes silent, delays, splits and joins. The proxy never adds bytes; bad
 * encodings come from the server.
 *
 * `/streams/<seed>-<anything>?events=<number>` is a run. The seed decides how its connections end. With `&head=whole`,
 * no connection is cut before the end of the response's head.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { generator } from './random.js';
import { dataOf, type Run } from './stream.js';

interface Chance extends Run {
  random: () => number;
}

const runs = new Map<string, Chance>();

function runOf(url: string): Chance {
  const key = /\/(?:streams|runs)\/([^/?]+)/.exec(url)?.[1] ?? '';
  const run = runs.get(key) ?? { random: generator(Number.parseInt(key, 10)), requests: 0, fates: {} };
  runs.set(key, run);
  return run;
}

function pick<T>(random: () => number, ...choices: T[]): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*, Last-Event-ID',
  'access-control-max-age': '600',
  // No keep-alive: browsers retry by themselves on a kept connection, which isn't under test.
  connection: 'close',
};

function eventOf(number: number): string {
  const end = ['\n', '\r\n', '\r'][number % 3] as string;
  const data = dataOf(number).split('\n');
  const lines = [...data.map((line) => `data: ${line}`), `id: ${number}`, 'retry: 1', ': a comment', ''];
  return lines.join(end) + end;
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
  const run = runOf(pathname);
  if (request.method === 'OPTIONS') {
    response.writeHead(204, cors).end();
    return;
  }
  if (pathname.startsWith('/runs/')) {
    const { requests, fates } = run;
    response
      .writeHead(200, { ...cors, 'content-type': 'application/json' })
      .end(JSON.stringify({ requests, fates }));
    return;
  }
  run.requests++;
  const first = Number(request.headers['last-event-id'] ?? 0) + 1;
  const events = [];
  for (let number = first; number <= Number(searchParams.get('events')); number++)
    events.push(eventOf(number));
  answer(run, events, response);
}

/** Answers with the events in a random encoding, which may be invalid. */
function answer({ random, fates }: Chance, events: string[], response: ServerResponse): void {
  const whole = Buffer.from(events.join(''));
  const headers = { ...cors, 'content-type': 'text/event-stream' };
  const way = pick(random, 'chunks', 'chunks', 'gzip', 'length', 'longer', 'shorter', 'bad chunk');
  fates[way] = (fates[way] ?? 0) + 1;
  switch (way) {
    case 'gzip':
      response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(gzipSync(whole));
      return;
    case 'length':
      response.writeHead(200, { ...headers, 'content-length': whole.length }).end(whole);
      return;
    case 'longer':
      response.writeHead(200, { ...headers, 'content-length': whole.length + 99 });
      response.write(whole, () => response.socket?.end());
      return;
    case 'shorter': {
      const end = Math.floor(random() * whole.length);
      response.writeHead(200, { ...headers, 'content-length': end }).end(whole.subarray(0, end));
      return;
    }
    default:
      response.writeHead(200, headers);
      for (const event of way === 'chunks' ? events : events.slice(0, 9)) response.write(event);
      if (way === 'chunks') response.end();
      else response.socket?.end('this is no number\r\n');
  }
}

/** How a connection ends after a random number of bytes from the server. */
const FATES = ['end', 'end', 'end', 'reset', 'reset', 'silence', 'refusal', 'none'] as const;

/** An upper bound for the size of a response's head, in bytes. */
const HEAD_SIZE = 1_000;

function proxy(port: number, client: Socket): void {
  const upstream = connect(port, '127.0.0.1');
  // An error on one side needs no handling here: the other side sees the connection end, and `forward` the server's.
  for (const socket of [client, upstream]) socket.on('error', () => {});
  client.on('close', () => upstream.destroy());
  client.once('data', async (request) => {
    const line = request.toString('latin1').split('\r\n', 1)[0] ?? '';
    const run = runOf(line);
    const { random } = run;
    const isPreflight = line.startsWith('OPTIONS');
    const fate = isPreflight ? 'none' : pick(random, ...FATES);
    if (!isPreflight) run.fates[fate] = (run.fates[fate] ?? 0) + 1;
    if (fate === 'refusal') {
      client.resetAndDestroy();
      return;
    }
    upstream.write(request);
    client.on('data', (data) => upstream.write(data));
    const least = line.includes('head=whole') ? HEAD_SIZE : 0;
    const limit = fate === 'none' ? Number.POSITIVE_INFINITY : least + Math.floor(random() ** 2 * 4_000);
    await forward(upstream, client, limit, isPreflight ? () => 0.5 : random);
    if (fate === 'silence') return;
    if (fate === 'reset') client.resetAndDestroy();
    else client.end();
  });
}

/** Forwards bytes in pieces of random size and pace, up to a limit. */
async function forward(from: Socket, to: Socket, limit: number, random: () => number): Promise<void> {
  let left = limit;
  try {
    for await (const data of from) {
      for (let bytes = data as Buffer; bytes.length > 0 && left > 0; ) {
        const size = Math.min(left, 1 + Math.floor(pick(random, 20, 300, 10_000) * random()));
        const piece = bytes.subarray(0, size);
        bytes = bytes.subarray(size);
        left -= piece.length;
        if (to.destroyed) return;
        to.write(piece);
        if (random() < 0.3) await sleep(random() * 4);
      }
      if (left <= 0) return;
    }
  } catch {
    // The client has disconnected, and with it the connection to the server.
  }
}

/** Starts both on loopback. Returns their addresses. */
export async function startChaos(): Promise<{ proxy: string; server: string }> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const tcp = createTcpServer((client) => proxy(port, client));
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port: proxyPort } = tcp.address() as AddressInfo;
  return { proxy: `http://127.0.0.1:${proxyPort}`, server: `http://127.0.0.1:${port}` };
}
