/**
 * A suite in Node, as a child process of `npm test`. In: bundled test files as arguments. Out: mocha's report on
 * stdout and the counts as a message to the parent, or as the last line. It never calls process.exit(): tests that leave a socket or a
 * timer open keep it alive, and the parent calls that a failure.
 */
// @ts-check
import { resolve } from 'node:path';
import Mocha from 'mocha';

// MOCHA_GREP: only the tests whose whole name matches this expression.
// MOCHA_JOBS: so many files at a time, each in a process of its own.
const { MOCHA_GREP, MOCHA_REPORTER = 'dot', MOCHA_JOBS } = process.env;
const mocha = new Mocha({
  // Long, as other suites may keep the machine busy.
  timeout: 60_000,
  // As in browsers (run-browsers.mjs).
  retries: 1,
  reporter: MOCHA_REPORTER,
  forbidOnly: true,
  ...(MOCHA_JOBS ? { parallel: true, jobs: Number(MOCHA_JOBS) } : {}),
  ...(MOCHA_GREP ? { grep: new RegExp(MOCHA_GREP) } : {}),
});
for (const file of process.argv.slice(2)) mocha.addFile(resolve(file));
// In parallel, the processes load them.
if (!MOCHA_JOBS) await mocha.loadFilesAsync();
const runner = mocha.run((failed) => {
  const { passes = 0, pending = 0 } = runner.stats ?? {};
  const counts = { passed: passes, failed, skipped: pending };
  // Not every runtime has a channel to its parent.
  if (process.send) process.send(counts);
  else console.log(JSON.stringify(counts));
});
