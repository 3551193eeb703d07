/**
 * `npm run conformance`: the tests of tests/conformance/ in every browser and kind of global, against ours and against
 * the native class. In: what the pages say, and tests/conformance/differences.json, where every failure has its reason.
 * Out: docs/conformance.md; exit code 1 where something has no reason, or a reason nothing to explain.
 */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { bundle } from './build.mjs';
import { command, npmBin, root, run, StepError } from './steps.mjs';

/**
 * What came out of one kind of global in one browser.
 * @typedef {object} Results
 * @property {string} browser
 * @property {string} global
 * @property {'ours' | 'native' | 'platform'} which
 * @property {boolean} isThere
 * @property {boolean} [isSilent] nothing more came: the outcomes are missing
 * @property {string} [version] of the browser
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

/** @typedef {{ browser: string, global: string, which: string, name: string }} Unexpected a test that failed */

/**
 * Compares what came out with what is known.
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
      complaints.push(`${title}: the browser fell silent`);
      continue;
    }
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
      else if (error) {
        complaints.push(`${title}: ${name}\n    ${error}`);
        unexpected.push({ browser, global, which, name });
      } else complaints.push(`${title}: ${name}\n    passes, though ${DIFFERENCES} says that it fails`);
    }
  }
  return { passed, failed: complaints.length, complaints, unexpected };
}

/** @param {Results} results @param {{ browser: string, global: string, which: string }} place */
const isSame = (results, { browser, global, which }) =>
  results.browser === browser && results.global === global && results.which === which;

/** The numbers of the standard's points, in order, with their sections. */
const SECTIONS = { I: 'Interface', C: 'Connecting', P: 'Parsing the stream' };

/** Each of which has to have a test. */
const POINTS = Object.entries({ I: 8, C: 12, P: 12 }).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
);

/** @param {string} name of a test */
const pointOf = (name) => /^[ICP]\d+/.exec(name)?.[0] ?? '';

/** @param {string} a @param {string} b */
const byPoint = (a, b) =>
  'ICP'.indexOf(a.charAt(0)) - 'ICP'.indexOf(b.charAt(0)) || Number(a.slice(1)) - Number(b.slice(1));

const NAMES = /** @type {Record<string, string>} */ ({
  chromium: 'Chromium',
  firefox: 'Firefox',
  webkitgtk: 'WebKitGTK',
  wpe: 'WPE WebKit',
  node: 'Node',
});
const GLOBALS = ['window', 'dedicated worker', 'shared worker', 'service worker'];

/**
 * The conformance tests as a module of Node's, without a server that they could talk to where none is given.
 * @param {object} facts
 * @returns {Promise<typeof import('../tests/conformance/run.js')>}
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

/** The tests against ours, in this process. @param {object} facts @returns {Promise<Results>} */
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
const listOf = (names) => [...new Set(names)].map((name) => `- ${name.replaceAll(/([<>*_|])/g, '\\$1')}`);

const LIST_BEGINS = '## The tests';

/**
 * The report has to name the tests that there are.
 * @returns {Promise<void>}
 */
export async function checkReport() {
  const { conformanceTests } = await loadTests({});
  const unnumbered = conformanceTests.filter(({ name }) => !pointOf(name) && !name.startsWith('tokens'));
  if (unnumbered.length > 0)
    throw new StepError(`no point: ${unnumbered.map(({ name }) => name).join(', ')}`);
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
    throw new StepError(`${REPORT} is older than the tests`, {
      output: wrong.join('\n'),
      mend: 'npm run conformance',
    });
  }
}

/** @param {string[][]} rows the first is the head */
function table([head = [], ...rows]) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** How a point did: all passed, or so many of so many. @param {Results | undefined} results @param {string} point */
function cell(results, point) {
  const outcomes = results?.outcomes.filter(({ name }) => pointOf(name) === point) ?? [];
  if (!results?.isThere || outcomes.length === 0) return '–';
  const passed = outcomes.filter(({ error }) => !error).length;
  if (passed === outcomes.length) return '✓';
  return `${passed}/${outcomes.length}${results.which === 'ours' ? ' †' : ''}`;
}

/** @param {Where} where */
const placesOf = (where) =>
  Object.entries(where)
    .map(([browser, globals]) => NAMES[browser] + (globals === 'all' ? '' : ` (${globals.join(', ')})`))
    .join(', ');

