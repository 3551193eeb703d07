/**
 * `npm run fuzz`: runs libFuzzer on all targets of tests/support/oracles, or on the given ones. Prints the number of
 * executions. Inputs that crash are in target/fuzz/found. Each run starts with the corpus of earlier runs, and
 * target/fuzz/figures.json has the totals. Needs a nightly Rust and cargo-fuzz, and installs them if it can.
 */
// @ts-check
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { command, root, run, StepError, step } from '../tools/run.mjs';
import { setupCargoTool, setupNightly, setupToolchain } from '../tools/toolchain.mjs';

const CARGO_FUZZ = '0.13.2';
const FOLDER = 'target/fuzz';
const FIGURES = `${FOLDER}/figures.json`;

/** The maximum length of inputs. Longer ones find nothing that shorter ones don't. */
const MAX_LENGTH = 160;

/** A long run alternates between the targets. Each gets this many seconds at a time. */
const TURN_SECONDS = 240;

const TARGETS = readdirSync(new URL('fuzz_targets/', import.meta.url))
  .map((file) => file.replace(/\.rs$/, ''))
  .sort();

/** @typedef {{ executions: number, seconds: number }} Figures */

/** @returns {Promise<string>} the folder with a program for each target */
async function buildTargets() {
  await setupNightly();
  const env = await setupCargoTool('cargo-fuzz', CARGO_FUZZ);
  const { cargo } = await setupToolchain();
  await step('seeds', () =>
    run(cargo, ['test', '--test', 'fuzz', 'write_seeds'], {
      env: { FUZZ_SEEDS: `${root}/${FOLDER}/corpus` },
    }),
  );
  // The core has no `unsafe` code, so a sanitizer would only slow everything down. So would tracing comparisons,
  // because the dictionary has all names that are compared.
  const flags = [
    '--release',
    '--debug-assertions',
    '--sanitizer',
    'none',
    '--no-trace-compares',
    '--target-dir',
    FOLDER,
  ];
  await step('targets', () => run('cargo', ['+nightly', 'fuzz', 'build', ...flags], { env }));
  const host = /^host: (.+)$/m.exec((await run('rustc', ['+nightly', '-vV'])).stdout)?.[1];
  return `${FOLDER}/${host}/release`;
}

/** @returns {Record<string, Figures>} */
function figures() {
  return existsSync(FIGURES) ? JSON.parse(readFileSync(FIGURES, 'utf8')) : {};
}

/**
 * Runs one target for one turn, at low priority.
 * @param {string} program @param {string} target @param {string[]} limits
 * @returns {Promise<Figures>}
 */
async function turn(program, target, limits) {
  const corpus = `${FOLDER}/corpus/${target}`;
  const found = `${FOLDER}/found/`;
  mkdirSync(found, { recursive: true });
  const options = [
    '-dict=fuzz/event-stream.dict',
    `-max_len=${MAX_LENGTH}`,
    `-artifact_prefix=${found}${target}-`,
    '-timeout=10',
    ...limits,
  ];
  let output;
  try {
    output = (await run('nice', ['-n', '19', program, ...options, corpus])).all;
  } catch (error) {
    if (error instanceof StepError)
      error.fix = `make the input in ${found} a row of tests/support/fixtures/event-streams.json or a seed, and fix the core`;
    throw error;
  }
  const [, executions, seconds] = /^Done (\d+) runs in (\d+) second/m.exec(output) ?? [];
  if (!executions) throw new StepError(`${target}: libFuzzer said nothing of its runs`, { output });
  const done = { executions: Number(executions), seconds: Number(seconds) };
  const all = figures();
  const before = all[target] ?? { executions: 0, seconds: 0 };
  all[target] = {
    executions: before.executions + done.executions,
    seconds: before.seconds + done.seconds,
  };
  writeFileSync(FIGURES, `${JSON.stringify(all, undefined, 2)}\n`);
  return done;
}

const count = (/** @type {number} */ number) => number.toLocaleString('en');

command(
  import.meta,
  {
    usage: `npm run fuzz -- [--seconds <number>] [--runs <number>] [--verbose] [${TARGETS.join('] [')}]`,
    options: { seconds: { type: 'string' }, runs: { type: 'string' } },
    positionals: TARGETS,
  },
  async ({ seconds, runs }, words) => {
    const limits = { seconds: Number(seconds ?? (runs ? Infinity : 60)), runs: Number(runs ?? Infinity) };
    if (!(limits.seconds >= 1) || !(limits.runs >= 1))
      throw new StepError('--seconds and --runs are numbers');
    const programs = await buildTargets();
    const rest = new Map((words.length > 0 ? words : TARGETS).map((target) => [target, { ...limits }]));
    while (rest.size > 0) {
      for (const [target, left] of rest) {
        const time = Math.min(left.seconds, TURN_SECONDS);
        const wanted = [`-max_total_time=${time}`, ...(left.runs < Infinity ? [`-runs=${left.runs}`] : [])];
        const done = await turn(`${programs}/${target}`, target, wanted);
        left.seconds -= Math.max(time, done.seconds);
        left.runs -= done.executions;
        console.log(`    ${target}: ${count(done.executions)} executions in ${count(done.seconds)} s`);
        if (left.seconds < 1 || left.runs < 1) rest.delete(target);
      }
    }
    for (const [target, { executions, seconds }] of Object.entries(figures())) {
      console.log(`    ${target}, all runs so far: ${count(executions)} executions in ${count(seconds)} s`);
    }
    console.log(
      `--  ${(await run('rustc', ['+nightly', '-V'])).stdout.trim()}, ${availableParallelism()} processors`,
    );
  },
);
