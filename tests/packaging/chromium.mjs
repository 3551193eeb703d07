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
 * @param {{ headers?: Record<string, string>, pages?: Record<string, string> }} [options] `pages`: texts by path
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

/** Returns a URL for a program, and a function that checks the request that the server received. */
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
    // SharedEventSource sends a GET.
    const [method, body] = entry === 'shared' ? ['GET', ''] : ['POST', 'ping'];
    return requests.length === 1 && requests[0].method === method && requests[0].body === body;
  };
  return { url: `${log}/stream`, wasSent };
}

/** @typedef {Record<string, string>} Results the result of each program, by name */

/**
 * Runs programs, and checks their requests on the server in addition to their results.
 * @param {(urls: Record<string, string>) => Promise<Results>} runAll
 * @returns {Promise<Results>}
 */
export async function exchanging(runAll, programs = allPrograms()) {
  const exchanges = await Promise.all(
    programs.map(async ({ name, entry }) => ({ name, ...(await newExchange(entry)) })),
  );
  const results = await runAll(Object.fromEntries(exchanges.map(({ name, url }) => [name, url])));
  for (const { name, wasSent } of exchanges) {
    if (results[name] === WELL && !(await wasSent())) results[name] = 'the server got another request';
  }
  return results;
}

/**
 * Runs each program in a newly loaded page.
 * @param {(name: string) => string} address
 */
export function inChromium(address, programs = allPrograms()) {
  return exchanging(async (urls) => {
    browser ??= launch();
    // In a new window: a page behind another one gets no animation frames, and may close its connections.
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
                new Promise((resolve) => setTimeout(resolve, 20_000, 'timed out after 20 s')),
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
 * Waits for the programs of a page. It polls, because an evaluation during a reload may never return, and Puppeteer's
 * wait needs animation frames.
 * @param {import('puppeteer-core').Page} page
 */
export async function untilLoaded(page) {
  const end = performance.now() + 20_000;
  while (!(await page.evaluate('Boolean(globalThis.run)').catch(() => false))) {
    if (performance.now() > end) throw new StepError('the page has no programs after 20 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The version of Chromium. */
export const chromiumVersion = async () => (await (await browser)?.version())?.replace(/.*\//, '') ?? '';

export const closeChromium = async () => (await browser)?.close();
