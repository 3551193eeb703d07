/** Starts the measured engines. Each run of a bundle's function has a fresh process or page. */
// @ts-check
import puppeteer from 'puppeteer-core';
import WebDriver from 'webdriver';
import { startDriver } from '../tests/support/webdriver.mjs';
import { setupBrowser } from '../tools/browsers.mjs';
import { root, run, StepError } from '../tools/run.mjs';

/** @typedef {{ version: string, run: (bundle: string, name: string, args: unknown[]) => Promise<any>, stop: () => unknown }} Engine */

/** The longest time of one part, in milliseconds. */
const TIMEOUT = 600_000;

/** @type {Record<string, { browser: 'chrome' | 'firefox', args: string[] }>} */
const LAUNCH = {
  chromium: {
    browser: 'chrome',
    args: ['--no-sandbox', '--js-flags=--expose-gc', '--enable-precise-memory-info'],
  },
  firefox: { browser: 'firefox', args: [] },
};

/** @param {string} name @param {{ folder: string, origin: string }} bundles @returns {Promise<Engine>} */
export async function startEngine(name, { folder, origin }) {
  if (name === 'node') return node(folder);
  const launch = LAUNCH[name];
  if (!launch) return webkit(name, origin);
  const { executable: executablePath } = await setupBrowser(name);
  const browser = await puppeteer.launch({ ...launch, executablePath, protocolTimeout: TIMEOUT });
  return {
    version: /[\d.]+/.exec(await browser.version())?.[0] ?? '',
    async run(bundle, functionName, args) {
      // A new context has no caches and no connections, and usually a new process.
      const context = await browser.createBrowserContext();
      try {
        const page = await context.newPage();
        await page.goto(`${origin}/page.html`);
        const text = await page.evaluate(call(`${origin}/${bundle}.js`, functionName, args));
        return JSON.parse(/** @type {string} */ (text));
      } finally {
        await context.close();
      }
    },
    stop: () => browser.close(),
  };
}

/**
 * A script expression for the result of a bundle's function, as JSON. @param {string} url @param {string} name @param
 * {unknown[]} args
 */
const call = (url, name, args) =>
  `import('${url}').then((bundle) => bundle.${name}(...${JSON.stringify(args)})).then(JSON.stringify)`;

/**
 * Each run has a new session, with a new process and no caches. @param {string} name @param {string} origin @returns
 * {Promise<Engine>}
 */
async function webkit(name, origin) {
  const driver = await startDriver(await setupBrowser(name));
  const session = () =>
    WebDriver.newSession({
      hostname: '127.0.0.1',
      port: driver.port,
      path: '/',
      logLevel: 'error',
      // A retry would run the measured function twice.
      connectionRetryCount: 0,
      connectionRetryTimeout: TIMEOUT,
      capabilities: /** @type {any} */ (driver.capabilities),
    });
  const first = await session();
  const version = first.capabilities.browserVersion ?? '';
  await first.deleteSession();
  return {
    version,
    async run(bundle, functionName, args) {
      const client = await session();
      try {
        await client.setTimeouts(undefined, undefined, TIMEOUT);
        await client.navigateTo(`${origin}/page.html`);
        const result = call(`${origin}/${bundle}.js`, functionName, args);
        const script = `const [done] = arguments; ${result}.then(done, (error) => done('error: ' + error));`;
        const text = await client.executeAsyncScript(script, []);
        if (text.startsWith('error')) throw new StepError(`${functionName} of ${bundle} in ${name}: ${text}`);
        return JSON.parse(text);
      } finally {
        await client.deleteSession();
      }
    },
    stop: () => driver.stop(),
  };
}

/** Node, whose EventSource is undici's. @param {string} folder @returns {Engine} */
const node = (folder) => ({
  version: process.versions.node,
  async run(bundle, name, args) {
    // Node loads these globals at the first access, which must not count as the client's time.
    const script = `void [globalThis.Request, globalThis.EventSource];
      process.stdout.write(await ${call(`${root}/${folder}/${bundle}.js`, name, args)}, () => process.exit());`;
    const flags = ['--expose-gc', '--experimental-eventsource', '--no-warnings', '--input-type=module'];
    const { stdout } = await run(process.execPath, [...flags, '--eval', script], { timeout: TIMEOUT });
    return JSON.parse(stdout);
  },
  stop() {},
});
