/** Compares the results of the conformance tests with differences.json, where every failure has its reason. */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { root } from '../../tools/run.mjs';

/**
 * The results of one kind of global in one browser.
 * @typedef {object} Results
 * @property {string} browser
 * @property {string} global
 * @property {'ours' | 'native' | 'platform'} which
 * @property {boolean} isThere
 * @property {boolean} [isSilent] the browser stopped responding, and outcomes are missing
 * @property {string} [version] of the browser
 * @property {{ name: string, error?: string }[]} outcomes
 */

/**
 * Browsers, each with kinds of global or `all`.
 * @typedef {Record<string, string[] | 'all'>} Where
 */

/**
 * @typedef {object} Differences
 * @property {{ which: string, where: Where, reason: string }[]} absent missing globals, or globals without the class
 * @property {{ tests: string[], probe: string, reason: string }[]} platform tests that fail where the probe fails
 * @property {{ tests: string[], where: Where, sometimes?: boolean, reason: string }[]} native tests that the native
 *   class fails; `sometimes` if that depends on timing
 */

const DIFFERENCES = 'tests/conformance/differences.json';

/** @returns {Differences} */
export const readDifferences = () => JSON.parse(readFileSync(`${root}/${DIFFERENCES}`, 'utf8'));

/** @param {Where} where @param {{ browser: string, global: string }} place */
function holds(where, { browser, global }) {
  const globals = where[browser];
  return globals === 'all' || (globals?.includes(global) ?? false);
}

/** `C6*` matches all names that begin with C6. @param {string[]} patterns @param {string} name */
const isMeant = (patterns, name) =>
  patterns.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );

/** @typedef {{ browser: string, global: string, which: string, name: string }} Unexpected a test that failed */

/**
 * Compares results with the known differences.
 * @param {Results[]} results
 * @param {Differences} [differences]
 */
export function judge(results, differences = readDifferences()) {
  let passed = 0;
  /** @type {string[]} */
  const complaints = [];
  /** @type {Unexpected[]} */
  const unexpected = [];
  for (const { browser, global, which, isThere, isSilent, outcomes } of results) {
    const place = { browser, global };
    const title = `${browser}, ${global}, ${which}`;
    if (isSilent) {
      complaints.push(`${title}: the browser stopped responding`);
      continue;
    }
    const absence = differences.absent.some(
      (absent) => (absent.which === which || absent.which === 'all') && holds(absent.where, place),
    );
    if (absence === isThere) {
      complaints.push(`${title}: ${isThere ? `exists, but ${DIFFERENCES} denies it` : 'is missing'}`);
    } else passed += 1;
    if (which === 'platform') continue;
    const probes = results.find((other) => isSame(other, { ...place, which: 'platform' }));
    for (const { name, error } of outcomes) {
      const limit = differences.platform.find(
        ({ tests, probe }) =>
          isMeant(tests, name) && probes?.outcomes.some((outcome) => outcome.name === probe && outcome.error),
      );
      // On a busy machine a probe can fail although the platform is able, so a test may pass nevertheless.
      const excuse =
        which === 'ours'
          ? limit && { ...limit, sometimes: true }
          : differences.native.find(({ tests, where }) => isMeant(tests, name) && holds(where, place));
      if (!error === !excuse || excuse?.sometimes) passed += 1;
      else if (error) {
        complaints.push(`${title}: ${name}\n    ${error}`);
        unexpected.push({ browser, global, which, name });
      } else complaints.push(`${title}: ${name}\n    passes, though ${DIFFERENCES} says that it fails`);
    }
  }
  return { passed, failed: complaints.length, complaints, unexpected };
}

/** @param {Results} results @param {{ browser: string, global: string, which: string }} place */
export const isSame = (results, { browser, global, which }) =>
  results.browser === browser && results.global === global && results.which === which;

/** The results of the last run, for explaining differences without another run. */
export const LAST_RUN = `${root}/build/conformance.json`;

/** @param {Results[]} results */
export function saveRun(results) {
  mkdirSync(`${root}/build`, { recursive: true });
  writeFileSync(LAST_RUN, JSON.stringify(results, null, 1));
}
