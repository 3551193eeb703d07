/**
 * `npm run conformance`: runs the conformance tests in every browser and kind of global, against ours and against the
 * native class, and writes docs/conformance.md. Fails if a difference has no reason, or a reason no difference.
 */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { npmRun } from '../../tools/packages.mjs';
import { command, npmBin, root, run, StepError } from '../../tools/run.mjs';
import { isSame, judge, LAST_RUN, readDifferences, saveRun } from './judge.mjs';
import { LIST_BEGINS, listOf, pointOf, REPORT, SECTIONS } from './list.mjs';

/** @typedef {import('./judge.mjs').Results} Results */
/** @typedef {import('./judge.mjs').Differences} Differences */
/** @typedef {import('./judge.mjs').Where} Where */

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
    'Made by `npm run conformance`; not to be edited. The points are those of the WHATWG HTML standard, section “Server-sent events”, and of what it leans on: I the interface, C connecting, P parsing. Each has tests, which run the same against ours and against the native class. ✓: all passed; 4/5: four of five; †: what is missing the platform doesn’t allow; –: not there, or no test for it there. Below are the reasons for whatever isn’t ✓.',
    `Ours passes ${total('ours')}, the native classes pass ${total('native')}. The ${missing.length} that ours doesn’t pass (†) ask for what the platform withholds from every script; the native class beside it fails ${missingToo.length} of them too.`,
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
    'What `fetch` itself can’t do, nothing that is made of it can. Tests without any `EventSource` show each of these limits, and what fails is allowed to fail only where they do.',
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
      '## What isn’t there',
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

command(
  import.meta,
  {
    usage: 'npm run conformance -- [--again] [--verbose]  (--again: by what the last run has left)',
    options: { again: { type: 'boolean' } },
  },
  async ({ again }) => {
    if (!again) {
      await npmRun('build:package');
      const { runConformance } = await import('../support/browsers.mjs');
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
