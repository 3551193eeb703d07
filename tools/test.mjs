/**
 * `npm test`: runs all suites, or the given ones. The last line is `N passed, N failed`. The exit code is 1 if a test
 * failed or a suite had no test to run. `npm test -- quick` runs the most useful tests for editing, in about a minute.
 */
// @ts-check
import { setupPackages } from './packages.mjs';
import { command, printError, StepError, seconds } from './run.mjs';

/** @typedef {import('../tests/support/suite.mjs').Counts} Counts */

// Imported lazily, because they import esbuild, which has to be installed first.
const imported = {
  suites: () => import('../tests/support/suites.mjs'),
  server: () => import('../tests/support/scenario-server.mjs'),
  install: () => import('../tests/packaging/install.mjs'),
};

/** @typedef {Counts & { name: string, took: string, error?: unknown }} Row */

/** @param {string} name @returns {Promise<Row>} */
export async function runSuite(name) {
  const { parts, suites } = await imported.suites();
  const begin = performance.now();
  try {
    const counts = await (suites[name] ?? parts[name])?.();
    return { name, took: seconds(begin), .../** @type {Counts} */ (counts) };
  } catch (error) {
    printError(error);
    // Only a SuiteError has counts.
    const counts = /** @type {any} */ (error).counts ?? { passed: 0, failed: 1, skipped: 0 };
    return { name, took: seconds(begin), ...counts, error };
  }
}

/** How many suites run at a time. Most of them spend half of their time waiting for browsers, servers and npm. */
const AT_A_TIME = 4;

/** A suite with more failures than this isn't repeated: the other suites' load can't be the cause. */
const AT_MOST_AGAIN = 3;

/** @param {string[]} names */
async function test(names) {
  const waiting = [...names];
  /** @type {Row[]} */
  const done = [];
  const work = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) done.push(await runSuite(name));
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  const { MEASURE_TIME } = await imported.suites();
  for (const [index, { name, failed }] of done.entries()) {
    if (failed === 0 || failed > AT_MOST_AGAIN || !MEASURE_TIME.includes(name)) continue;
    console.log(`--  once more, with nothing beside it: ${name}, ${failed} failed`);
    done[index] = await runSuite(name);
  }
  if (names.some((name) => ['packaging', 'examples'].includes(name))) (await imported.install()).removeApps();
  const rows = names.flatMap((name) => done.filter((row) => row.name === name));
  if (!(await (await imported.server()).stopScenarioServer())) {
    console.error('error: the scenario server ended before the tests did');
    rows.push({ name: 'server', took: '', passed: 0, failed: 1, skipped: 0 });
  }
  // Print the errors again at the end, where they are easy to find.
  for (const { name, error } of rows) {
    if (!error || rows.length === 1) continue;
    console.error(`\n${name}:`);
    printError(error);
  }
  const titles = ['passed', 'failed', 'seconds'].map((title) => title.padStart(9)).join('');
  console.log(`\n${'suite'.padEnd(15)}${titles}`);
  for (const { name, passed, failed, skipped, took } of rows) {
    const note = skipped > 0 ? `   ${skipped} skipped` : '';
    console.log(
      name.padEnd(15) + [passed, failed, took].map((cell) => `${cell}`.padStart(9)).join('') + note,
    );
  }
  const sum = (/** @type {'passed' | 'failed'} */ key) => rows.reduce((sum, row) => sum + row[key], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  if (sum('failed') > 0) process.exitCode = 1;
}

command(
  import.meta,
  { usage: 'npm test -- [--verbose] [quick] [suite…]', positionals: /^[\w-]+$/ },
  async (_flags, words) => {
    await setupPackages();
    const { parts, QUICK, suites } = await imported.suites();
    const all = [...Object.keys(suites), ...Object.keys(parts)];
    const unknown = words.find((word) => word !== 'quick' && !all.includes(word));
    if (unknown) throw new StepError(`'${unknown}' is none of quick, ${all.join(', ')}`);
    const wanted = words.flatMap((word) => (word === 'quick' ? QUICK : [word]));
    const names = wanted.length > 0 ? all.filter((name) => wanted.includes(name)) : Object.keys(suites);
    await test(names);
  },
);
