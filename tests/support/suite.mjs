/** Runs the tests of a suite in a child process, and counts them. */
// @ts-check
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { root, StepError, start, step } from '../../tools/run.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {import('../conformance/judge.mjs').Results} Results */

/** A suite has failed tests. */
export class SuiteError extends StepError {
  /** @param {Counts} counts @param {string} output @param {Results[]} [results] */
  constructor(counts, output, results = []) {
    super(`${counts.failed} failed`, { output });
    this.counts = counts;
    this.results = results;
  }
}

/** The process of a suite ended before it printed the counts. */
export class EndedEarlyError extends StepError {}

/** A suite that takes longer is killed and fails. */
const SUITE_SECONDS = 1_800;

const NODE = { program: process.execPath, flags: ['--enable-source-maps', '--expose-gc'] };
const MOCHA = 'tests/support/run-mocha.mjs';

/**
 * @param {string} name
 * @param {string[]} files
 * @param {{ env?: Record<string, string>, runtime?: { program: string, flags: string[] } }} [options]
 */
export const runMocha = async (name, files, { env = {}, runtime = NODE } = {}) =>
  (await inChild(name, runtime.program, [...runtime.flags, MOCHA, ...files], env)).counts;

/**
 * Runs a test runner, which must print its counts as a line of JSON and then exit by itself.
 * @param {string} name
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @returns {Promise<{ counts: Counts, results: Results[] }>}
 */
export function inChild(name, program, args, env) {
  return step(`test: ${name}`, async () => {
    const resultsFile = `${root}/build/tests/results-${name.replace(/\W+/g, '-')}.json`;
    rmSync(resultsFile, { force: true });
    const child = start(program, args, {
      env: { ...process.env, ...env, RESULTS_FILE: resultsFile },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const seconds = Number(process.env.SUITE_SECONDS ?? SUITE_SECONDS);
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      child.kill();
    }, seconds * 1_000);
    let output = '';
    /** @type {Counts | undefined} */
    let counts;
    /** @type {NodeJS.Timeout | undefined} */
    let grace;
    let lingered = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
        const line = counts ? undefined : /^\{"passed":.*\}$/m.exec(output)?.[0];
        if (!line) return;
        counts = JSON.parse(line);
        grace = setTimeout(() => {
          lingered = true;
          child.kill('SIGKILL');
        }, 10_000);
      });
    }
    const [code, signal] = await once(child, 'close');
    clearTimeout(grace);
    clearTimeout(deadline);
    // After the deadline, tests fail only because their browsers and servers are gone.
    if (isLate) throw new StepError(`the ${name} suite took longer than ${seconds} s`, { output });
    for (const [, line] of output.matchAll(/^\W*((?:a second try|figures): .*)/gm))
      console.log(`--  ${name}: ${line}`);
    if (!counts)
      throw new EndedEarlyError(`the ${name} suite ended early, with ${code ?? signal}`, { output });
    if (lingered) {
      counts.failed += 1;
      output += '\nThe tests ended but their process did not: a socket, a timer or a server is still open.\n';
    }
    /** @type {Results[]} */
    const results = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : [];
    if (counts.failed > 0) throw new SuiteError(counts, output, results);
    return { counts: checked(counts, output), results };
  });
}

/** @param {Counts} counts @param {string} output */
export function checked(counts, output) {
  if (counts.failed > 0) throw new SuiteError(counts, output);
  if (counts.passed === 0) throw new StepError('no test was run', { output });
  return counts;
}
