/** A site with a stream of numbered events, over HTTP/1.1. It resumes after `Last-Event-ID` and records connections. */

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request of the stream. Times are in milliseconds. */
export interface Connection {
  /** The tab that sent it. */
  tab: string;
  begin: number;
  /** When the tab aborted it, if the tab could still report that. */
  aborted: number | undefined;
  end: number | undefined;
}

/** The page checks that it gets each number once and in order, except for reported gaps. */
const page = `<!doctype html><title>tab</title><script type="module">
import { SharedEventSource } from '/dist/shared.js';
const id = new URL(location.href).searchParams.get('tab');
const tab = { count: 0, first: 0, last: 0, gaps: 0, opens: 0, faults: [], errors: [], froze: 0, restored: 0, modules: 0 };
globalThis.tab = tab;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...args) {
    super(...args);
    tab.modules++;
  }
};
const { fetch } = globalThis;
globalThis.fetch = (url, init) => {
  init?.signal?.addEventListener('abort', () => navigator.sendBeacon('/aborted?tab=' + id));
  return fetch(url, init);
};
globalThis.source = new SharedEventSource('/stream', {
  headers: () => ({ 'x-tab': id }),
  trace: ({ type }) => type === 'interruption' && navigator.sendBeacon('/interrupted?tab=' + id),
});
let isAfterGap = true;
source.onopen = () => tab.opens++;
source.onmessage = ({ data }) => {
  const number = Number(data);
  if (isAfterGap ? number <= tab.last : number !== tab.last + 1) tab.faults.push(number + ' after ' + tab.last);
  isAfterGap = false;
  tab.first ||= number;
  tab.last = number;
  tab.count++;
};
source.onerror = ({ kind, message, willReconnect }) => {
  if (kind === 'gap') {
    tab.gaps++;
    isAfterGap = true;
  } else if (!willReconnect) {
    tab.errors.push(message);
  }
};
document.addEventListener('freeze', () => tab.froze++);
addEventListener('pagehide', () => navigator.sendBeacon('/hidden?tab=' + id));
addEventListener('pageshow', ({ persisted }) => persisted && tab.restored++);
</script>`;

/** When the tab stopped receiving data. */
export const lastUse = ({ aborted, end = performance.now() }: Connection): number =>
  Math.min(aborted ?? end, end);

export class Site {
  readonly origin: string;
  readonly connections: Connection[] = [];
  /** When a tab reported `pagehide`. */
  readonly hidden = new Map<string, number>();
  /** How often a tab reported that its script was stopped in the middle of an event. */
  interruptions = 0;
  readonly #server: Server;
  readonly #live = new Map<Connection, ServerResponse>();
  #last = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<Site> {
    let site: Site | undefined;
    const server = createServer((request, response) => site?.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    site = new Site(server);
    return site;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The number of the last event. */
  get last(): number {
    return this.#last;
  }

  /** The open connections. */
  get live(): Connection[] {
    return [...this.#live.keys()];
  }

  /** Sends the next events. */
  publish(count = 1): void {
    for (let index = 0; index < count; index++) {
      this.#last++;
      for (const response of this.#live.values()) response.write(this.#event(this.#last));
    }
  }

  /** The longest time with two open connections, and with two that no tab had aborted. */
  get longestOverlaps(): { open: number; used: number } {
    let open = 0;
    let used = 0;
    for (const [index, { begin }] of this.connections.entries()) {
      for (const earlier of this.connections.slice(0, index)) {
        open = Math.max(open, (earlier.end ?? performance.now()) - begin);
        used = Math.max(used, lastUse(earlier) - begin);
      }
    }
    return { open, used };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.origin);
    if (pathname === '/stream') {
      this.#stream(request, response);
    } else if (pathname === '/aborted') {
      const connection = this.live.find(({ tab }) => tab === searchParams.get('tab'));
      if (connection) connection.aborted = performance.now();
      response.writeHead(204).end();
    } else if (pathname === '/hidden') {
      this.hidden.set(`${searchParams.get('tab')}`, performance.now());
      response.writeHead(204).end();
    } else if (pathname === '/interrupted') {
      this.interruptions++;
      response.writeHead(204).end();
    } else if (pathname.startsWith('/dist/')) {
      const script = await readFile(pathname.slice(1)).catch(() => undefined);
      response.writeHead(script ? 200 : 404, { 'content-type': 'text/javascript' }).end(script);
    } else {
      const isOther = pathname === '/other';
      // WebAssembly isn't allowed in this page.
      if (pathname === '/strict') {
        response.setHeader('content-security-policy', "script-src 'self' 'unsafe-inline'");
      }
      response.writeHead(200, { 'content-type': 'text/html' }).end(isOther ? '<!doctype html>other' : page);
    }
  }

  #stream({ headers }: IncomingMessage, response: ServerResponse): void {
    const tab = `${headers['x-tab']}`;
    const connection: Connection = { tab, begin: performance.now(), aborted: undefined, end: undefined };
    this.connections.push(connection);
    this.#live.set(connection, response);
    response.on('close', () => {
      connection.end = performance.now();
      this.#live.delete(connection);
    });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 200\n\n');
    const seen = Number(headers['last-event-id'] ?? this.#last);
    for (let number = seen + 1; number <= this.#last; number++) response.write(this.#event(number));
  }

  #event(number: number): string {
    return `id: ${number}\ndata: ${number}\n\n`;
  }
}
