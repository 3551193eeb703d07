/** Sets up and runs each suite of `npm test`. */
// @ts-check
import { BROWSER_NAMES, setupBrowser, setupChromium, setupHeadlessShell } from '../../tools/browsers.mjs';
import { npmRun } from '../../tools/packages.mjs';
import { run, StepError, step } from '../../tools/run.mjs';
import { setupToolchain } from '../../tools/toolchain.mjs';
import { buildDropIns } from '../integration/drop-in/build.mjs';
import { buildExamples } from '../integration/examples/build.mjs';
import { setupNginx } from '../integration/networks/setup.mjs';
import { setupServers } from '../integration/servers/setup.mjs';
import { testPackaging } from '../packaging/run.mjs';
import { browserTest, runInBrowsers } from './browsers.mjs';
import { bundlePanicking, bundleTests, inNode, testsIn } from './bundle.mjs';
import { checked, runMocha } from './suite.mjs';

/** @typedef {import('./suite.mjs').Counts} Counts */

/** Test files that are too slow for `npm test -- quick`. */
const SLOW = /\/(chaos|random-life|shared|life|llm-faults|page)\.test\.ts$/;

/** Test files about code that doesn't depend on the engine: `npm test -- quick` runs them in Node only. */
const ANY_ENGINE = /\/(llm(-\w+)?|fake-completion|testing|random-streams)\.test\.ts$/;

/** Unit tests mostly wait, so two files run at a time. */
const TWO_FILES = { MOCHA_JOBS: '2' };

/** In the order in which they start: the longest first. @type {Record<string, () => Promise<Counts>>} */
export const suites = {
  browsers: () => browserSuite(BROWSER_NAMES),
  packaging: async () => (await testPackaging()).counts,
  async playground() {
    await npmRun('build:playground');
    await npmRun('build:static');
    return integration('playground', { ...(await chromeAndFirefox(setupHeadlessShell)), MOCHA_JOBS: '4' });
  },
  lint: () => check('lint:all'),
  core: () => cargoTest(['--workspace', '--exclude', 'bindgen']),
  node: () =>
    nodeSuite('node', [
      ...['tests/unit/shim', 'tests/unit/hooks', 'tests/integration/docs', 'tests/conformance'],
    ]),
  /** `SharedEventSource` in the tabs of real browsers. */
  async shared() {
    const browsers = [];
    for (const name of ['chromium', 'firefox', 'webkitgtk']) browsers.push(await setupBrowser(name));
    return integration('shared', { SHARED_BROWSERS: JSON.stringify(browsers) });
  },
  async wasm2js() {
    await npmRun('build:package');
    const files = await bundleTests(testsIn('tests/unit/shim'), 'build/tests/wasm2js', inNode, 'js');
    return runMocha('wasm2js', files, { env: TWO_FILES });
  },
  async pages() {
    const env = { ...(await chromeAndFirefox()), MOCHA_JOBS: '3' };
    return integration('pages', env);
  },
  async servers() {
    return integration('servers', { SERVERS: JSON.stringify(await setupServers()) });
  },
  async networks() {
    const NGINX_PROGRAM = JSON.stringify(await setupNginx());
    return integration('networks', { CHROME_PATH: await setupChromium(), NGINX_PROGRAM });
  },
  async 'drop-in'() {
    await npmRun('build:package');
    return integration('drop-in', { DROP_INS: JSON.stringify(await buildDropIns()) });
  },
  async examples() {
    await npmRun('build:package');
    const EXAMPLES = JSON.stringify(await buildExamples());
    return integration('examples', { CHROME_PATH: await setupHeadlessShell(), EXAMPLES });
  },
};

/** Suites that wait for time to pass. A few of their failures may be timeouts on a busy machine. */
export const MEASURE_TIME = [
  ...['browsers', 'playground', 'node', 'shared', 'wasm2js', 'pages', 'servers', 'networks', 'examples'],
];

/** Suites that run only by name. @type {typeof suites} */
export const parts = {
  ...Object.fromEntries(BROWSER_NAMES.map((name) => [name, () => browserSuite([name])])),
  'quick-lint': () => check('lint:quick'),
  'quick-core': () => cargoTest(['--package', 'eventsource-wasm', '--lib', ...tests('connection', 'retry')]),
  'quick-node': () => nodeSuite('quick-node', ['tests/unit/shim', 'tests/unit/hooks'], SLOW),
  async 'quick-chromium'() {
    await npmRun('build:package');
    const sources = testsIn('tests/unit/shim').filter((path) => !SLOW.test(path) && !ANY_ENGINE.test(path));
    const { counts } = await runInBrowsers(['chromium'], sources);
    return checked(counts, '');
  },
};
export const QUICK = ['quick-lint', 'quick-core', 'quick-node', 'quick-chromium'];

/** @param {string[]} names */
const tests = (...names) => names.flatMap((name) => ['--test', name]);

/** Runs linters, which count as one test. @param {string} script */
async function check(script) {
  await npmRun(script);
  return { passed: 1, failed: 0, skipped: 0 };
}

/** @param {() => Promise<string>} [chrome] */
async function chromeAndFirefox(chrome = setupChromium) {
  const FIREFOX_PATH = (await setupBrowser('firefox')).executable;
  return { CHROME_PATH: await chrome(), FIREFOX_PATH };
}

/** @param {string} name @param {string[]} folders @param {RegExp} [without] */
async function nodeSuite(name, folders, without) {
  await npmRun('build:package');
  const sources = folders
    .flatMap(testsIn)
    .filter((path) => !path.endsWith('/browser.test.ts') && !without?.test(path));
  const files = await bundleTests(sources, `build/tests/${name}`, inNode);
  if (!without) files.push(...(await bundlePanicking(`build/tests/${name}`, inNode)));
  return runMocha(name, files, { env: TWO_FILES });
}

/** @param {string} name of a folder of tests/integration @param {Record<string, string>} env */
async function integration(name, env) {
  await npmRun('build:package');
  // Bundles stay directly in the output folder: the relative path of the external playground server depends on it.
  const folder = `tests/integration/${name}`;
  const files = await bundleTests(testsIn(folder), `build/tests/${name}`, { ...inNode, outbase: folder });
  return runMocha(name, files, { env });
}

/**
 * The browsers are installed while the package is built, and the panicking core is built before the linters: this is the
 * longest suite.
 * @param {string[]} names
 */
async function browserSuite(names) {
  await Promise.all([npmRun('build:package'), npmRun('build:panicking'), ...names.map(setupBrowser)]);
  return browserTest(names);
}

/** @param {string[]} args @returns {Promise<Counts>} */
async function cargoTest(args) {
  const { cargo, env } = await setupToolchain();
  return step('test: core', async () => {
    let output = '';
    let error;
    try {
      output = (await run(cargo, ['test', '--no-fail-fast', ...args], { env })).all;
    } catch (thrown) {
      if (!(thrown instanceof StepError)) throw thrown;
      error = thrown;
      output = thrown.output ?? '';
    }
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const [, passed, failed, ignored] of output.matchAll(
      /^test result: .+? (\d+) passed; (\d+) failed; (\d+) ignored/gm,
    )) {
      counts.passed += Number(passed);
      counts.failed += Number(failed);
      counts.skipped += Number(ignored);
    }
    if (error && counts.failed === 0) throw error;
    return checked(counts, output);
  });
}
