/**
 * `npm run soak`: runs the endurance tests at full length, all or the named parts. Prints their figures; the exit code
 * is 1 if a test failed.
 */
// @ts-check

import { npmRun, setupPackages } from '../../tools/packages.mjs';
import { command, root, run, StepError, step } from '../../tools/run.mjs';
import { runSuite } from '../../tools/test.mjs';
import { setupNightly } from '../../tools/toolchain.mjs';

const scenarioServer = () => import('./scenario-server.mjs');

/** Environment variables of the suites. Variables that are already set win. */
const LENGTHS = {
  CHAOS_RUNS: '1000',
  RANDOM_LIFE_SECONDS: '200',
  NETWORK_EVENTS: '10000',
  SHARED_SECONDS: '600',
  // Three browsers, one after the other.
  SUITE_SECONDS: '3600',
};

/** @type {Record<string, () => Promise<{ passed: number, failed: number }>>} */
const parts = {
  /** Memory use over 10 million events and over 10,000 objects. */
  memory: () =>
    step('memory', async () => {
      const { stdout } = await run(process.execPath, [
        `${root}/bench/main.mjs`,
        'memory',
        'node',
        'chromium',
      ]);
      for (const [line] of stdout.matchAll(/^\|.*$/gm)) console.log(line);
      if (stdout.includes('missed')) throw new StepError('memory grows: see the table');
      return { passed: 1, failed: 0 };
    }),
  async node() {
    process.env.MOCHA_GREP = '^chaos|simulated browser';
    const row = await runSuite('node');
    delete process.env.MOCHA_GREP;
    return row;
  },
  async chromium() {
    const sources = ['tests/unit/shim/chaos.test.ts', 'tests/unit/shim/random-life.test.ts'];
    await npmRun('build:package');
    const { runInBrowsers } = await import('./browsers.mjs');
    const { counts } = await runInBrowsers(['chromium'], sources);
    const { chaos, randomLife } = (await (await scenarioServer()).scenarioServer()).facts;
    console.log(`--  chromium: figures: chaos, ${chaos.runs} runs of seed ${chaos.seed}`);
    console.log(`--  chromium: figures: random lives for ${randomLife.seconds} s, seed ${randomLife.seed}`);
    return counts;
  },
  networks: () => runSuite('networks'),
  shared: () => runSuite('shared'),
  /** The allocator in Miri, which detects undefined behaviour. */
  async miri() {
    await setupNightly({ miri: true });
    const args = ['+nightly', 'miri', 'test', '--lib', '--target-dir', 'target/miri', 'allocator'];
    const { stdout } = await step('miri', () =>
      // The tests take their seed from the system.
      run('cargo', args, { env: { MIRIFLAGS: '-Zmiri-disable-isolation' }, timeout: 1_800_000 }),
    );
    return { passed: Number(/(\d+) passed/.exec(stdout)?.[1]), failed: 0 };
  },
};

command(
  import.meta,
  {
    usage: `npm run soak -- [--verbose] [${Object.keys(parts).join('] [')}]`,
    positionals: Object.keys(parts),
  },
  async (_flags, words) => {
    Object.assign(process.env, { ...LENGTHS, ...process.env });
    await setupPackages();
    try {
      for (const [name, part] of Object.entries(parts)) {
        if (words.length > 0 && !words.includes(name)) continue;
        const { passed, failed } = await part();
        console.log(`    ${name}: ${passed} passed, ${failed} failed`);
        if (failed > 0) process.exitCode = 1;
      }
    } finally {
      await (await scenarioServer()).stopScenarioServer();
    }
  },
);
