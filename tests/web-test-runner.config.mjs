/**
 * Configures Web Test Runner to run the bundled tests in build/tests/browser/ in the browsers of the variable BROWSERS
 * (a list of `Browser`s, see tools/browsers.mjs). Prints the counts as a line of JSON, and writes the bodies that pages
 * post to /results into RESULTS_FILE.
 */
// @ts-check
import { writeFileSync } from 'node:fs';
import { defaultReporter } from '@web/test-runner';
import { puppeteerLauncher } from '@web/test-runner-puppeteer';
import { webdriverLauncher } from '@web/test-runner-webdriver';
import { root } from '../tools/run.mjs';
import { startDriver } from './support/webdriver.mjs';

/** @typedef {import('../tools/browsers.mjs').Browser} Browser */

/** @type {Record<string, (browser: Browser) => Promise<import('@web/test-runner').BrowserLauncher>>} */
const launchers = {
  // The sandbox isn't available to root and in many containers, and only our own pages are opened. A test needs `gc`.
  chromium: async ({ executable: executablePath }) =>
    puppeteerLauncher({
      launchOptions: {
        executablePath,
        headless: true,
        args: ['--no-sandbox', '--js-flags=--expose-gc'],
        protocolTimeout: 600_000,
      },
    }),
  firefox: async ({ executable: executablePath }) =>
    puppeteerLauncher({
      launchOptions: { browser: 'firefox', executablePath, headless: true, protocolTimeout: 600_000 },
    }),
  webkitgtk: driven,
  wpe: driven,
};

/** @param {Browser} browser */
async function driven(browser) {
  const { port, capabilities } = await startDriver(browser);
  const launcher = webdriverLauncher({
    hostname: '127.0.0.1',
    port,
    path: '/',
    logLevel: 'error',
    capabilities: /** @type {any} */ (capabilities),
  });
  // The launcher's types and the runner's disagree about an optional member.
  return /** @type {import('@web/test-runner').BrowserLauncher} */ (/** @type {unknown} */ (launcher));
}

/** @type {Browser[]} */
const wanted = JSON.parse(process.env.BROWSERS ?? '[]');
const browsers = await Promise.all(
  wanted.map((browser) => {
    const launcher = launchers[browser.name];
    if (!launcher) throw new Error(`no launcher for '${browser.name}'`);
    return launcher(browser);
  }),
);

/**
 * The version of a browser that has been started.
 * @param {any} launcher
 * @returns {Promise<string | undefined>}
 */
async function versionOf(launcher) {
  const said = (await launcher.browser?.version?.()) ?? launcher.driver?.capabilities?.browserVersion;
  return /[\d.]+/.exec(said ?? '')?.[0];
}

/** The version of each browser, if known. @type {(string | undefined)[]} */
const versions = [];

/** The bodies posted by pages. @type {{ session: string, body: object }[]} */
const posts = [];

/** @type {import('@web/test-runner').Reporter} */
const counting = {
  onTestRunFinished({ sessions }) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const session of sessions) {
      const before = counts.failed;
      if (session.testResults) count(session.testResults, counts);
      // A load error or an error outside of a test fails the session without a failed test.
      if (!session.passed && counts.failed === before) counts.failed += 1;
    }
    const results = posts.map(({ session: id, body }) => {
      const browser = sessions.find((session) => session.id === id)?.browser;
      const index = browser ? browsers.indexOf(browser) : -1;
      if (index < 0) throw new Error(`no session is called ${id}`);
      return { browser: wanted[index]?.name, version: versions[index], ...body };
    });
    if (process.env.RESULTS_FILE) writeFileSync(process.env.RESULTS_FILE, JSON.stringify(results));
    console.log(`\n${JSON.stringify(counts)}`);
  },
};

/** @type {import('@web/test-runner').TestRunnerConfig} */
export default {
  rootDir: root,
  // The same host as the scenario server's, so that both are the same site for cookies.
  hostname: '127.0.0.1',
  files: ['build/tests/browser/**/*.test.js'],
  browsers,
  // Tests use the CPU and measure time, so each browser runs one file at a time, in a new page.
  concurrency: 1,
  concurrentBrowsers: browsers.length,
  reporters: [defaultReporter({ reportTestProgress: false }), counting],
  staticLogging: true,
  // Time-dependent tests can fail on a busy machine. A retry is reported (support/retries.ts).
  testFramework: { config: { timeout: '60000', retries: 1 } },
  browserStartTimeout: 60_000,
  testsFinishTimeout: 1_700_000,
  middleware: [
    async (context, next) => {
      if (context.path !== '/results') return next();
      let body = '';
      for await (const chunk of context.req.setEncoding('utf8')) body += chunk;
      const askAll = browsers.map(async (browser, index) => {
        // A browser that has finished is closed and has no version to ask for.
        versions[index] ??= await versionOf(browser).catch(() => undefined);
      });
      await Promise.all(askAll);
      posts.push({ session: String(context.query.session), body: JSON.parse(body) });
      context.status = 204;
    },
  ],
};

/**
 * @param {import('@web/test-runner').TestSuiteResult} suite
 * @param {{ passed: number, failed: number, skipped: number }} counts
 */
function count({ tests, suites }, counts) {
  for (const { skipped, passed } of tests) counts[skipped ? 'skipped' : passed ? 'passed' : 'failed'] += 1;
  for (const inner of suites) count(inner, counts);
}
