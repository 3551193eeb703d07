/**
 * Runs mocha in Cloudflare's runtime, where code runs only during a request. Runs the tests that were imported after
 * this file. Returns the number of passed tests, and the error messages of failed tests by title.
 */

import './globals.js';
import 'mocha/mocha.js';

const { mocha } = globalThis as unknown as { mocha: BrowserMocha };
// No reporter: the results are sent as the response. The timeout is long, because other suites may keep the machine busy.
mocha.setup({ ui: 'bdd', timeout: 120_000, reporter: function none() {} as never });

export async function runSuite(): Promise<{ passed: number; failures: Record<string, string> }> {
  const failures: Record<string, string> = {};
  const runner = mocha.run();
  runner.on('fail', (test, error) => {
    failures[test.fullTitle()] = `${error?.message ?? error}`;
  });
  await new Promise((resolve) => runner.once('end', resolve));
  return { passed: runner.stats?.passes ?? 0, failures };
}
