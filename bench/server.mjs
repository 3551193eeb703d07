/**
 * The server of the benchmark, in a separate process, on loopback. Sends its origin to its parent, and ends with it.
 *
 * - `/burst?events=100000&data=x`: sends that many events as fast as they are read, then nothing
 * - any other path: a script of the folder in the argument
 */
// @ts-check
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename } from 'node:path';
import { Readable } from 'node:stream';

const CHUNK_EVENTS = 2_000;

const [folder = '.'] = process.argv.slice(2);

/** @param {URLSearchParams} query */
function* burst(query) {
  const event = `data: ${query.get('data')}\n\n`;
  const many = Buffer.from(event.repeat(CHUNK_EVENTS));
  for (let left = Number(query.get('events')); left > 0; left -= CHUNK_EVENTS)
    yield left < CHUNK_EVENTS ? Buffer.from(event.repeat(left)) : many;
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  // Isolated pages have a more precise clock.
  const headers = {
    'access-control-allow-origin': '*',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cache-control': 'no-store',
  };
  if (pathname === '/burst') {
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
    response.socket?.setNoDelay(true);
    const source = Readable.from(burst(searchParams), { objectMode: false });
    response.once('close', () => source.destroy());
    // The response doesn't end: clients would send the request again.
    source.pipe(response, { end: false });
  } else if (pathname === '/page.html') {
    response.writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8' });
    response.end('<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>bench</title>');
  } else {
    const script = await readFile(`${folder}/${basename(pathname)}`).catch(() => undefined);
    const type = 'text/javascript; charset=utf-8';
    response.writeHead(script ? 200 : 404, { ...headers, 'content-type': type }).end(script);
  }
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
process.send?.(`http://127.0.0.1:${port}`);
process.once('disconnect', () => process.exit());
