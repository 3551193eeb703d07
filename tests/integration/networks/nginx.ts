/** Starts nginx in front of a server: with and without buffering, with each compression, with and without TLS. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Certificate } from './stream.js';

export interface NginxProgram {
  program: string;
  /** The folder of its modules. */
  modules: string;
}

const BUFFERINGS = ['on', 'off'] as const;
export const COMPRESSIONS = ['plain', 'gzip', 'br'] as const;

const modes = {
  plain: 'gzip off; brotli off;',
  gzip: 'gzip on; gzip_types text/event-stream; gzip_min_length 0; gzip_proxied any; brotli off;',
  br: 'gzip off; brotli on; brotli_types text/event-stream; brotli_min_length 0;',
};

/** nginx removes the first two parts of `/<buffering>/<compression>/…`. */
function configurationOf(
  upstream: string,
  ports: { http: number; https: number },
  { modules }: NginxProgram,
) {
  const locations = BUFFERINGS.flatMap((buffering) =>
    COMPRESSIONS.map(
      (compression) => `
      location /${buffering}/${compression}/ {
        proxy_pass ${upstream}/;
        proxy_buffering ${buffering};
        ${modes[compression]}
      }`,
    ),
  );
  return `
  daemon off;
  master_process off;
  pid nginx.pid;
  error_log stderr crit;
  load_module ${modules}/ngx_http_brotli_filter_module.so;
  events { worker_connections 1024; }
  http {
    access_log off;
    # After the server disconnects, the brotli filter keeps the client waiting this long. The default is a minute.
    send_timeout 1s;
    ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${what};`).join(' ')}
    server {
      listen 127.0.0.1:${ports.http};
      listen 127.0.0.1:${ports.https} ssl http2;
      ssl_certificate certificate.pem;
      ssl_certificate_key key.pem;
      proxy_http_version 1.1;
      proxy_set_header Connection '';
      ${locations.join('\n')}
    }
  }`;
}

export class Nginx {
  readonly http: string;
  readonly https: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, ports: { http: number; https: number }) {
    this.#child = child;
    this.#folder = folder;
    this.http = `http://127.0.0.1:${ports.http}`;
    this.https = `https://127.0.0.1:${ports.https}`;
  }

  static async start(nginx: NginxProgram, upstream: string, certificate: Certificate): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'eventsource-wasm-nginx-'));
    const ports = { http: await freePort(), https: await freePort() };
    writeFileSync(join(folder, 'nginx.conf'), configurationOf(upstream, ports, nginx));
    writeFileSync(join(folder, 'certificate.pem'), certificate.cert);
    writeFileSync(join(folder, 'key.pem'), certificate.private, { mode: 0o600 });
    const child = spawn(nginx.program, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const self = new Nginx(child, folder, ports);
    for (let tries = 0; ; tries++) {
      if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
      const response = await fetch(self.http).catch(() => undefined);
      if (response) return self;
      if (tries === 100) throw new Error('nginx does not respond');
      await sleep(50);
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill('SIGKILL');
      await closed;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** nginx needs fixed ports: it can't report one that the system chose. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
