/** Tests of the static build in one browser: models in the page, the wire view, links, layout and accessibility. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve } from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { Playground, sourceText, testid } from './harness';

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Serves www/dist under a path, like GitHub's project pages, with a server for files only. */
async function serveFiles(): Promise<{ origin: string; requests: string[]; close(): void }> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://server');
    requests.push(`${request.method} ${pathname}`);
    const file = resolve('www/dist', pathname.replace(/^\/project\//, '') || 'index.html');
    if (!pathname.startsWith('/project/') || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'text/plain' });
    response.end(await readFile(file));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/project`;
  return { origin, requests, close: () => server.close() };
}

export function testStaticPlayground(name: string, start: () => Promise<Browser>): void {
  describe(`static playground in ${name}`, () => {
    let files: Awaited<ReturnType<typeof serveFiles>>;
    let browser: Browser;
    let visit: Playground;
    before(async function () {
      this.timeout(120_000);
      [files, browser] = await Promise.all([serveFiles(), start()]);
    });
    after(async () => {
      await browser.close();
      files.close();
    });
    const open = async (options: { hash?: string; width?: number; height?: number } = {}) => {
      visit = await Playground.open(browser, files, options);
      return visit;
    };
    afterEach(() => visit.close());

    const entries = () =>
      visit.page.$$eval(testid('wire-entry'), (rows) =>
        rows.map((row) => ({
          kind: (row as HTMLElement).dataset.kind ?? '',
          text: row.textContent ?? '',
        })),
      );
    const kinds = async () => (await entries()).map(({ kind }) => kind);

    it('runs its models in the page, with each API', async () => {
      await open();
      await visit.asFastAsPossible();
      for (const api of ['completion', 'EventSource', 'fetchEventSource', 'events']) {
        await visit.select('api', api);
        await visit.click('new-chat');
        await visit.send('hojoki');
        expect(await visit.ended(), api).to.equal('done');
        expect(await visit.text('answer-text'), api).to.equal(await sourceText('hojoki'));
      }
      await visit.select('api', 'completion');
      for (const format of ['openai-responses', 'anthropic', 'google', 'ai-sdk', 'cohere']) {
        await visit.select('format', format);
        await visit.click('new-chat');
        await visit.send('hojoki');
        expect(await visit.ended(), format).to.equal('done');
        expect(await visit.text('answer-text'), format).to.equal(await sourceText('hojoki'));
      }
      await visit.select('format', 'openai-chat');
      await visit.settings({ maxTokens: '5', chunkBytes: '1' });
      await visit.send('emoji');
      expect(await visit.ended()).to.equal('done');
      expect(await visit.text('answer-meta')).to.match(/^5 tokens .* cut at the token limit$/);
      // Only files were requested.
      expect(files.requests.filter((request) => !/\/project\/[\w.-]*$/.test(request))).to.deep.equal([]);
      expect(visit.complaints).to.deep.equal([]);
    });

    it('runs its faults in the page', async () => {
      await open();
      await visit.asFastAsPossible();
      for (const [fault, words] of [
        ['401', /rejects the key/],
        ['429', /Too many requests.*You can send again in/s],
        ['204', /No content/],
        ['html', /not an event stream.*text\/html/s],
        ['refuse', /can’t be reached/],
        ['cut', /connection broke/],
      ] as const) {
        await visit.select('fault', fault);
        await visit.send('alice');
        expect(await visit.ended(), fault).to.equal('failed');
        expect(await visit.text('notice'), fault).to.match(words);
      }
      expect(await visit.text('answer-meta')).to.match(/^Incomplete20 tokens/);
    });

    it('runs its feed in the page, and the wire view shows every line', async () => {
      await open({ hash: '#feed?url=feed%3Frate%3D0%26fault%3Dcut%26after%3D3%26retry%3D60' });
      await visit.click('feed-connect');
      await visit.page.waitForSelector(`${testid('feed-event')}[data-id="7"]`);
      await visit.click('feed-close');
      await visit.click('tab-wire');
      await visit.says('wire-count', /entries$/);
      const all = await entries();
      const first = all.slice(0, 9).map(({ kind }) => kind);
      expect(first).to.deep.equal([
        ...['request', 'response', 'comment', 'retry', 'event', 'event', 'event', 'error', 'delay'],
      ]);
      expect(all[0]?.text).to.match(/GET .*\/project\/feed\?rate=0.*accept: text\/event-stream/s);
      expect(all[1]?.text).to.match(/200.*content-type: text\/event-stream/s);
      expect(all[2]?.text).to.match(/: from the start$/);
      expect(all[3]?.text).to.match(/retry: 60$/);
      expect(all[4]?.text).to.match(/price · id 1id: 1\nevent: price\ndata: \{"symbol"/);
      expect(all[8]?.text).to.match(/feed #1.*The next request is sent in \d+ ms/);
      expect(all[9]?.text).to.match(/feed #2.*last-event-id: 3/s);
      // The connection was open, or waiting for its next attempt.
      expect(['end', 'delay']).to.include(all.at(-1)?.kind);
    });

    it('the wire view filters, expands, pauses and clears', async () => {
      await open();
      await visit.asFastAsPossible();
      await visit.settings({ maxTokens: '20' });
      await visit.send('alice');
      await visit.ended();
      await visit.click('tab-wire');
      await visit.says('wire-count', /^2\d entries$/);
      const all = await entries();
      expect(all[0]?.text).to.match(/POST .*\/v1\/chat\/completions.*authorization: Bearer •••/s);
      expect(all[0]?.text).to.contain('"max_tokens":20').and.not.to.contain('demo-key');
      await visit.select('wire-kind', 'response');
      await visit.says('wire-count', /^1 entry$/);
      await visit.select('wire-kind', 'event');
      await visit.fill('wire-filter', 'finish_reason":"length');
      await visit.says('wire-count', /^1 entry$/);
      await visit.click('wire-expand');
      await visit.says('wire-entry', /"choices": \[\n/);
      await visit.select('wire-kind', '');
      await visit.fill('wire-filter', '');
      await visit.select('wire-source', 'feed');
      await visit.says('wire-count', /^0 entries$/);
      await visit.select('wire-source', '');
      await visit.says('wire-count', /^2\d entries$/);

      await visit.click('wire-pause');
      const held = (await kinds()).length;
      await visit.click('tab-chat');
      await visit.send('alice');
      await visit.ended();
      await visit.click('tab-wire');
      expect(await kinds()).to.have.length(held);
      await visit.click('wire-pause');
      await visit.says('wire-count', new RegExp(`^${held * 2} entries$`));
      await visit.click('wire-clear');
      await visit.says('wire-count', /^0 entries$/);
      expect(visit.complaints).to.deep.equal([]);
    });

    it('a link reproduces a feed', async () => {
      await open({ hash: '#feed' });
      await visit.select('feed-method', 'POST');
      await visit.fill('feed-url', `${files.origin}/feed?rate=0&count=2`);
      await visit.click('feed-options');
      await visit.fill('feed-headers', 'X-One: 1\nAuthorization: Bearer secret');
      await visit.fill('feed-body', '{"a": 1}');
      await visit.select('feed-reconnect', 'three');
      await visit.fill('feed-idle', '30');
      await visit.fill('feed-last-id', '7');
      const link = visit.page.url();
      expect(link).not.to.contain('secret');
      const code = (await visit.texts('code'))[1];
      await visit.close();
      visit = await Playground.open(browser, files, { hash: link.slice(link.indexOf('#')) });
      const values = await visit.page.$$eval('#feed :is(input, select, textarea)', (controls) =>
        controls.map((control) => [control.id, (control as HTMLInputElement).value]),
      );
      expect(Object.fromEntries(values)).to.include({
        'feed-method': 'POST',
        'feed-url': `${files.origin}/feed?rate=0&count=2`,
        'feed-headers': 'X-One: 1',
        'feed-body': '{"a": 1}',
        'feed-reconnect': 'three',
        'feed-idle': '30',
        'feed-last-id': '7',
      });
      expect((await visit.texts('code'))[1]).to.equal(
        code?.replace("  'Authorization': 'Bearer secret',\n  ", ''),
      );
      await visit.click('feed-connect');
      await visit.says('feed-count', /^6 events$/);
    });

    /** Sets the prompt. Puppeteer would press Enter at each line break, which sends the message. */
    const writePrompt = (text: string) =>
      visit.page.$eval(
        testid('prompt'),
        (prompt, text) => {
          (prompt as HTMLTextAreaElement).value = text;
          prompt.dispatchEvent(new Event('input', { bubbles: true }));
        },
        text,
      );

    it('a link reproduces a chat', async () => {
      await open();
      await visit.asFastAsPossible();
      await visit.select('model', 'emoji');
      await visit.select('api', 'events');
      await visit.select('fault', 'cut');
      await writePrompt('Read\nto me.');
      await visit.settings({ maxTokens: '30' });
      await visit.page.waitForFunction(() => location.hash.includes('30'));
      const link = visit.page.url();
      await visit.close();
      visit = await Playground.open(browser, files, { hash: link.slice(link.indexOf('#')) });
      await visit.click('send');
      expect(await visit.ended()).to.equal('failed');
      expect(await visit.text('question')).to.equal('Read\nto me.');
      expect(await visit.text('answer-api')).to.equal('events()');
      expect((await visit.texts('code'))[0])
        .to.contain("model: 'emoji'")
        .and.to.contain('max_tokens: 30');
    });

    /** The height of the visible part of an element. */
    const visibleHeight = (selector: string) =>
      visit.page.$eval(selector, (element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return Math.min(bottom, innerHeight) - Math.max(top, 0);
      });
    const overlaps = () =>
      visit.page.evaluate(() => {
        const controls = [...document.querySelectorAll('button, select, input, textarea, a, summary')]
          .filter((element) => !element.closest('.from-end') && element.checkVisibility())
          .map((element) => ({ element, box: element.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 1 && box.height > 1);
        return controls.flatMap(({ element, box }, index) =>
          controls
            .slice(index + 1)
            .filter(
              ({ box: other }) =>
                box.left < other.right - 1 &&
                other.left < box.right - 1 &&
                box.top < other.bottom - 1 &&
                other.top < box.bottom - 1,
            )
            .map(
              ({ element: other }) =>
                `${element.id || element.textContent} / ${other.id || other.textContent}`,
            ),
        );
      });

    for (const [what, width, height] of [
      // A window of 1,280 × 800 at 200 % zoom.
      ['200 % zoom', 640, 400],
      ['a phone in landscape', 667, 375],
      ['a small phone in landscape', 568, 320],
      ['320 px', 320, 568],
      ['a desktop', 1280, 800],
    ] as const) {
      it(`answer, feed and wire are readable: ${what}`, async () => {
        await open({ width, height });
        await visit.asFastAsPossible().catch(() => {});
        await visit.send('alice');
        await visit.ended();
        // Six lines of text, or four on the smallest screens.
        const enough = height < 375 ? 100 : 140;
        expect(await visibleHeight(testid('thread'))).to.be.at.least(enough);
        expect(await overlaps()).to.deep.equal([]);
        await visit.click('tab-feed');
        await visit.select('feed-example', 'ends');
        await visit.click('feed-connect');
        await visit.says('feed-count', /event/);
        expect(await visibleHeight('.events')).to.be.at.least(enough);
        expect(await overlaps()).to.deep.equal([]);
        await visit.click('feed-close');
        await visit.click('tab-wire');
        await visit.says('wire-count', /entries/);
        expect(await visibleHeight('.wires')).to.be.at.least(enough);
        expect(await overlaps()).to.deep.equal([]);
        const wide = await visit.page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(wide).to.be.at.most(0);
      });
    }

    it('the message box grows and shrinks with the message', async () => {
      await open();
      const height = () => visit.page.$eval(testid('prompt'), (element) => element.clientHeight);
      const before = await height();
      await writePrompt('one\ntwo\nthree\nfour');
      expect(await height()).to.be.greaterThan(before * 1.8);
      await visit.click('send');
      await visit.page.waitForSelector(testid('answer'));
      expect(await height()).to.equal(before);
    });

    it('axe finds no violations', async () => {
      const axe = await readFile('node_modules/axe-core/axe.min.js', 'utf8');
      for (const [width, height] of [
        [1280, 800],
        [375, 700],
      ] as const) {
        await open({ width, height });
        // Evaluate it, because the page's policy forbids a script element.
        await visit.page.evaluate(axe);
        const violations = () =>
          visit.page.evaluate(async () => {
            const { axe } = globalThis as unknown as {
              axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
            };
            const { violations } = await axe.run();
            return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
          });
        for (const theme of ['as it is', 'light', 'dark']) {
          if (theme !== 'as it is') await visit.click('theme');
          await visit.click('tab-chat');
          expect(await violations(), `chat, ${theme}`).to.deep.equal([]);
          await visit.select('fault', '429');
          await visit.send('alice');
          await visit.ended();
          expect(await violations(), `chat with an error, ${theme}`).to.deep.equal([]);
          await visit.click('tab-feed');
          expect(await violations(), `feed, ${theme}`).to.deep.equal([]);
          await visit.select('feed-example', 'ends');
          await visit.click('feed-connect');
          await visit.says('feed-count', /event/);
          expect(await violations(), `feed with events, ${theme}`).to.deep.equal([]);
          await visit.click('feed-close');
          await visit.click('tab-wire');
          await visit.says('wire-count', /entries/);
          expect(await violations(), `wire, ${theme}`).to.deep.equal([]);
        }
        if (width === 1280) await visit.close();
      }
    }).timeout(300_000);

    it('its Content-Security-Policy blocks inline scripts', async () => {
      await open();
      const blocked = await visit.page.evaluate(
        () =>
          new Promise<string>((resolve) => {
            document.addEventListener('securitypolicyviolation', (event) =>
              resolve(event.effectiveDirective),
            );
            const script = document.createElement('script');
            script.textContent = 'document.title = "run"';
            document.body.append(script);
            setTimeout(resolve, 2000, 'nothing');
          }),
      );
      expect(blocked).to.equal('script-src-elem');
    });
  });
}
