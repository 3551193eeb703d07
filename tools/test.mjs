/**
 * `npm test`: everything, from nothing. In: the names of suites, or none for all of them. Out: one summary whose
 * last line is `N passed, N failed`; exit code 1 if anything failed or a suite had no test to run.
 */
// @ts-check
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { build, buildPanicking, bundle, PANICKING } from './build.mjs';
import { judge, runInNode, saveRun } from './conformance.mjs';
import { lint } from './lint.mjs';
import {
  BROWSER_NAMES,
  setupBrowser,
  setupChromium,
  setupNginx,
  setupNodeModules,
  setupToolchain,
} from './setup.mjs';
import { filesUnder } from './stamps.mjs';
import { buildPlayground, buildStaticPlayground } from './start.mjs';
import { command, printError, root, run, StepError, seconds, start, step } from './steps.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {import('./conformance.mjs').Results} Results */

/** A suite that ran and has failing tests. */
class SuiteError extends StepError {
  /** @param {Counts} counts @param {string} output @param {Results[]} [results] */
  constructor(counts, output, results = []) {
    super(`${counts.failed} failed`, { output });
    this.counts = counts;
    this.results = results;
  }
}

/** A suite whose process ended before its tests did. */
class EndedEarlyError extends StepError {}

/** @type {Record<string, () => Promise<Counts>>} */
const suites = {
  async lint() {
    const failed = (await lint()).length;
    return { passed: 0, failed, skipped: 0 };
  },
  core: cargoTest,
  async node() {
    await build();
    const sources = [
      ...testsIn('tests/unit/shim'),
      ...testsIn('tests/unit/hooks'),
      ...testsIn('tests/integration/docs'),
      'tests/conformance/node.test.ts',
    ];
    const files = await bundleTests(sources, 'build/tests/node', inNode);
    files.push(...(await bundleBorder('build/tests/node', inNode)));
    return (await inChild('node', ['tools/run-mocha.mjs', ...files])).counts;
  },
  async twin() {
    await build();
    const files = await bundleTests(testsIn('tests/unit/shim'), 'build/tests/twin', inNode, 'js');
    return (await inChild('twin', ['tools/run-mocha.mjs', ...files])).counts;
  },
  browsers: () => browserTest(BROWSER_NAMES),
  async pages() {
    const CHROME_PATH = await setupChromium();
    const FIREFOX_PATH = (await setupBrowser('firefox')).executable;
    await build();
    const files = await bundleTests(testsIn('tests/integration/pages'), 'build/tests/pages', inNode);
    return (
      await inChild('pages', ['tools/run-mocha.mjs', ...files], {
        CHROME_PATH,
        FIREFOX_PATH,
        MOCHA_JOBS: '3',
      })
    ).counts;
  },
  /** One connection for the tabs of real browsers. */
  async shared() {
    const browsers = [];
    for (const name of ['chromium', 'firefox', 'webkitgtk']) browsers.push(await setupBrowser(name));
    await build();
    const files = await bundleTests(testsIn('tests/integration/shared'), 'build/tests/shared', inNode);
    const env = { SHARED_BROWSERS: JSON.stringify(browsers) };
    return (await inChild('shared', ['tools/run-mocha.mjs', ...files], env)).counts;
  },
  async playground() {
    const CHROME_PATH = await setupChromium();
    const FIREFOX_PATH = (await setupBrowser('firefox')).executable;
    await buildPlayground();
    await buildStaticPlayground();
    // The path to the page's server is written for files that lie right in the folder.
    const options = { ...inNode, outbase: 'tests/integration/playground' };
    const files = await bundleTests(
      testsIn('tests/integration/playground'),
      'build/tests/playground',
      options,
    );
    const env = { CHROME_PATH, FIREFOX_PATH, MOCHA_JOBS: '4' };
    return (await inChild('playground', ['tools/run-mocha.mjs', ...files], env)).counts;
  },
  async servers() {
    await build();
    const { setupServers } = await import('./servers.mjs');
    const SERVERS = JSON.stringify(await setupServers());
    const files = await bundleTests(testsIn('tests/integration/servers'), 'build/tests/servers', inNode);
    return (await inChild('servers', ['tools/run-mocha.mjs', ...files], { SERVERS })).counts;
  },
  async networks() {
    const CHROME_PATH = await setupChromium();
    const NGINX_PROGRAM = JSON.stringify(await setupNginx());
    await build();
    const files = await bundleTests(testsIn('tests/integration/networks'), 'build/tests/networks', inNode);
    return (await inChild('networks', ['tools/run-mocha.mjs', ...files], { CHROME_PATH, NGINX_PROGRAM }))
      .counts;
  },
  async 'drop-in'() {
    const { buildDropIns } = await import('./drop-in.mjs');
    const DROP_INS = JSON.stringify(await buildDropIns());
    const files = await bundleTests(
      testsIn('tests/integration/drop-in'),
      'build/tests/drop-in/tests',
      inNode,
    );
    return (await inChild('drop-in', ['tools/run-mocha.mjs', ...files], { DROP_INS })).counts;
  },
  async examples() {
    const CHROME_PATH = await setupChromium();
    const { buildExamples } = await import('./examples.mjs');
    const EXAMPLES = JSON.stringify(await buildExamples());
    const options = { ...inNode, outbase: 'tests/integration/examples' };
    const files = await bundleTests(testsIn('tests/integration/examples'), 'build/tests/examples', options);
    return (await inChild('examples', ['tools/run-mocha.mjs', ...files], { CHROME_PATH, EXAMPLES })).counts;
  },
  async packaging() {
    const { testPackaging } = await import('./packaging.mjs');
    const { cells, failures } = await testPackaging();
    return { passed: cells - failures.length, failed: failures.length, skipped: 0 };
  },
};

