/**
 * `npm run conformance`: the tests of tests/conformance/ in every browser and kind of global, against ours and against
 * the native class. In: what the pages say, and tests/conformance/differences.json, where every failure has its reason.
 * Out: docs/conformance.md; exit code 1 where something has no reason, or a reason nothing to explain.
 */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { command, root, StepError } from './steps.mjs';

/**
 * What came out of one kind of global in one browser.
 * @typedef {object} Results
 * @property {string} browser
 * @property {string} global
 * @property {'ours' | 'native' | 'platform'} which
 * @property {boolean} isThere
 * @property {{ name: string, error?: string }[]} outcomes
 */

/**
 * Where something is so: browsers, each with the kinds of global or `all`.
 * @typedef {Record<string, string[] | 'all'>} Where
 */

/**
 * @typedef {object} Differences
 * @property {{ which: string, where: Where, reason: string }[]} absent globals, or classes in them, that aren't there
 * @property {{ tests: string[], probe: string, reason: string }[]} platform what fails where the probe fails
 * @property {{ tests: string[], where: Where, sometimes?: boolean, reason: string }[]} native what the native class
 *   gets wrong; `sometimes` where that depends on time
 */

const DIFFERENCES = 'tests/conformance/differences.json';
const REPORT = 'docs/conformance.md';

/** @returns {Differences} */
export const readDifferences = () => JSON.parse(readFileSync(`${root}/${DIFFERENCES}`, 'utf8'));

/** @param {Where} where @param {{ browser: string, global: string }} place */
function holds(where, { browser, global }) {
  const globals = where[browser];
  return globals === 'all' || (globals?.includes(global) ?? false);
}

/** `C6*` are all that begin with C6. @param {string[]} patterns @param {string} name */
const isMeant = (patterns, name) =>
  patterns.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );

/**
 * Compares what came out with what is known.
 * @param {Results[]} results
 * @param {Differences} [differences]
 */
export function judge(results, differences = readDifferences()) {
  let passed = 0;
  /** @type {string[]} */
  const complaints = [];
  for (const { browser, global, which, isThere, outcomes } of results) {
    const place = { browser, global };
    const title = `${browser}, ${global}, ${which}`;
    const absence = differences.absent.some(
      (absent) => (absent.which === which || absent.which === 'all') && holds(absent.where, place),
    );
    if (absence === isThere) {
      complaints.push(`${title}: ${isThere ? `is there, which ${DIFFERENCES} denies` : 'is not there'}`);
    } else passed += 1;
    if (which === 'platform') continue;
    const probes = results.find((other) => isSame(other, { ...place, which: 'platform' }));
    for (const { name, error } of outcomes) {
      /** @type {{ reason: string, sometimes?: boolean } | undefined} */
      const limit = differences.platform.find(
        ({ tests, probe }) =>
          isMeant(tests, name) && probes?.outcomes.some((outcome) => outcome.name === probe && outcome.error),
      );
      const excuse =
        which === 'ours'
          ? limit
          : differences.native.find(({ tests, where }) => isMeant(tests, name) && holds(where, place));
      if (!error === !excuse || excuse?.sometimes) passed += 1;
      else if (error) complaints.push(`${title}: ${name}\n    ${error}`);
      else complaints.push(`${title}: ${name}\n    passes, though ${DIFFERENCES} says that it fails`);
    }
  }
  return { passed, failed: complaints.length, complaints };
}

/** @param {Results} results @param {{ browser: string, global: string, which: string }} place */
const isSame = (results, { browser, global, which }) =>
  results.browser === browser && results.global === global && results.which === which;

command(import.meta, { usage: 'npm run conformance -- [--verbose]' }, async () => {
  const { runConformance } = await import('./test.mjs');
  const results = await runConformance();
  mkdirSync('build', { recursive: true });
  writeFileSync('build/conformance.json', JSON.stringify(results, null, 1));
  const { failed, complaints } = judge(results);
  if (failed > 0) throw new StepError(`${failed} differences`, { output: complaints.join('\n') });
});
