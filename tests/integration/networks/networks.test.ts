/**
 * Streams over HTTP/2 and through nginx: each event arrives once, in order and complete, even though each stream is cut
 * in the middle. `NETWORK_EVENTS` is the number of events per stream, `NETWORK_STREAMS` that of concurrent streams over
 * HTTP/2.
 */

import { expect } from 'chai';
import { EventSource } from 'eventsource-wasm';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { generate } from 'selfsigned';
import { COMPRESSIONS, Nginx, type NginxProgram } from './nginx.js';
import { type Certificate, dataOf, EventServer } from './stream.js';

const {
  CHROME_PATH = '',
  NGINX_PROGRAM = '{}',
  NETWORK_EVENTS = '200',
  NETWORK_STREAMS = '200',
} = process.env;
const events = Number(NETWORK_EVENTS);

let certificate: Certificate;
let browser: Browser;

before(async function () {
  this.timeout(60_000);
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keySize: 2048,
  });
  certificate = { private: key, cert };
  browser = await puppeteer.launch({
    executablePath: CHROME_PATH,
    acceptInsecureCerts: true,
    args: ['--no-sandbox'],
  });
});

after(() => browser.close());

/** The received events of a stream. */
interface Outcome {
  data: string[];
  ids: string[];
}

const expected: Outcome = {
  data: Array.from({ length: events }, (_, index) => dataOf(index + 1)),
  ids: Array.from({ length: events }, (_, index) => `${index + 1}`),
};

/** Reads a stream to its end. Also runs in a page, without access to this module. */
async function read(
  Class: typeof EventSource,
  url: string,
  came: string,
  count: number,
  headers?: Record<string, string>,
): Promise<Outcome> {
  // Don't rely on `retry:`, which a proxy may also hold back.
  const source = new Class(url, { ...(headers ? { headers } : {}), reconnect: { initialDelay: 5 } });
  try {
    return await new Promise((resolve, reject) => {
      const outcome: Outcome = { data: [], ids: [] };
      source.onmessage = ({ data, lastEventId }) => {
        outcome.data.push(data);
        outcome.ids.push(lastEventId);
        if (outcome.data.length === 1) fetch(came).catch(reject);
        if (outcome.data.length === count) resolve(outcome);
      };
      source.onerror = (error) => {
        if (!error.willReconnect) reject(new Error(error.message));
      };
    });
  } finally {
    source.close();
  }
}

async function pageAt(origin: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${origin}/page`);
  return page;
}

/** `read` in a page, for several streams at once. */
function readInPage(page: Page, streams: [url: string, came: string][]): Promise<Outcome[]> {
  const program = `Promise.all(${JSON.stringify(streams)}.map(([url, came]) =>
    (${read.toString()})(EventSource, url, came, ${events})))`;
  return page.evaluate(program) as Promise<Outcome[]>;
}

describe('HTTP/2', () => {
  it(`${NETWORK_STREAMS} streams over one connection`, async function () {
    this.timeout(600_000);
    const server = await EventServer.start(certificate);
    const page = await pageAt(server.origin);
    try {
      const keys = Array.from({ length: Number(NETWORK_STREAMS) }, (_, index) => `h2-${index}`);
      const outcomes = await readInPage(
        page,
        keys.map((key) => [`/stream/${key}?events=${events}`, `/came/${key}`]),
      );
      for (const outcome of outcomes) expect(outcome).to.deep.equal(expected);
      for (const key of keys) {
        expect(server.seen(key)).to.deep.equal({ requests: 2, isPrompt: true, protocols: ['2.0', '2.0'] });
      }
      expect(server.mostOpen).to.be.above(Number(NETWORK_STREAMS) / 2);
      // One for the page, and one that the browser opens for requests without credentials.
      expect(server.sessions).to.be.at.most(2);
      for (let tries = 0; server.open > 0 && tries < 100; tries++)
        await new Promise((done) => setTimeout(done, 20));
      expect(server.open).to.equal(0);
    } finally {
      await page.close();
      await server.stop();
    }
  });
});

describe('nginx', () => {
  let server: EventServer;
  let nginx: Nginx;
  let page: Page;

  before(async function () {
    this.timeout(60_000);
    server = await EventServer.start();
    nginx = await Nginx.start(JSON.parse(NGINX_PROGRAM) as NginxProgram, server.origin, certificate);
    page = await pageAt(server.origin);
  });

  after(async () => {
    console.info(
      `figures: nginx, ${streams} streams of ${events} events; held back: ${heldBack.join('; ') || 'none'}`,
    );
    await page?.close();
    await nginx?.stop();
    await server?.stop();
  });

  const heldBack: string[] = [];
  let streams = 0;

  for (const buffering of ['on', 'on, but X-Accel-Buffering: no', 'off']) {
    for (const compression of COMPRESSIONS) {
      for (const client of ['Chromium', 'Chromium, HTTP/2 and TLS', 'Node, HTTP/1.1']) {
        // Chromium accepts brotli only over TLS.
        if (compression === 'br' && client === 'Chromium') continue;
        const name = `${client}: buffering ${buffering}, ${compression}`;
        it(name, async function () {
          this.timeout(600_000);
          const key = name.replace(/\W+/g, '-');
          const origin = client.includes('TLS') ? nginx.https : nginx.http;
          const [proxyBuffering, header = ''] = buffering.split(', but X-Accel-Buffering: ');
          const isPromptAlways = compression === 'plain' || buffering !== 'on';
          const query = new URLSearchParams({
            events: `${events}`,
            buffering: header,
            // Where events are held back, the server waits for the whole time.
            patience: isPromptAlways ? '10000' : '300',
          });
          const url = `${origin}/${proxyBuffering}/${compression}/stream/${key}?${query}`;
          const came = `${server.origin}/came/${key}`;
          const [outcome] = client.startsWith('Node')
            ? [await read(EventSource, url, came, events, { 'accept-encoding': compression })]
            : await readInPage(page, [[url, came]]);
          expect(outcome).to.deep.equal(expected);
          const { requests, isPrompt } = server.seen(key);
          expect(requests).to.equal(2);
          if (isPromptAlways) expect(isPrompt).to.equal(true);
          streams++;
          if (!isPrompt) heldBack.push(name);
        });
      }
    }
  }
});
