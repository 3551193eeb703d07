/** Tests the example apps of www/examples in Chromium, built with the packed package (build.mjs). */

import { expect } from 'chai';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
// It reads texts from its own folder, so it isn't bundled.
import { startServer } from '../../../www/server/main.mjs';

type Server = Awaited<ReturnType<typeof startServer>>;

/** The folders with the built apps, by name. */
const examples: Record<string, string> = JSON.parse(process.env.EXAMPLES ?? '{}');

const PATH = '/v1/chat/completions';

async function until(holds: () => unknown, what: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`timed out waiting for: ${what}`);
}

for (const [name, root] of Object.entries(examples)) {
  describe(`the example for ${name}`, () => {
    let server: Server;
    let browser: Browser;
    let page: Page;
    const complaints: string[] = [];
    before(async () => {
      server = await startServer({ root, port: 0 });
      browser = await puppeteer.launch({
        executablePath: process.env.CHROME_PATH as string,
        headless: 'shell',
        args: ['--no-sandbox'],
      });
      page = await browser.newPage();
      page.on('pageerror', (error) => complaints.push(`${error}`));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      await page.goto(server.origin);
      await page.waitForSelector('form');
    });
    after(async () => {
      await browser.close();
      await server.close();
    });

    const asked = () => server.stats.requests[PATH] ?? 0;
    const ask = () => page.click('button[type=submit]');
    const stop = () => page.click('button[type=button]');
    const text = () => page.$eval('output', (output) => output.textContent ?? '').catch(() => '');

    it('sends one request and shows the whole answer', async () => {
      await ask();
      await until(() => page.$('output[aria-busy=false]'), 'the answer is complete');
      expect(await text()).to.match(/Alice was beginning to get very tired/);
      // A second mount would have sent a second request by now.
      expect(asked()).to.equal(1);
      expect(await page.$('[role=alert]')).to.equal(null);
    });

    it('unmounting ends the request on the server', async () => {
      await ask();
      await until(async () => (await text()).includes('Alice'), 'it streams');
      expect(server.stats.open).to.equal(1);
      await stop();
      await until(() => server.stats.open === 0, 'the server has stopped');
    });

    it('leaves no requests open when it is mounted repeatedly', async () => {
      const before = asked();
      for (let times = 0; times < 20; times++) {
        await ask();
        await until(() => asked() === before + times + 1, 'it is asked');
      }
      await until(() => server.stats.open === 1, 'all but the last have ended');
      await stop();
      await until(() => server.stats.open === 0, 'the last has ended');
      expect(asked()).to.equal(before + 20);
      expect(complaints).to.deep.equal([]);
    });

    it('shows an error', async () => {
      await page.setRequestInterception(true);
      page.on('request', (request) =>
        request.url().endsWith(PATH)
          ? request.respond({ status: 401, body: '{"error":{"message":"no such key"}}' })
          : request.continue(),
      );
      await ask();
      await until(() => page.$('[role=alert]'), 'there is an error');
      expect(await page.$eval('[role=alert]', (alert) => alert.textContent)).to.match(/401/);
    });
  });
}
