/** Runs the tests in browsers: unit tests in a page, conformance tests in every kind of global. */
// @ts-check
import { BROWSER_NAMES, setupBrowser } from '../../tools/browsers.mjs';
import { printError, step } from '../../tools/run.mjs';
import { judge, saveRun } from '../conformance/judge.mjs';
import { runInNode } from '../conformance/list.mjs';
import { bundlePanicking, bundleTests, testsIn } from './bundle.mjs';
import { scenarioServer, stopScenarioServer } from './scenario-server.mjs';
import { checked, EndedEarlyError, inChild, SuiteError } from './suite.mjs';

/** @typedef {import('./suite.mjs').Counts} Counts */
/** @typedef {import('../conformance/judge.mjs').Results} Results */

/**
 * Runs all unit and conformance tests in these browsers.
 * @param {string[]} names
 * @returns {Promise<Counts>}
 */
export async function browserTest(names) {
  const sources = [
    ...testsIn('tests/unit/shim'),
    ...testsIn('tests/unit/hooks'),
    'tests/conformance/browser.test.ts',
  ];
  const { counts, results, failures } = await runInBrowsers(names, sources);
  if (names.length === BROWSER_NAMES.length) {
    const { facts } = await scenarioServer();
    results.push(await step('test: the standard in Node', () => runInNode(facts)));
  }
  await repeat(results);
  if (names.length === BROWSER_NAMES.length) saveRun(results);
  const { passed, failed, complaints } = judge(results);
  return step('test: the standard', () =>
    checked(
      { ...counts, passed: counts.passed + passed, failed: failed + counts.failed },
      [...failures.map(({ output }) => output), ...complaints].join('\n'),
    ),
  );
}

/**
 * Repeats failed conformance tests once: on a busy machine, a browser can miss a deadline or stop responding. The new
 * outcomes replace the old ones. Each repetition is logged.
 * @param {Results[]} results
 */
async function repeat(results) {
  const silent = [...new Set(results.flatMap(({ browser, isSilent }) => (isSilent ? [browser] : [])))];
  if (silent.length > 0) {
    console.log(`--  retrying: ${silent.join(', ')}, which stopped responding`);
    const again = await runInBrowsers(silent, ['tests/conformance/browser.test.ts']);
    const others = results.filter(({ browser }) => !silent.includes(browser));
    results.splice(0, Infinity, ...others, ...again.results);
  }
  const inBrowsers = judge(results).unexpected.filter(({ browser }) => BROWSER_NAMES.includes(browser));
  // More failures than that are no coincidence.
  if (inBrowsers.length === 0 || inBrowsers.length > 20) return;
  /** @type {Record<string, string[]>} */
  const only = {};
  for (const { browser, global, which, name } of inBrowsers) {
    console.log(`--  retrying: ${browser}, ${global}, ${which}: ${name}`);
    const title = `${which} in a ${global}`;
    only[title] = [...(only[title] ?? []), name];
  }
  const names = [...new Set(inBrowsers.map(({ browser }) => browser))];
  const again = await runInBrowsers(names, ['tests/conformance/browser.test.ts'], only);
  for (const { browser, global, which, name } of inBrowsers) {
    /** @param {Results} one */
    const isMeant = (one) => one.browser === browser && one.global === global && one.which === which;
    const outcome = again.results.find(isMeant)?.outcomes.find((outcome) => outcome.name === name);
    const outcomes = results.find(isMeant)?.outcomes ?? [];
    const at = outcomes.findIndex((outcome) => outcome.name === name);
    if (outcome) outcomes[at] = outcome;
  }
}

/**
 * @param {string[]} names of browsers
 * @param {string[]} sources of tests
 * @param {Record<string, string[]>} [only] the conformance tests to run, by class and global
 */
export async function runInBrowsers(names, sources, only) {
  /** @type {{ counts: Counts, results: Results[] }[]} */
  const runs = [];
  /** @type {SuiteError[]} */
  const failures = [];
  /** @param {string[]} names @param {'js'} [variant] */
  const runAll = async (names, variant) => {
    if (names.length === 0) return;
    const attempt = () => runVariant(names, sources, only, variant);
    const restarted = attempt().catch((error) => {
      if (!(error instanceof EndedEarlyError)) throw error;
      printError(error);
      // A WebKit that stops answering its driver ends the test runner. It rarely happens twice in the same place.
      console.log(`--  restarting: ${names.join(', ')}`);
      return attempt();
    });
    const run = await restarted.catch((error) => {
      // The other browsers run all the same, and the conformance results are judged.
      if (!(error instanceof SuiteError)) throw error;
      printError(error);
      failures.push(error);
      return error;
    });
    runs.push(run);
  };
  await runAll(names.filter((name) => !WITHOUT_SIMD.includes(name)));
  await runAll(
    names.filter((name) => WITHOUT_SIMD.includes(name)),
    'js',
  );
  const sum = (/** @type {keyof Counts} */ key) => runs.reduce((sum, { counts }) => sum + counts[key], 0);
  return {
    counts: { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') },
    results: runs.flatMap(({ results }) => results),
    failures,
  };
}

/** Engines without WebAssembly SIMD. They test the wasm2js build, which users of such engines need. */
const WITHOUT_SIMD = ['wpe'];

/**
 * @param {string[]} names
 * @param {string[]} sources
 * @param {Record<string, string[]>} [only]
 * @param {'js'} [variant]
 */
async function runVariant(names, sources, only, variant) {
  const browsers = [];
  for (const name of names) browsers.push(await setupBrowser(name));
  const define = { __ONLY__: JSON.stringify(only) ?? 'undefined' };
  await bundleTests(sources, 'build/tests/browser', { platform: 'browser', define }, variant);
  if (!only && !variant) await bundlePanicking('build/tests/browser', { platform: 'browser' });
  const pages = ['tests/conformance/page.ts', 'tests/conformance/global.ts'];
  await bundleTests(
    pages,
    'build/tests/conformance',
    { platform: 'browser', format: 'iife', outbase: 'tests/conformance' },
    variant,
  );
  const args = ['node_modules/@web/test-runner/dist/bin.js', '--config', 'tests/web-test-runner.config.mjs'];
  return inChild(names.join(', '), process.execPath, args, { BROWSERS: JSON.stringify(browsers) });
}

/** The conformance tests alone, in all the browsers and in Node. */
export async function runConformance() {
  try {
    const { results } = await runInBrowsers(BROWSER_NAMES, ['tests/conformance/browser.test.ts']);
    const { facts } = await scenarioServer();
    results.push(await step('test: node', () => runInNode(facts)));
    await repeat(results);
    return results;
  } finally {
    await stopScenarioServer();
  }
}
