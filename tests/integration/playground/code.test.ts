/** Tests that the code in the page runs in Node when it is pasted into a file. */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { launch, Playground, type Server, serve, sourceText, testid } from './harness';

describe('the code in the page', () => {
  let server: Server;
  let browser: Browser;
  let visit: Playground;
  const folder = 'build/tests/code';
  before(async () => {
    [server, browser] = await Promise.all([serve(), launch()]);
    await mkdir(folder, { recursive: true });
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await browser.close();
    await server.close();
  });
  afterEach(() => visit.close());

  /** Runs the code in Node, and returns its output. */
  const run = async (code: string, name: string) => {
    await writeFile(`${folder}/${name}.mjs`, code);
    const { stdout } = await promisify(execFile)(process.execPath, [`${folder}/${name}.mjs`], {
      timeout: 30_000,
    });
    return stdout;
  };

  for (const api of ['completion', 'EventSource', 'fetchEventSource', 'events']) {
    it(`runs unchanged: ${api}`, async () => {
      visit = await Playground.open(browser, server);
      await visit.select('model', 'hojoki');
      await visit.select('api', api);
      await visit.settings({ maxTokens: '8' });
      const [code = ''] = await visit.texts('code');
      const printed = await run(code.replace('YOUR_API_KEY', 'demo-key'), api);
      const text = printed.replaceAll('\n', '');
      expect(text).to.have.length.above(8);
      expect((await sourceText('hojoki')).replaceAll('\n', '')).to.satisfy((source: string) =>
        source.startsWith(text),
      );
    });
  }

  for (const format of ['openai-responses', 'anthropic', 'google', 'ai-sdk', 'cohere']) {
    it(`runs unchanged: completion with ${format}`, async () => {
      visit = await Playground.open(browser, server);
      await visit.select('model', 'hojoki');
      await visit.select('format', format);
      const [code = ''] = await visit.texts('code');
      const printed = await run(code.replace('YOUR_API_KEY', 'demo-key'), format);
      const lines = (text: string) => text.replaceAll('\n', '');
      expect(lines(printed)).to.equal(lines(await sourceText('hojoki')));
    });
  }

  it('runs unchanged: a feed with all options', async () => {
    visit = await Playground.open(browser, server, { hash: '#feed' });
    await visit.select('feed-method', 'POST');
    await visit.fill('feed-url', `${server.origin}/feed?rate=0&count=2`);
    await visit.click('feed-options');
    await visit.fill('feed-headers', "X-One: it's");
    await visit.fill('feed-body', '{"a": "b\\nc"}');
    await visit.fill('feed-idle', '5');
    await visit.fill('feed-last-id', '7');
    const code = (await visit.texts('code'))[1] ?? '';
    expect(code).to.include("'X-One': 'it\\'s'").and.to.include('idleTimeout: 5000');
    expect(await run(code, 'feed')).to.match(/^open\nprice 8 \{.*\}\nprice 9 \{.*\}\n$/);
  });

  it('is copied by its button', async () => {
    visit = await Playground.open(browser, server);
    const context = visit.page.browserContext();
    await context.overridePermissions(server.origin, ['clipboard-read', 'clipboard-write']);
    await visit.click('copy-code');
    await visit.says('copy-code', /./);
    await visit.page.waitForFunction(
      (selector: string) => document.querySelector(selector)?.textContent === 'Copied',
      {},
      testid('copy-code'),
    );
    const copied = await visit.page.evaluate(() => navigator.clipboard.readText());
    expect(copied).to.equal((await visit.texts('code'))[0]);
  });
});
