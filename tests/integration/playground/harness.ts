/** Helpers of the playground's tests: start the server and a browser, and control the page. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { startServer } from '../../../www/server/main.mjs';

export type Server = Awaited<ReturnType<typeof startServer>>;

export const modelNames = ['alice', 'taoteking', 'peach-blossom', 'hojoki', 'masnavi', 'emoji'];

export const serve = (options: { apiKey?: string } = {}): Promise<Server> =>
  startServer({ port: 0, root: resolve('build/www'), ...options });

/** The expected answer of a model. */
export const sourceText = async (model: string): Promise<string> =>
  (await readFile(`www/texts/${model}.txt`, 'utf8')).trimEnd();

export const launch = (): Promise<Browser> =>
  puppeteer.launch({
    executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
    headless: 'shell',
    args: ['--no-sandbox'],
  });

export const launchFirefox = (): Promise<Browser> =>
  puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr',
    headless: true,
  });

export const testid = (name: string): string => `[data-testid="${name}"]`;

/** A page with the playground in a new browser context. Collects its console errors. */
export class Playground {
  readonly complaints: string[] = [];
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  /** `hash` is the first view. `prepare` can change the page before it loads. */
  static async open(
    browser: Browser,
    { origin }: { origin: string },
    { hash = '', width = 1280, height = 800, prepare = async (_page: Page) => {} } = {},
  ): Promise<Playground> {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    // Long, because other suites may keep the machine busy.
    page.setDefaultTimeout(60_000);
    await page.setViewport({ width, height });
    const playground = new Playground(page);
    await prepare(page);
    await page.goto(`${origin}/${hash}`);
    await page.waitForSelector(testid('sample-alice'));
    return playground;
  }

  close(): Promise<void> {
    return this.page.browserContext().close();
  }

  click(name: string): Promise<void> {
    return this.page.locator(testid(name)).click();
  }

  /** Sets the whole text at once. Puppeteer types key by key, which takes half a second. */
  async fill(name: string, value: string): Promise<void> {
    await this.page.waitForSelector(testid(name), { visible: true });
    await this.page.$eval(
      testid(name),
      (field, text) => {
        (field as HTMLElement).focus();
        (field as HTMLInputElement).value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
        field.dispatchEvent(new Event('change', { bubbles: true }));
      },
      value,
    );
  }

  async select(name: string, value: string): Promise<void> {
    await this.page.select(testid(name), value);
  }

  /** The text of the last element of that name. */
  text(name: string): Promise<string> {
    return this.page.$$eval(testid(name), (elements) => elements.at(-1)?.textContent ?? '');
  }

  texts(name: string): Promise<string[]> {
    return this.page.$$eval(testid(name), (elements) => elements.map((element) => element.textContent ?? ''));
  }

  /** Waits until the text of the last element of that name matches `pattern`. */
  async says(name: string, pattern: RegExp): Promise<void> {
    await this.page.waitForFunction(
      (selector: string, source: string) => {
        const element = [...document.querySelectorAll(selector)].at(-1);
        return new RegExp(source).test(element?.textContent ?? '');
      },
      {},
      testid(name),
      pattern.source,
    );
  }

  /** Moves the rate slider to its end, where there is no limit. */
  async asFastAsPossible(): Promise<void> {
    await this.page.focus(testid('rate'));
    await this.page.keyboard.press('End');
  }

  async settings(values: {
    baseUrl?: string;
    key?: string;
    maxTokens?: string;
    chunkBytes?: string;
  }): Promise<void> {
    await this.click('settings-open');
    if (values.baseUrl !== undefined) await this.fill('base-url', values.baseUrl);
    if (values.key !== undefined) await this.fill('api-key', values.key);
    if (values.maxTokens !== undefined) await this.fill('max-tokens', values.maxTokens);
    if (values.chunkBytes !== undefined) await this.select('chunk-bytes', values.chunkBytes);
    await this.click('settings-save');
  }

  /** Sends a message to `model`, or to the selected model. */
  async send(model?: string): Promise<void> {
    if (model !== undefined) await this.select('model', model);
    await this.fill('prompt', 'Read to me.');
    await this.click('send');
  }

  /** Waits for the end of the last answer, and returns its state. */
  async ended(): Promise<string> {
    const state = await this.page.waitForFunction(
      (selector: string) => {
        const state = [...document.querySelectorAll<HTMLElement>(selector)].at(-1)?.dataset.state;
        return state === 'streaming' ? undefined : state;
      },
      {},
      testid('answer'),
    );
    return String(await state.jsonValue());
  }
}

/** Waits for a condition outside the page. */
export async function until(condition: () => boolean, what: string, milliseconds = 30_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`timed out waiting for: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}
