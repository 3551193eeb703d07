/**
 * Runs bundled test files in mocha, and prints the counts as a line of JSON. It never calls process.exit(): a test that
 * leaves a socket or a timer open keeps the process alive, and the parent reports that as a failure.
 */
// @ts-check
import { resolve } from 'node:path';
import Mocha from 'mocha';

// MOCHA_GREP: only the tests whose whole name matches this expression.
// MOCHA_JOBS: how many files run at a time, each in its own process.
const { MOCHA_GREP, MOCHA_REPORTER = 'dot', MOCHA_JOBS } = process.env;
const mocha = new Mocha({
  // Long, because other suites may keep the machine busy.
  timeout: 120_000,
  // As in browsers (web-test-runner.config.mjs).
  retries: 1,
  reporter: MOCHA_REPORTER,
  forbidOnly: true,
  ...(MOCHA_JOBS ? { parallel: true, jobs: Number(MOCHA_JOBS) } : {}),
  ...(MOCHA_GREP ? { grep: new RegExp(MOCHA_GREP) } : {}),
});
for (const file of process.argv.slice(2)) mocha.addFile(resolve(file));
// With jobs, the child processes load the files.
if (!MOCHA_JOBS) await mocha.loadFilesAsync();
const runner = mocha.run((failed) => {
  const { passes = 0, pending = 0 } = runner.stats ?? {};
  console.log(`\n${JSON.stringify({ passed: passes, failed, skipped: pending })}`);
});
