/** Chromium's developer tools list the events of our streams (docs/getting-started.md, "Debugging"). */

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import puppeteer, { type Browser } from 'puppeteer-core';

const STREAM = 'id: 1\ndata: a\n\nevent: named\ndata: b\n\n';

describe('Chromium’s developer tools', () => {
  let server: Server;
  let browser: Browser;
  before(async function () {
    this.timeout(60_000);
    const script = await readFile('dist/global.js');
    server = createServer((request, response) => {
      if (request.url === '/global.js') response.setHeader('content-type', 'text/javascript').end(script);
      else if (request.url === '/') {
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html><script src="/global.js"></script>');
      } else {
        response.setHeader('content-type', 'text/event-stream');
        response.write(STREAM.slice(0, 20));
        setTimeout(() => response.end(STREAM.slice(20)), 500);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await puppeteer.launch({
      executablePath: process.env.CHROME_PATH as string,
      args: ['--no-sandbox'],
    });
  });
  after(async () => {
    await browser?.close();
    server.closeAllConnections();
    server.close();
  });

  for (const method of ['GET', 'POST']) {
    it(`show each event of a ${method}`, async () => {
      const page = await browser.newPage();
      const session = await page.createCDPSession();
      await session.send('Network.enable');
      // Like the EventStream tab, which parses the content that the protocol streams for text/event-stream responses.
      let shown = '';
      session.on('Network.dataReceived', ({ data }) => {
        shown += atob(data ?? '');
      });
      session.on('Network.responseReceived', async ({ requestId, type, response }) => {
        if (type !== 'Fetch' || response.mimeType !== 'text/event-stream') return;
        const { bufferedData } = await session.send('Network.streamResourceContent', { requestId });
        shown = atob(bufferedData) + shown;
      });
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.evaluate(
        (method) =>
          new Promise<void>((resolve) => {
            const source = new EventSource('/feed', { method } as EventSourceInit);
            source.addEventListener('named', () => {
              source.close();
              resolve();
            });
          }),
        method,
      );
      for (let tries = 0; tries < 100 && shown.length < STREAM.length; tries++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect(shown).to.equal(STREAM);
      await page.close();
    });
  }
});
