/** Runs the programs in Chromium, against the scripted server of the tests. */
// @ts-check
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import puppeteer from 'puppeteer-core';
import { setupHeadlessShell } from '../../tools/browsers.mjs';
import { StepError } from '../../tools/run.mjs';
import { scenarioServer } from '../support/scenario-server.mjs';
import { allPrograms, WELL } from './programs.mjs';

const TYPES = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
});

/**
 * Serves a folder while `use` runs.
 * @template T
 * @param {string} folder
 * @param {(origin: string) => Promise<T>} use
 * @param {{ headers?: Record<string, string>, pages?: Record<string, string> }} [options] `pages` are made up
 */
export async function serving(folder, use, { headers = {}, pages = {} } = {}) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    const file = join(folder, path === '/' ? 'index.html' : path);
    const content = pages[path] ?? (existsSync(file) && extname(file) ? readFileSync(file) : undefined);
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': TYPES[extname(path) || '.html'] ?? 'application/octet-stream',
      ...headers,
    });
    response.end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return await use(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** @type {Promise<import('puppeteer-core').Browser> | undefined} */
let browser;

async function launch() {
  const executablePath = await setupHeadlessShell();
  return puppeteer.launch({ executablePath, headless: 'shell', args: ['--no-sandbox'] });
}

/** A URL that answers a program, and the question what came to it. */
export async function newExchange(entry = 'index') {
  const { facts } = await scenarioServer();
  const [hello, heard, unheard] = ['Hello', 'world streamed', 'world at once'].map((content) =>
    entry === 'llm'
      ? `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`
      : `data: ${content}\n\n`,
  );
  const end = entry === 'llm' ? 'data: [DONE]\n\n' : '';
  const steps = [hello, { heard: heard + end, unheard: unheard + end }];
  const response = await fetch(`${facts.origin}/scenarios`, {
    method: 'POST',
    body: JSON.stringify([{ steps }]),
  });
  const { id } = await response.json();
  const log = `${facts.origin}/scenarios/${id}`;
  const wasSent = async () => {
    const { seen } = await (await fetch(log)).json();
    const requests = seen.filter((/** @type {any} */ { isPreflight }) => !isPreflight);
    // One connection for all tabs is a GET.
    const [method, body] = entry === 'shared' ? ['GET', ''] : ['POST', 'ping'];
    return requests.length === 1 && requests[0].method === method && requests[0].body === body;
  };
  return { url: `${log}/stream`, wasSent };
}

/** @typedef {Record<string, string>} Results what each program gave, by its name */

/**
 * Lets programs run and looks at what came to the server besides what they give.
 * @param {(urls: Record<string, string>) => Promise<Results>} runAll
 * @returns {Promise<Results>}
 */
export async function exchanging(runAll, programs = allPrograms()) {
  const exchanges = await Promise.all(
    programs.map(async ({ name, entry }) => ({ name, ...(await newExchange(entry)) })),
  );
  const results = await runAll(Object.fromEntries(exchanges.map(({ name, url }) => [name, url])));
  for (const { name, wasSent } of exchanges) {
    if (results[name] === WELL && !(await wasSent())) results[name] = 'it was not sent as it should be';
  }
  return results;
}

/**
 * Each program in a page of its own.
 * @param {(name: string) => string} address
 */
export function inChromium(address, programs = allPrograms()) {
  return exchanging(async (urls) => {
    browser ??= launch();
    // In a window of its own: a page that another one hides gets no animation frames, and may close its connections.
    const context = await (await browser).createBrowserContext();
    const page = await context.newPage();
    /** @type {Results} */
    const results = {};
    try {
      /** @type {string[]} */
      let complaints = [];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(`${error}`));
      for (const [name, url] of Object.entries(urls)) {
        complaints = [];
        try {
          await page.goto(address(name));
          await untilLoaded(page);
          results[name] = await page.evaluate(
            (name, url) =>
              Promise.race([
                /** @type {any} */ (globalThis)
                  .run(name, url)
                  .catch((/** @type {unknown} */ error) => `${error}`),
                new Promise((resolve) => setTimeout(resolve, 20_000, 'nothing for 20 s')),
              ]),
            name,
            url,
          );
        } catch (error) {
          results[name] = [error, ...complaints].join('\n');
        }
      }
    } finally {
      await context.close();
    }
    return results;
  }, programs);
}

/**
 * Waits for the programs of a page. It is asked again and again, as a reload may leave a question without an answer;
 * Puppeteer's own wait asks by animation frames.
 * @param {import('puppeteer-core').Page} page
 */
export async function untilLoaded(page) {
  const end = performance.now() + 20_000;
  while (!(await page.evaluate('Boolean(globalThis.run)').catch(() => false))) {
    if (performance.now() > end) throw new StepError('the page has no programs after 20 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The version of the Chromium that the programs ran in. */
export const chromiumVersion = async () => (await (await browser)?.version())?.replace(/.*\//, '') ?? '';

export const closeChromium = async () => (await browser)?.close();
