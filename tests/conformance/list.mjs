/**
 * Loads the conformance tests in Node. As a command, checks that docs/conformance.md lists all tests, and that each
 * point of the standard has a test.
 */
// @ts-check
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { bundle } from '../../tools/bundle.mjs';
import { command, root, StepError } from '../../tools/run.mjs';

/** @typedef {import('./judge.mjs').Results} Results */

export const REPORT = 'docs/conformance.md';

/** The numbers of the standard's points, in order, with their sections. */
export const SECTIONS = { I: 'Interface', C: 'Connecting', P: 'Parsing the stream' };

/** All points. Each must have a test. */
const POINTS = Object.entries({ I: 8, C: 12, P: 12 }).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
);

/** @param {string} name of a test */
export const pointOf = (name) => /^[ICP]\d+/.exec(name)?.[0] ?? '';

/**
 * Loads the conformance tests in Node. Without `facts`, they have no server and can only be listed.
 * @param {object} facts
 * @returns {Promise<typeof import('./run.js')>}
 */
async function loadTests(facts) {
  const outfile = `${root}/build/tests/list/run.mjs`;
  await bundle({
    entryPoints: ['tests/conformance/run.ts'],
    outfile,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    define: { __SERVER__: JSON.stringify(facts) },
  });
  return import(`${pathToFileURL(outfile).href}?${Date.now()}`);
}

/** Runs the tests against our class in this process. @param {object} facts @returns {Promise<Results>} */
export async function runInNode(facts) {
  const { conformanceTests, runTest } = await loadTests(facts);
  const { EventSource } = await import(pathToFileURL(`${root}/dist/index.js`).href);
  const outcomes = [];
  for (const test of conformanceTests) {
    if (test.globals.some((global) => global === 'node'))
      outcomes.push(await runTest(test, EventSource, 15_000));
  }
  return {
    browser: 'node',
    global: 'node',
    which: 'ours',
    isThere: true,
    outcomes,
    version: process.version,
  };
}

/** @param {string[]} names of tests */
export const listOf = (names) =>
  [...new Set(names)].map((name) => `- ${name.replaceAll(/([<>*_|])/g, '\\$1')}`);

export const LIST_BEGINS = '## The tests';

/**
 * Checks that the report lists exactly the existing tests.
 * @returns {Promise<void>}
 */
async function checkReport() {
  const { conformanceTests } = await loadTests({});
  const unnumbered = conformanceTests.filter(({ name }) => !pointOf(name) && !name.startsWith('tokens'));
  if (unnumbered.length > 0)
    throw new StepError(`tests without a point: ${unnumbered.map(({ name }) => name).join(', ')}`);
  const points = new Set(conformanceTests.map(({ name }) => pointOf(name)));
  const untested = POINTS.filter((point) => !points.has(point));
  if (untested.length > 0) throw new StepError(`no test of ${untested.join(', ')}`);
  const text = readFileSync(`${root}/${REPORT}`, 'utf8');
  /** @type {string[]} */
  const list = (text.split(LIST_BEGINS)[1] ?? '').match(/^- .+$/gm) ?? [];
  const expected = listOf(conformanceTests.map(({ name }) => name));
  const wrong = [
    ...expected.filter((line) => !list.includes(line)).map((line) => `missing: ${line}`),
    ...list.filter((line) => !expected.includes(line)).map((line) => `gone:    ${line}`),
  ];
  if (wrong.length > 0) {
    throw new StepError(`${REPORT} is out of date`, {
      output: wrong.join('\n'),
      fix: 'npm run conformance',
    });
  }
}

command(import.meta, { usage: 'node tests/conformance/list.mjs' }, checkReport);
