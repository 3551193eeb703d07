/**
 * A server of numbered events: over HTTP/1.1 behind a proxy, or over HTTP/2 with TLS for a browser.
 *
 * `/stream/<key>?events=<number>` sends the first event, then waits for a request of `/came/<key>`, for at most
 * `patience` milliseconds. So the test knows whether a proxy holds events back. `buffering` is the value of
 * `X-Accel-Buffering`. The first connection of each key is cut in the middle. The next one resumes after
 * `Last-Event-ID`.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Certificate {
  private: string;
  cert: string;
}

/** How a stream went, as seen by the server. */
export interface Seen {
  requests: number;
  /** Whether the client had the first event before the second was sent. */
  isPrompt: boolean;
  protocols: string[];
}

const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'Last-Event-ID',
  'access-control-max-age': '600',
};

export class EventServer {
  readonly origin: string;
  /** The number of open streams, and its maximum. */
  open = 0;
  mostOpen = 0;
  /** The number of HTTP/2 connections. */
  sessions = 0;
  readonly #streams = new Map<string, Seen & { came: PromiseWithResolvers }>();
  readonly #stop: () => Promise<void>;

  private constructor(origin: string, stop: () => Promise<void>) {
    this.origin = origin;
    this.#stop = stop;
  }

  /** Starts on loopback, with HTTP/2 if there is a certificate, otherwise with HTTP/1.1. */
  static async start(certificate?: Certificate): Promise<EventServer> {
    let answer: RequestListener = () => {};
    const listener = (request: unknown, response: unknown) =>
      answer(request as IncomingMessage, response as ServerResponse & { req: IncomingMessage });
    const server = certificate
      ? createSecureServer({
          key: certificate.private,
          cert: certificate.cert,
          settings: { maxConcurrentStreams: 256 },
        })
      : createServer();
    server.on('request', listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const sessions = new Set<{ destroy(): void }>();
    const self = new EventServer(`http${certificate ? 's' : ''}://127.0.0.1:${port}`, async () => {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    });
    server.on('session', (session: { destroy(): void }) => {
      self.sessions++;
      sessions.add(session);
    });
    answer = (request, response) => {
      self.#answer(request, response).catch(() => response.destroy());
    };
    return self;
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  seen(key: string): Seen {
    const { requests, isPrompt, protocols } = this.#stream(key);
    return { requests, isPrompt, protocols };
  }

  #stream(key: string) {
    const known = this.#streams.get(key);
    if (known) return known;
    const stream = { requests: 0, isPrompt: false, protocols: [], came: withResolvers() };
    this.#streams.set(key, stream);
    return stream;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', this.origin);
    const [, what, key = ''] = pathname.split('/');
    if (request.method === 'OPTIONS') {
      response.writeHead(204, cors).end();
    } else if (what === 'page') {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><script src="/global.js"></script>');
    } else if (what === 'global.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync('dist/global.js'));
    } else if (what === 'came') {
      this.#stream(key).came.resolve();
      response.writeHead(204, cors).end();
    } else if (what === 'stream') {
      await this.#send(key, searchParams, request, response);
    } else {
      response.writeHead(404, cors).end();
    }
  }

  async #send(
    key: string,
    searchParams: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const events = Number(searchParams.get('events'));
    const patience = Number(searchParams.get('patience') ?? 10_000);
    const stream = this.#stream(key);
    stream.requests++;
    stream.protocols.push(request.httpVersion);
    this.open++;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    let isGone = false;
    response.on('close', () => {
      isGone = true;
      this.open--;
    });
    const buffering = searchParams.get('buffering');
    response.writeHead(200, {
      ...cors,
      'content-type': 'text/event-stream',
      ...(buffering ? { 'x-accel-buffering': buffering } : {}),
    });
    const first = Number(request.headers['last-event-id'] ?? 0) + 1;
    const isCut = stream.requests === 1;
    const last = isCut ? Math.ceil(events / 2) : events;
    for (let number = first; number <= last && !isGone; number++) {
      const isTaken = response.write(`id: ${number}\nretry: 5\ndata: ${dataOf(number)}\n\n`);
      if (number === 1) {
        const isPrompt = await Promise.race([
          stream.came.promise.then(() => true),
          sleep(patience, false, { ref: false }),
        ]);
        if (isCut) stream.isPrompt = isPrompt;
      } else if (!isTaken && !isGone) {
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
    }
    if (isGone) return;
    if (!isCut) {
      response.end();
      return;
    }
    // Let earlier writes go out first. Otherwise, the client would request those events again.
    await sleep(20);
    const { stream: http2 } = response as unknown as Http2ServerResponse & {
      stream?: Http2ServerRequest['stream'];
    };
    if (http2) http2.close(2);
    else response.destroy();
  }
}

/** The data of the event with this number, with characters of one to four bytes. */
export const dataOf = (number: number) =>
  `${number} ${['plain', 'é', '世界', '😀'][number % 4]}`.repeat(1 + (number % 3));

interface PromiseWithResolvers {
  promise: Promise<void>;
  resolve: () => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve = () => {};
  const promise = new Promise<void>((given) => {
    resolve = given;
  });
  return { promise, resolve };
}
