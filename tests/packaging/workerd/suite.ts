/**
 * Runs mocha in Cloudflare's runtime, where code runs only in answer to a request. In: the tests that were imported
 * between this file and the request. Out: how many passed, and by their titles what was wrong with the others.
 */

import './globals.js';
import 'mocha/mocha.js';

const { mocha } = globalThis as unknown as { mocha: BrowserMocha };
// Without a report: what came out is the answer to the request.
mocha.setup({ ui: 'bdd', timeout: 20_000, reporter: function none() {} as never });

export async function runSuite(): Promise<{ passed: number; failures: Record<string, string> }> {
  const failures: Record<string, string> = {};
  const runner = mocha.run();
  runner.on('fail', (test, error) => {
    failures[test.fullTitle()] = `${error?.message ?? error}`;
  });
  await new Promise((resolve) => runner.once('end', resolve));
  return { passed: runner.stats?.passes ?? 0, failures };
}
