/** Runs test runners, and reads their reports. */
// @ts-check
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { StepError } from '../../tools/run.mjs';
import { exchanging } from './chromium.mjs';
import { tool } from './install.mjs';
import { allPrograms, WELL } from './programs.mjs';

/** @typedef {import('./chromium.mjs').Results} Results */

/** Parses the last line of a program's output. @param {string} output @returns {Results} */
export const lastLine = (output) => JSON.parse(output.trim().split('\n').at(-1) ?? '');

/** The results in a test runner's report, by test. @param {any} report @returns {Results} */
const fromReport = (report) =>
  Object.fromEntries(
    report.testResults.flatMap((/** @type {any} */ { assertionResults, message }) =>
      assertionResults.length > 0
        ? assertionResults.map((/** @type {any} */ { title, status, failureMessages }) => [
            title,
            status === 'passed' ? WELL : failureMessages.join('\n'),
          ])
        : allPrograms().map(({ name }) => [name, message]),
    ),
  );

/**
 * Runs a test runner and reads its report. The exit code is ignored if there is a report.
 * @param {string} folder @param {string} bin @param {string[]} args @param {Record<string, string>} [env]
 */
export const testing = (folder, bin, args, env) =>
  exchanging((urls) => reportOf(folder, bin, args, { URLS: JSON.stringify(urls), ...env }));

/** @param {string} folder @param {string} bin @param {string[]} args @param {Record<string, string>} env */
export async function reportOf(folder, bin, args, env) {
  const report = `${folder}/report-${args.join('').replace(/\W/g, '')}.json`;
  const failed = await tool(folder, bin, [...args, `--outputFile=${report}`], env).catch((error) => error);
  if (!existsSync(report)) throw failed;
  return fromReport(JSON.parse(readFileSync(report, 'utf8')));
}

/**
 * Runs the tests of docs/testing.md unchanged. Throws unless all pass.
 * @param {string} folder
 * @param {string[]} sections whose first block of code is a file of tests, with its name in the first line
 * @param {(files: string[], report: string) => Promise<unknown>} runTests
 */
export async function runDocumented(folder, sections, runTests) {
  const page = readFileSync('docs/testing.md', 'utf8');
  const documented = 'documented';
  mkdirSync(`${folder}/${documented}`, { recursive: true });
  const files = sections.map((section) => {
    const code = page.split(`\n## ${section}\n`)[1]?.match(/^```js\n(\/\/ (\S+)\n[\s\S]*?)^```$/m);
    if (!code?.[1]) throw new StepError(`docs/testing.md has no test in the section ${section}`);
    writeFileSync(`${folder}/${documented}/${code[2]}`, code[1]);
    return `${documented}/${code[2]}`;
  });
  const report = `${folder}/report-documented.json`;
  rmSync(report, { force: true });
  const error = await runTests(files, report).then(
    () => undefined,
    (error) => error,
  );
  if (!existsSync(report)) throw error ?? new StepError('the test runner wrote no report');
  const { numPassedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(`${folder}/${documented}`, { recursive: true });
  if (error || testResults.length !== files.length || numPassedTests < files.length) {
    const failures = Object.entries(fromReport({ testResults })).filter(([, result]) => result !== WELL);
    const output = failures.map((failure) => failure.join(': ')).join('\n');
    throw new StepError('the tests of docs/testing.md fail', {
      output: output || `${error?.output ?? error}`,
    });
  }
}