/** The suites that mostly wait, for browsers and for npm: the others run meanwhile, one after another. */
const WAITING = ['browsers', 'packaging', 'playground'];

/**
 * How a file that runs in Node is bundled. The page's server finds its texts beside itself, so it stays where it is.
 * @type {import('esbuild').BuildOptions}
 */
const inNode = {
  platform: 'node',
  target: 'node20',
  packages: 'external',
  external: [`${root}/www/server/*`],
};

/**
 * What runs only when it is asked for by name: the browsers one by one.
 * @type {typeof suites}
 */
const parts = Object.fromEntries(BROWSER_NAMES.map((name) => [name, () => browserTest([name])]));

/**
 * All the tests in these browsers: those of the shim in a page, those of the standard in every kind of global.
 * @param {string[]} names
 * @returns {Promise<Counts>}
 */
async function browserTest(names) {
  const sources = [
    ...testsIn('tests/unit/shim'),
    ...testsIn('tests/unit/hooks'),
    'tests/conformance/browser.test.ts',
  ];
  const attempt = () =>
    runInBrowsers(names, sources).catch((error) => {
      // The tests of the standard may have something to say all the same.
      if (error instanceof SuiteError) printError(error);
      else throw error;
      return error;
    });
  const { counts, results } = await attempt().catch((error) => {
    if (!(error instanceof EndedEarlyError)) throw error;
    printError(error);
    // WebKit that answers its driver no more ends the test runner, and not at the same place twice.
    console.log(`--  once more, from the beginning: ${names.join(', ')}`);
    return attempt();
  });
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
      complaints.join('\n'),
    ),
  );
}

/**
 * Runs tests of the standard that failed once more: a browser that other suites keep waiting can miss the time in
 * which it should have answered, or fall silent altogether. What came out takes the place of what had come out before,
 * and is said.
 * @param {Results[]} results
 */