/** @param {Results[]} results @param {Differences} differences */
function report(results, differences) {
  const names = results
    .filter(({ which }) => which !== 'platform')
    .flatMap(({ outcomes }) => outcomes.map(({ name }) => name));
  const points = [...new Set(names.map(pointOf))].filter(Boolean).sort(byPoint);
  const find = (/** @type {string} */ browser, /** @type {string} */ global, /** @type {string} */ which) =>
    results.find((other) => isSame(other, { browser, global, which }));
  const total = (/** @type {string} */ which) => {
    const all = results.filter((one) => one.which === which).flatMap(({ outcomes }) => outcomes);
    return `${all.filter(({ error }) => !error).length} of ${all.length}`;
  };
  const missing = results
    .filter(({ which }) => which === 'ours')
    .flatMap(({ browser, global, outcomes }) =>
      outcomes.filter(({ error }) => error).map(({ name }) => ({ browser, global, name })),
    );
  const missingToo = missing.filter(({ browser, global, name }) =>
    find(browser, global, 'native')?.outcomes.some((other) => other.name === name && other.error),
  );
  const out = [
    '# Conformance',
    'Generated by `npm run conformance`. The points are those of the WHATWG HTML standard, section “Server-sent events”, and of the standards that it uses: I the interface, C connecting, P parsing. The same tests run against this class (ours) and the native one. ✓: all passed; 4/5: four of five; †: the platform doesn’t allow the rest; –: not available, or no test for it there. The reasons for everything that isn’t ✓ are below the tables.',
    `Ours passes ${total('ours')}, the native classes pass ${total('native')}. The ${missing.length} that ours doesn’t pass (†) need something that the platform doesn’t give to any script. The native class in the same place fails ${missingToo.length} of them too.`,
  ];
  for (const browser of Object.keys(NAMES).filter((name) => results.some((one) => one.browser === name))) {
    const version = results.find((one) => one.browser === browser && one.version)?.version ?? '';
    out.push(`## ${NAMES[browser]} ${version}`.trim());
    const columns =
      browser === 'node'
        ? [['node', 'ours']]
        : GLOBALS.flatMap((global) => [
            [global, 'ours'],
            [global, 'native'],
          ]);
    out.push(
      table([
        ['', ...columns.map(([global, which]) => (browser === 'node' ? 'ours' : `${global}: ${which}`))],
        ...points.map((point) => [
          point,
          ...columns.map(([global = '', which = '']) => cell(find(browser, global, which), point)),
        ]),
      ]),
    );
  }
  out.push(
    '## What the platform doesn’t allow',
    'What `fetch` can’t do, no code that uses it can. Tests without any `EventSource` show each of these limits. Ours may fail only where they fail.',
    ...differences.platform.map(({ tests, probe, reason }) => {
      const places = results.filter(({ outcomes }) =>
        outcomes.some(({ name, error }) => name === probe && error),
      );
      const browsers = [...new Set(places.map(({ browser }) => NAMES[browser]))].join(', ');
      return `**${probe}**: not in ${browsers}. ${reason}\n\n${listOf(tests).join('\n')}`;
    }),
    '## Where native classes differ',
    ...differences.native.map(
      ({ tests, where, reason, sometimes }) =>
        `**${placesOf(where)}**${sometimes ? ', at times' : ''}: ${reason}\n\n${listOf(tests).join('\n')}`,
    ),
  );
  if (differences.absent.length > 0) {
    out.push(
      '## Not available',
      ...differences.absent.map(({ which, where, reason }) => `**${placesOf(where)}**, ${which}: ${reason}`),
    );
  }
  out.push(LIST_BEGINS);
  for (const [letter, title] of Object.entries(SECTIONS)) {
    out.push(`### ${title}`, listOf(names.filter((name) => name.startsWith(letter))).join('\n'));
  }
  out.push('### Others', listOf(names.filter((name) => !pointOf(name))).join('\n'));
  return `${out.join('\n\n')}\n`;
}

/** What the last run left, so that differences can be explained without another. */
const LAST_RUN = `${root}/build/conformance.json`;

/** @param {Results[]} results */
export function saveRun(results) {
  mkdirSync(`${root}/build`, { recursive: true });
  writeFileSync(LAST_RUN, JSON.stringify(results, null, 1));
}

command(
  import.meta,
  {
    usage: 'npm run conformance -- [--again] [--verbose]  (--again: by what the last run has left)',
    options: { again: { type: 'boolean' } },
  },
  async ({ again }) => {
    if (!again) {
      const { runConformance } = await import('./test.mjs');
      saveRun(await runConformance());
    }
    /** @type {Results[]} */
    const results = JSON.parse(readFileSync(LAST_RUN, 'utf8'));
    const differences = readDifferences();
    const { failed, complaints } = judge(results, differences);
    if (failed > 0) throw new StepError(`${failed} differences`, { output: complaints.join('\n') });
    mkdirSync(`${root}/docs`, { recursive: true });
    writeFileSync(`${root}/${REPORT}`, report(results, differences));
    await run(npmBin('biome'), ['format', '--write', REPORT]);
    console.log(`ok  ${REPORT}`);
  },
);
