/**
 * A suite in a browser, as a child process of `npm test`. In: the browser's name and its executable as arguments;
 * the bundled test files in build/tests/browser/. Out: the report on stdout, the counts as a message to the parent.
 * To add a browser, add its launcher to `launchers`, and a suite of that name to tools/test.mjs.
 */
// @ts-check
import { defaultReporter, startTestRunner } from '@web/test-runner';
import { puppeteerLauncher } from '@web/test-runner-puppeteer';
import { root } from './steps.mjs';

/** @type {Record<string, (executablePath: string) => import('@web/test-runner').BrowserLauncher>} */
const launchers = {
  // Only our own pages are opened, and root and many containers have no sandbox to offer.
  chromium: (executablePath) =>
    puppeteerLauncher({ launchOptions: { executablePath, headless: true, args: ['--no-sandbox'] } }),
};

const [browser = '', executable = ''] = process.argv.slice(2);
const launcher = launchers[browser];
if (!launcher) throw new Error(`no launcher for '${browser}'`);

const runner = await startTestRunner({
  readCliArgs: false,
  readFileConfig: false,
  autoExitProcess: false,
  config: {
    rootDir: root,
    files: ['build/tests/browser/**/*.test.js'],
    browsers: [launcher(executable)],
    reporters: [defaultReporter({ reportTestProgress: false })],
    staticLogging: true,
    testFramework: { config: { timeout: '20000' } },
    browserStartTimeout: 60_000,
    testsFinishTimeout: 300_000,
  },
});
runner?.on('stopped', () => {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const session of runner.sessions.all()) {
    const before = counts.failed;
    if (session.testResults) count(session.testResults, counts);
    // A file that can't be loaded, or an error outside of any test, has no failed test to show for it.
    if (!session.passed && counts.failed === before) counts.failed += 1;
  }
  process.send?.(counts, () => process.exit());
});

/**
 * @param {import('@web/test-runner').TestSuiteResult} suite
 * @param {{ passed: number, failed: number, skipped: number }} counts
 */
function count({ tests, suites }, counts) {
  for (const { skipped, passed } of tests) counts[skipped ? 'skipped' : passed ? 'passed' : 'failed'] += 1;
  for (const inner of suites) count(inner, counts);
}
