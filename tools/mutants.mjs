/**
 * `npm run mutants`: does the suite notice? In: tests/support/mutants.json, small ways to break a rule of the standard. Each is
 * made in a copy of the repository, and tests have to fail: those of the core, or in Node those of its point alone. Out:
 * a line for each; exit code 1 if one survives. With numbers as arguments: these alone.
 */
// @ts-check
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { setupNodeModules, setupToolchain } from './setup.mjs';
import { command, root, run, StepError, step } from './steps.mjs';

/** @typedef {{ point: string, suite: 'core' | 'node', file: string, search: string, replace: string, breaks: string }} Mutant */

/** @type {Mutant[]} */
const mutants = JSON.parse(readFileSync(join(root, 'tests/support/mutants.json'), 'utf8'));

/** Where the copy is. What has been compiled in it is kept from run to run. */
const COPY = join(root, 'build/mutants');
const LOCK = 'package-lock.json';
const COPIED = [
  LOCK,
  '.npmrc',
  'src',
  'fuzz',
  'tests',
  'tools',
  'www',
  'Cargo.toml',
  'Cargo.lock',
  'package.json',
  'tsconfig.json',
];

/** Each mutant has to have its place in the sources as they are. */
export function checkMutants() {
  const lost = mutants.filter(({ file, search }) => {
    return readFileSync(join(root, file), 'utf8').split(search).length !== 2;
  });
  if (lost.length > 0) {
    throw new StepError('tests/support/mutants.json is older than the sources', {
      output: lost.map(({ file, search }) => `${file} should have this once: ${search}`).join('\n'),
      mend: 'look for where the rule is now, and name that',
    });
  }
}

function copy() {
  mkdirSync(COPY, { recursive: true });
  for (const name of COPIED) {
    rmSync(join(COPY, name), { recursive: true, force: true });
    // New times, for cargo goes by them; but the lock file's has to stay older than what was installed by it.
    cpSync(join(root, name), join(COPY, name), { recursive: true, preserveTimestamps: name === LOCK });
  }
  rmSync(join(COPY, 'node_modules'), { recursive: true, force: true });
  symlinkSync(join(root, 'node_modules'), join(COPY, 'node_modules'));
}

/**
 * Runs the tests of a point in the copy.
 * @param {Mutant['suite']} suite
 * @param {string} [point] none: all
 * @returns {Promise<string | undefined>} what was written, if tests failed
 */
async function failures(suite, point) {
  const { cargo, env } = await setupToolchain();
  try {
    if (suite === 'core') {
      await run(
        cargo,
        ['test', '--workspace', '--no-fail-fast', '--manifest-path', join(COPY, 'Cargo.toml')],
        {
          env: { ...env, PROPTEST_CASES: '32', CARGO_TARGET_DIR: join(COPY, 'target') },
        },
      );
    } else {
      await run(process.execPath, [join(COPY, 'tools/test.mjs'), 'node'], {
        env: point ? { MOCHA_GREP: `^the standard ${point} ` } : {},
      });
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return error.output ?? '';
  }
}

/** @param {Mutant} mutant */
async function isCaught({ point, suite, file, search, replace }) {
  const path = join(COPY, file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text.replace(search, () => replace),
  );
  try {
    const output = await failures(suite, point);
    if (output === undefined) return false;
    const ran = suite === 'core' ? /^test result: FAILED/m.test(output) : /^ +\d+ failing$/m.test(output);
    if (!ran) throw new StepError('the mutant is no program', { output });
    return true;
  } finally {
    writeFileSync(path, text);
  }
}

const numbers = mutants.map((_, index) => String(index + 1));
command(
  import.meta,
  { usage: 'npm run mutants -- [--verbose] [<number>…]', positionals: numbers },
  async (_flags, words) => {
    await setupNodeModules();
    checkMutants();
    await build();
    copy();
    for (const suite of /** @type {const} */ (['core', 'node'])) {
      await step(`without a change: ${suite}`, async () => {
        const output = await failures(suite);
        if (output !== undefined) throw new StepError('the tests fail as it is', { output });
      });
    }
    const wanted = words.length > 0 ? words : numbers;
    /** @type {string[]} */
    const survivors = [];
    for (const number of wanted) {
      const mutant = /** @type {Mutant} */ (mutants[Number(number) - 1]);
      const caught = await isCaught(mutant);
      if (!caught) survivors.push(number);
      console.log(`${caught ? 'ok' : '!!'}  ${number}. ${mutant.point}: ${mutant.breaks}`);
    }
    console.log(`\n${wanted.length - survivors.length} of ${wanted.length} caught`);
    if (survivors.length > 0) throw new StepError(`these survive: ${survivors.join(', ')}`);
  },
);
