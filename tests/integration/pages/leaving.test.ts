/** Leaving a page, going back to it, and closing its tab, compared with the native class. */

import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import puppeteer, { type Browser } from 'puppeteer-core';

const { CHROME_PATH = '', FIREFOX_PATH = '' } = process.env;

/** Puppeteer turns the back/forward cache off. */
const WITHOUT_CACHE = '--disable-back-forward-cache';

const launches = {
  Chromium: () =>
    puppeteer.launch({
      executablePath: CHROME_PATH,
      args: ['--no-sandbox'],
      ignoreDefaultArgs: [
        WITHOUT_CACHE,
        ...puppeteer.defaultArgs().filter((arg) => arg.startsWith('--disable-features')),
      ],
    }),
  Firefox: () => puppeteer.launch({ browser: 'firefox', executablePath: FIREFOX_PATH }),
};

type Page = typeof globalThis & { native: typeof EventSource; seen: string[]; source: EventSource };

let server: Server;
let origin: string;
const streams = new Set<ServerResponse>();

async function until(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

before(async () => {
  const script = await readFile('dist/global.js');
  server = createServer((request, response) => {
    if (request.url === '/stream') {
      streams.add(response);
      response.on('close', () => streams.delete(response));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 60000\ndata: 1\n\n');
    } else if (request.url === '/global.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    } else {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><script>native = EventSource</script><script src="global.js"></script>');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

for (const [name, launch] of Object.entries(launches)) {
  describe(`leaving a page in ${name}`, () => {
    let browser: Browser;

    before(async function () {
      this.timeout(60_000);
      browser = await launch();
    });
    after(() => browser?.close());

    async function leaveAndReturn(which: 'native' | 'EventSource') {
      const page = await browser.newPage();
      await page.goto(`${origin}/first`);
      await page.evaluate(
        (which) =>
          new Promise<void>((resolve) => {
            const self = globalThis as Page;
            self.seen = [];
            self.source = new self[which]('/stream');
            self.source.onmessage = ({ data }) => {
              self.seen.push(data);
              resolve();
            };
          }),
        which,
      );
      expect(streams.size).to.equal(1);
      await page.goto(`${origin}/second`);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const isKept = streams.size === 1;
      await page.goBack();
      const isRestored = await page.evaluate(() => Array.isArray((globalThis as Page).seen));
      if (isRestored) {
        expect(await until(() => streams.size === 1), 'the page has a connection').to.equal(true);
        for (const stream of streams) stream.write('data: 2\n\n');
        const last = () => page.evaluate(() => (globalThis as Page).seen.at(-1));
        expect(await until(async () => (await last()) === '2')).to.equal(true);
      }
      await page.close();
      expect(await until(() => streams.size === 0), 'closing the tab ends the connection').to.equal(true);
      return { isKept, isRestored };
    }

    it('ours closes when the page is left, and resumes if it is restored', async function () {
      this.timeout(60_000);
      const native = await leaveAndReturn('native');
      const ours = await leaveAndReturn('EventSource');
      expect(ours.isKept).to.equal(false);
      // Our connection doesn't prevent caching where the native one allows it.
      if (native.isRestored) expect(ours.isRestored).to.equal(true);
    });
  });
}
