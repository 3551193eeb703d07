/**
 * The engines in which is measured. In: an engine's name. Out: its version, and a way to run a function of a bundle in
 * it, each time in a process or a page of its own.
 */
// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import puppeteer from 'puppeteer-core';
import WebDriver from 'webdriver';
import { startDriver } from '../tests/support/webdriver.mjs';
import { setupBrowser } from '../tools/browsers.mjs';
import { root, StepError } from '../tools/run.mjs';

/** What a bundle's function has returned, and how many milliseconds the bundle took to load. @typedef {{ load: number, result: any }} Outcome */

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {string} version
 * @property {(bundle: string, name: string, args: unknown[]) => Promise<Outcome>} run
 * @property {() => Promise<void>} stop
 */

/** The longest that one part may take. */
const TIMEOUT = 600_000;

/**
 * @param {string} name
 * @param {{ folder: string, origin: string }} where the bundles are: on disk, and on the server
 * @returns {Promise<Engine>}
 */
export async function startEngine(name, { folder, origin }) {
  if (name === 'node') return node(folder);
  if (name === 'webkitgtk') return webkit(name, origin);
  const { executable: executablePath } = await setupBrowser(name);
  const browser = await puppeteer.launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome',
    executablePath,
    headless: true,
    protocolTimeout: TIMEOUT,
    args:
      name === 'firefox'
        ? []
        : [
            '--no-sandbox',
            '--js-flags=--expose-gc',
            '--enable-precise-memory-info',
            '--disable-features=Translate',
          ],
  });
  return {
    name,
    version: /[\d.]+/.exec(await browser.version())?.[0] ?? '',
    async run(bundle, functionName, args) {
      // A context of its own has neither caches nor connections, and as a rule a process of its own.
      const context = await browser.createBrowserContext();
      try {
        const page = await context.newPage();
        await page.goto(`${origin}/page.html`);
        const text = await page.evaluate(
          inPage,
          `${origin}/${bundle}.js`,
          functionName,
          JSON.stringify(args),
        );
        return JSON.parse(text);
      } finally {
        await context.close();
      }
    },
    stop: () => browser.close(),
  };
}

/**
 * Sent to the page as text: it sees nothing of this module.
 * @param {string} url
 * @param {string} name
 * @param {string} args
 */
async function inPage(url, name, args) {
  const begin = performance.now();
  const loaded = await import(url);
  const load = performance.now() - begin;
  const values = name === 'firstEvent' ? [loaded.client, ...JSON.parse(args)] : JSON.parse(args);
  return JSON.stringify({ load, result: await loaded[name](...values) });
}

/**
 * A session for each run, which has a process of its own, and no caches.
 * @param {string} name
 * @param {string} origin
 * @returns {Promise<Engine>}
 */
async function webkit(name, origin) {
  const driver = await startDriver(await setupBrowser(name));
  const session = () =>
    WebDriver.newSession({
      hostname: '127.0.0.1',
      port: driver.port,
      path: '/',
      logLevel: 'error',
      // It is asked once: a second time would run what is measured twice.
      connectionRetryCount: 0,
      connectionRetryTimeout: TIMEOUT,
      capabilities: /** @type {any} */ (driver.capabilities),
    });
  const first = await session();
  const version = first.capabilities.browserVersion ?? '';
  await first.deleteSession();
  return {
    name,
    version,
    async run(bundle, functionName, args) {
      const client = await session();
      try {
        await client.setTimeouts(undefined, undefined, TIMEOUT);
        await client.navigateTo(`${origin}/page.html`);
        const script = `const [url, name, args, done] = arguments;
          (${inPage.toString()})(url, name, args).then(done, (error) => done(JSON.stringify({ error: String(error) })));`;
        const words = [`${origin}/${bundle}.js`, functionName, JSON.stringify(args)];
        const { error, ...outcome } = JSON.parse(await client.executeAsyncScript(script, words));
        if (error) throw new StepError(`${functionName} of ${bundle} in ${name}: ${error}`);
        return outcome;
      } finally {
        await client.deleteSession();
      }
    },
    async stop() {
      driver.stop();
    },
  };
}

/** @param {string} folder @returns {Engine} */
function node(folder) {
  return {
    name: 'node',
    version: process.versions.node,
    async run(bundle, name, args) {
      const child = fork(`${root}/bench/child.mjs`, {
        // Its EventSource is undici's.
        execArgv: ['--expose-gc', '--experimental-eventsource', '--no-warnings'],
        timeout: TIMEOUT,
      });
      child.send({ file: `${root}/${folder}/${bundle}.js`, name, args });
      const ended = once(child, 'exit').then(([code, signal]) => {
        throw new StepError(`node ended with ${code ?? signal} while it ran ${name} of ${bundle}`);
      });
      const [outcome] = await Promise.race([once(child, 'message'), ended]);
      ended.catch(() => {});
      return outcome;
    },
    async stop() {},
  };
}
