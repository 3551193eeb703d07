import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { launch, Playground, type Server, serve, testid } from './harness';

describe('page', () => {
  let server: Server;
  let browser: Browser;
  before(async () => {
    [server, browser] = await Promise.all([serve(), launch()]);
  });
  after(async () => {
    await browser.close();
    await server.close();
  });

  it('has no errors on its console during a whole visit', async () => {
    const visit = await Playground.open(browser, server);
    await visit.asFastAsPossible();
    await visit.click('sample-emoji');
    expect(await visit.ended()).to.equal('done');
    await visit.click('new-chat');
    await visit.click('tab-feed');
    await visit.select('feed-example', 'fast');
    await visit.click('feed-connect');
    await visit.says('feed-count', /events/);
    for (const _theme of ['light', 'dark', 'auto']) await visit.click('theme');
    await visit.click('feed-close');
    expect(visit.complaints).to.deep.equal([]);
    await visit.close();
  });

  for (const hash of ['#chat', '#feed']) {
    for (const [width, height] of [
      [320, 640],
      [375, 812],
      [900, 700],
    ] as const) {
      it(`fits ${width} px, ${hash}`, async () => {
        const visit = await Playground.open(browser, server, { hash, width, height });
        if (hash === '#chat') {
          await visit.select('fault', '429');
          await visit.send('alice');
          await visit.ended();
        } else {
          await visit.click('feed-options');
          await visit.select('feed-example', '429');
          await visit.click('feed-connect');
          await visit.says('notice', /Too many/);
        }
        const wide = await visit.page.evaluate(() =>
          [document.documentElement, ...document.querySelectorAll('.thread, .events, .live, .stage, .bar')]
            .filter((element) => element.scrollWidth > element.clientWidth)
            .map((element) => element.className || element.tagName),
        );
        expect(wide).to.deep.equal([]);
        const below = await visit.page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
        expect(below).to.be.at.most(0);
        await visit.close();
      });
    }
  }

  it('enforces its Content-Security-Policy', async () => {
    const visit = await Playground.open(browser, server);
    const blocked = await visit.page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
          const script = document.createElement('script');
          script.textContent = 'document.title = "run"';
          document.body.append(script);
          setTimeout(resolve, 2000, 'nothing');
        }),
    );
    expect(blocked).to.equal('script-src-elem');
    expect(await visit.page.title()).to.match(/^Playground/);
    await visit.close();
  });

  it('is usable by keyboard', async () => {
    const visit = await Playground.open(browser, server);
    const { keyboard } = visit.page;
    await visit.page.focus(testid('tab-chat'));
    await keyboard.press('ArrowRight');
    const focused = () =>
      visit.page.evaluate(
        () =>
          (document.activeElement as HTMLElement | null)?.dataset.testid ?? document.activeElement?.tagName,
      );
    expect(await focused()).to.equal('tab-feed');
    await visit.page.waitForSelector(testid('feed-url'), { visible: true });
    await keyboard.press('ArrowLeft');
    expect(await focused()).to.equal('tab-chat');

    await visit.page.focus(testid('settings-open'));
    await keyboard.press('Enter');
    expect(await focused()).to.equal('base-url');
    await keyboard.press('Escape');
    expect(await focused()).to.equal('settings-open');
    await visit.close();
  });

  it('every control has a name', async () => {
    const visit = await Playground.open(browser, server);
    const nameless = await visit.page.$$eval('button, input, select, textarea', (elements) =>
      elements
        .filter((element) => {
          const labels = (element as HTMLInputElement).labels ?? [];
          return ![
            element.ariaLabel,
            element.textContent,
            ...[...labels].map((label) => label.textContent),
          ].some((name) => name?.trim());
        })
        .map((element) => element.outerHTML),
    );
    expect(nameless).to.deep.equal([]);
    await visit.close();
  });

  it('remembers the theme', async () => {
    const visit = await Playground.open(browser, server);
    await visit.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    const ground = () => visit.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await visit.click('theme');
    await visit.click('theme');
    const dark = await ground();
    expect(dark).to.not.equal(light);
    await visit.page.reload();
    expect(await ground()).to.equal(dark);
    await visit.close();
  });
});
