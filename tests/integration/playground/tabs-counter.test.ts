/** Tests the playground's counter of tabs that share one connection. */
import { expect } from 'chai';
import type { Browser, Page } from 'puppeteer-core';
import { launch, type Server, serve, testid } from './harness.js';

describe('the tab counter', () => {
  let server: Server;
  let browser: Browser;

  before(async () => {
    server = await serve();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  async function open(): Promise<Page> {
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(`${server.origin}/?tabs#feed`);
    return page;
  }

  const says = (page: Page, text: string) =>
    page.waitForFunction(
      (selector, text) => document.querySelector<HTMLOutputElement>(selector)?.value.includes(text),
      { polling: 50 },
      testid('tabs-status'),
      text,
    );

  it('counts the tabs, and shows which one holds the connection', async function () {
    this.timeout(120_000);
    const first = await open();
    await says(first, '1 tab, 1 connection. This tab holds the connection.');
    const second = await open();
    await says(second, '2 tabs, 1 connection. Another tab holds the connection.');
    await says(first, '2 tabs, 1 connection. This tab');
    await first.close();
    await says(second, '1 tab, 1 connection. This tab holds the connection.');
    expect(await second.$eval(testid('tabs-another'), (link) => link.getAttribute('href'))).to.equal(
      '?tabs#feed',
    );
  });
});
