/** Pages whose URL has a user name and password, and pages that are wrongly reported as offline. */

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import puppeteer, { type Browser } from 'puppeteer-core';

const { CHROME_PATH = '', FIREFOX_PATH = '' } = process.env;

const launches = {
  Chromium: () => puppeteer.launch({ executablePath: CHROME_PATH, args: ['--no-sandbox'] }),
  Firefox: () => puppeteer.launch({ browser: 'firefox', executablePath: FIREFOX_PATH }),
};

const AUTHORIZATION = `Basic ${btoa('user:pass')}`;

let server: Server;
let address: string;
/** The requests for streams. */
const requests: IncomingMessage[] = [];

before(async () => {
  const script = await readFile('dist/global.js');
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    if (pathname.startsWith('/feed')) {
      requests.push(request);
      response.setHeader('access-control-allow-origin', '*');
      if (searchParams.has('private') && request.headers.authorization !== AUTHORIZATION) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('retry: 100\ndata: hello\n\n');
      if (searchParams.has('ends')) response.end();
    } else if (pathname === '/global.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    } else {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>x</title><script src="/global.js"></script>');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

for (const [name, launch] of Object.entries(launches)) {
  describe(`a page in ${name}`, () => {
    let browser: Browser;
    before(async function () {
      this.timeout(60_000);
      browser = await launch();
    });
    after(() => browser?.close());
    beforeEach(() => {
      requests.length = 0;
    });

    for (const path of ['/feed', '/feed?private']) {
      it(`opened as http://user:pass@…: new EventSource('${path}') works`, async () => {
        const page = await browser.newPage();
        await page.goto(`http://user:pass@${address}/`);
        const seen = await page.evaluate(
          (path) =>
            new Promise<string>((resolve) => {
              const source = new EventSource(path);
              source.onmessage = ({ data }) => resolve(data);
              source.onerror = (error) => resolve((error as ErrorEvent).message);
            }),
          path,
        );
        expect(seen).to.equal('hello');
        expect(requests).to.have.length(1);
        await page.close();
      });
    }

    it('a URL of another origin with a password sends no credentials by default', async () => {
      const page = await browser.newPage();
      await page.goto(`http://${address}/`);
      const other = address.replace('127.0.0.1', 'localhost');
      const seen = await page.evaluate(
        (url) =>
          new Promise<string>((resolve) => {
            new EventSource(url).onmessage = ({ data }) => resolve(data);
          }),
        `http://user:pass@${other}/feed`,
      );
      expect(seen).to.equal('hello');
      expect(requests[0]?.headers.authorization).to.equal(undefined);
      await page.close();
    });
  });
}

describe('navigator.onLine that is wrongly false, in Chromium', () => {
  it('a feed of another host is still retried', async function () {
    this.timeout(120_000);
    const browser = await puppeteer.launch({
      executablePath: CHROME_PATH,
      args: ['--no-sandbox', '--host-resolver-rules=MAP feed.example 127.0.0.1'],
    });
    try {
      const page = await browser.newPage();
      await page.evaluateOnNewDocument(() => {
        Object.defineProperty(navigator, 'onLine', { get: () => false });
      });
      await page.goto(`http://${address}/`);
      requests.length = 0;
      await page.evaluate(
        (url) => {
          new EventSource(url);
        },
        `http://${address.replace('127.0.0.1', 'feed.example')}/feed?ends`,
      );
      const end = Date.now() + 60_000;
      while (requests.length < 3 && Date.now() < end)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(requests.length).to.be.at.least(3);
    } finally {
      await browser.close();
    }
  });
});