async function repeat(results) {
  const silent = [...new Set(results.flatMap(({ browser, isSilent }) => (isSilent ? [browser] : [])))];
  if (silent.length > 0) {
    console.log(`--  once more: ${silent.join(', ')}, silent since some test`);
    const again = await runInBrowsers(silent, ['tests/conformance/browser.test.ts']);
    const others = results.filter(({ browser }) => !silent.includes(browser));
    results.splice(0, Infinity, ...others, ...again.results);
  }
  const inBrowsers = judge(results).unexpected.filter(({ browser }) => BROWSER_NAMES.includes(browser));
  // More than that is no accident.
  if (inBrowsers.length === 0 || inBrowsers.length > 20) return;
  /** @type {Record<string, string[]>} */
  const only = {};
  for (const { browser, global, which, name } of inBrowsers) {
    console.log(`--  once more: ${browser}, ${global}, ${which}: ${name}`);
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
 * @param {Record<string, string[]>} [only] the tests of the standard to run, by what is tested and where
 */
export async function runInBrowsers(names, sources, only) {
  /** @type {{ counts: Counts, results: Results[] }[]} */
  const runs = [];
  const withSimd = names.filter((name) => !WITHOUT_SIMD.includes(name));
  const withoutSimd = names.filter((name) => WITHOUT_SIMD.includes(name));
  if (withSimd.length > 0) runs.push(await runInForm(withSimd, sources, only));
  if (withoutSimd.length > 0) runs.push(await runInForm(withoutSimd, sources, only, 'js'));
  const sum = (/** @type {keyof Counts} */ key) => runs.reduce((sum, { counts }) => sum + counts[key], 0);
  return {
    counts: { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') },
    results: runs.flatMap(({ results }) => results),
  };
}

/** Engines older than WebAssembly SIMD: they get the wasm2js build, as users' would. */
const WITHOUT_SIMD = ['wpe'];

/**
 * @param {string[]} names
 * @param {string[]} sources
 * @param {Record<string, string[]>} [only]
 * @param {'js'} [form]
 */
async function runInForm(names, sources, only, form) {
  const browsers = [];
  for (const name of names) browsers.push(await setupBrowser(name));
  await build();
  // The package is found by its own name, through the exports that a user's bundler goes through.
  const define = { __ONLY__: JSON.stringify(only) ?? 'undefined' };
  await bundleTests(sources, 'build/tests/browser', { platform: 'browser', define }, form);
  if (!only && !form) await bundleBorder('build/tests/browser', { platform: 'browser' });
  const pages = ['tests/conformance/page.ts', 'tests/conformance/global.ts'];
  await bundleTests(
    pages,
    'build/tests/conformance',
    { platform: 'browser', format: 'iife', outbase: 'tests/conformance' },
    form,
  );
  return inChild(names.join(', '), ['tools/run-browsers.mjs', JSON.stringify(browsers)]);
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

/** @returns {Promise<Counts>} */
async function cargoTest() {
  const { cargo, env } = await setupToolchain();
  return step('test: core', async () => {
    let output = '';
    let error;
    try {
      output = (await run(cargo, ['test', '--workspace', '--exclude', 'bindgen', '--no-fail-fast'], { env }))
        .all;
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

/**
 * The tests of the shim in a runtime that can run Node's programs, against the package that is found from `folder`.
 * @param {string} name
 * @param {string} folder
 * @param {{ program: string, flags: string[] }} runtime
 */
export async function testInRuntime(name, folder, runtime) {
  const files = await bundleTests(testsIn('tests/unit/shim'), `${folder}/suite ${name}`, {
    ...inNode,
    packages: 'bundle',
    external: ['eventsource-wasm', 'eventsource-wasm/*'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return (await inChild(name, ['tools/run-mocha.mjs', ...files], {}, runtime)).counts;
}

/** @param {string} folder */
export function testsIn(folder) {
  const files = filesUnder(folder, /\.test\.ts$/);
  if (files.length === 0) throw new StepError(`${folder} has no *.test.ts`);
  return files;
}

/**
 * Bundles test files, with what the scenario server said about itself as `__SERVER__`.
 * @param {string[]} entryPoints
 * @param {string} outdir
 * @param {import('esbuild').BuildOptions} options
 * @param {'js'} [form] of the package, in the place of that which its own name is
 * @returns {Promise<string[]>} the bundled files
 */
async function bundleTests(entryPoints, outdir, options, form) {
  const { facts } = await scenarioServer();
  // A file whose source is gone must not be run again.
  rmSync(outdir, { recursive: true, force: true });
  await bundle({
    entryPoints,
    outdir,
    outbase: 'tests',
    format: 'esm',
    inject: ['tests/support/retries.ts'],
    ...(form ? { alias: { ...coreless, 'eventsource-wasm': `eventsource-wasm/${form}` } } : {}),
    ...options,
    define: {
      __SERVER__: JSON.stringify(facts),
      __FORM__: JSON.stringify(form ?? ''),
      ...options.define,
    },
  });
  return filesUnder(outdir, /\.test\.js$/);
}

/** Entries that no form has of its own. */
const coreless = { 'eventsource-wasm/testing': `${root}/dist/testing.js` };

/** After this a suite is ended, and has failed. */
const SUITE_SECONDS = 600;

const NODE = { program: process.execPath, flags: ['--enable-source-maps', '--expose-gc'] };

/**
 * Bundles the tests of a core that panics, into a folder of its own within `outdir`.
 * @param {string} outdir
 * @param {import('esbuild').BuildOptions} options
 */
async function bundleBorder(outdir, options) {
  await buildPanicking();
  const alias = { 'eventsource-wasm': `${root}/${PANICKING.dir}` };
  return bundleTests(testsIn('tests/unit/border'), `${outdir}/panicking`, {
    ...options,
    alias,
    packages: 'bundle',
  });
}

/**
 * Runs a suite in a process of its own, which has to end by itself.
 * @param {string} name
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @param {{ program: string, flags: string[] }} [runtime]
 * @returns {Promise<{ counts: Counts, results: Results[] }>}
 */
function inChild(name, args, env, { program, flags } = NODE) {
  return step(`test: ${name}`, async () => {
    const child = start(program, [...flags, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      child.kill();
    }, SUITE_SECONDS * 1000);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    /** @type {Counts | undefined} */
    let counts;
    /** @type {Results[]} */
    let results = [];
    /** @type {NodeJS.Timeout | undefined} */
    let grace;
    let lingered = false;
    child.once('message', (message) => {
      ({ results = [], ...counts } = /** @type {Counts & { results?: Results[] }} */ (message));
      grace = setTimeout(() => {
        lingered = true;
        child.kill('SIGKILL');
      }, 10_000);
    });
    const [code, signal] = await once(child, 'close');
    clearTimeout(grace);
    clearTimeout(deadline);
    // Whatever failed then, failed because its browsers and servers went away.
    if (isLate) throw new StepError(`the ${name} suite took longer than ${SUITE_SECONDS} s`, { output });
    for (const [, line] of output.matchAll(/^\W*((?:a second try|figures): .*)/gm))
      console.log(`--  ${name}: ${line}`);
    const lastLine = output.trim().split('\n').at(-1);
    if (lastLine?.startsWith('{"passed":')) counts ??= /** @type {Counts} */ (JSON.parse(lastLine));
    if (!counts)
      throw new EndedEarlyError(`the ${name} suite ended early, with ${code ?? signal}`, { output });
    if (lingered) {
      counts.failed += 1;
      output += '\nThe tests ended but their process did not: a socket, a timer or a server is still open.\n';
    }
    if (counts.failed > 0) throw new SuiteError(counts, output, results);
    return { counts: checked(counts, output), results };
  });
}

/** @param {Counts} counts @param {string} output */
function checked(counts, output) {
  if (counts.failed > 0) throw new SuiteError(counts, output);
  if (counts.passed === 0) throw new StepError('no test was run', { output });
  return counts;
}

/** @typedef {{ origin: string, chaos: { seed: number, runs: number }, randomLife: { seed: number, seconds: number } }} Facts */
/** @typedef {{ child: import('node:child_process').ChildProcess, facts: Facts }} ScenarioServer */

/** @type {Promise<ScenarioServer> | undefined} */
let server;

/** The server of the tests, started when the first suite needs it. */
export function scenarioServer() {
  server ??= step('scenario server', startScenarioServer);
  return server;
}

/** @returns {Promise<ScenarioServer>} */
async function startScenarioServer() {
  const source = 'tests/support/server/main.ts';
  const outfile = 'build/tests/server/main.js';
  if (!existsSync(source)) throw new StepError(`${source} doesn't exist`);
  await bundle({ entryPoints: [source], outfile, format: 'esm', ...inNode });
  const child = start(process.execPath, [outfile], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdout) });
  const signal = AbortSignal.timeout(10_000);
  const line = await Promise.race([
    once(lines, 'line', { signal }).then(([text]) => text),
    once(child, 'close', { signal }).then(([code]) => `(it ended with ${code})`),
  ]).catch(() => '(nothing within 10 s)');
  try {
    const facts = JSON.parse(line);
    if (typeof facts.origin === 'string') return { child, facts };
  } catch {}
  child.kill();
  throw new StepError(`${source} should print a line of JSON with its origin, but: ${line}`);
}

/** Ends the scenario server; false if it had ended before. */
export async function stopScenarioServer() {
  const started = await server?.catch(() => undefined);
  if (!started) return true;
  const { child } = started;
  if (child.exitCode !== null || child.signalCode !== null) return false;
  const closed = once(child, 'close');
  child.kill();
  const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await closed;
  clearTimeout(force);
  return true;
}

/** @typedef {Counts & { name: string, took: string }} Row */

/** @param {string} name @returns {Promise<Row>} */
export async function runSuite(name) {
  const begin = performance.now();
  let counts;
  try {
    counts = await (suites[name] ?? parts[name])?.();
  } catch (error) {
    printError(error);
    counts = error instanceof SuiteError ? error.counts : { passed: 0, failed: 1, skipped: 0 };
  }
  return { name, took: seconds(begin), .../** @type {Counts} */ (counts) };
}

/** @param {string[]} names */
async function test(names) {
  const lanes = [
    ...WAITING.map((name) => names.filter((wanted) => wanted === name)),
    names.filter((name) => !WAITING.includes(name)),
  ];
  const done = await Promise.all(
    lanes.map(async (lane) => {
      /** @type {Row[]} */
      const rows = [];
      for (const name of lane) rows.push(await runSuite(name));
      return rows;
    }),
  );
  if (names.some((name) => ['packaging', 'examples'].includes(name))) {
    (await import('./packaging.mjs')).removeApps();
  }
  const rows = names.flatMap((name) => done.flat().filter((row) => row.name === name));
  if (!(await stopScenarioServer())) {
    console.error('error: the scenario server ended before the tests did');
    rows.push({ name: 'server', took: '', passed: 0, failed: 1, skipped: 0 });
  }

  console.log(
    `\n${'suite'.padEnd(12)}${['passed', 'failed', 'seconds'].map((title) => title.padStart(9)).join('')}`,
  );
  for (const { name, passed, failed, skipped, took } of rows) {
    // The linters count no tests: only what they find is a number.
    const cells = [name === 'lint' || name === 'server' ? '' : passed, failed, took];
    const note = skipped > 0 ? `   ${skipped} skipped` : '';
    console.log(name.padEnd(12) + cells.map((cell) => String(cell).padStart(9)).join('') + note);
  }
  const passed = rows.reduce((sum, row) => sum + row.passed, 0);
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

const all = [...Object.keys(suites), ...BROWSER_NAMES];
command(
  import.meta,
  { usage: `npm test -- [--verbose] [${all.join('] [')}]`, positionals: all },
  async (_flags, words) => {
    await setupNodeModules();
    await test(words.length > 0 ? all.filter((name) => words.includes(name)) : Object.keys(suites));
  },
);
