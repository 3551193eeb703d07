/** Writes the report in Markdown from the samples. After a complete run, also the targets in docs/performance.md. */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { median, quantile } from 'simple-statistics';
import { npmBin, run, StepError } from '../tools/run.mjs';
import { isReached, OURS, PARSER, parsingRatios, targets, wordsOf } from './targets.mjs';

/**
 * @typedef {object} Report
 * @property {string} date
 * @property {{ cpu: string, cores: number, memory: string, system: string, load: number }} machine
 * @property {Record<string, string>} packages the versions of the packages
 * @property {Record<string, string>} engines the versions of the engines
 * @property {Record<string, any>} parts the results by part and engine
 */

/** @type {Record<string, string>} */
const engineTitles = { node: 'Node', chromium: 'Chromium', firefox: 'Firefox', webkitgtk: 'WebKitGTK' };

/** @param {number} value @param {number | undefined} [digits] */
const number = (value, digits = 3) =>
  Number.isFinite(value)
    ? Number(value.toPrecision(digits)).toLocaleString('en', { maximumFractionDigits: 6 })
    : '–';

/** The median and the quartiles. @param {number[] | undefined} samples @param {(value: number) => number} [convert] */
function spread(samples, convert = (value) => value) {
  if (!samples || samples.length === 0) return '–';
  const values = samples.map(convert);
  return `${number(median(values))} (${number(quantile(values, 0.25))} to ${number(quantile(values, 0.75))})`;
}

/** @param {string[]} head @param {(string | number)[][]} rows */
const table = (head, rows) =>
  [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

/**
 * The sections, with a column for each engine. `rows` creates the cells of one engine.
 * @type {Record<string, { title: string, intro: string, rows: (result: any) => Record<string, string> }>}
 */
const sections = {
  parsing: {
    title: 'Parsing',
    intro: `How many times as fast \`createParser\` of \`eventsource-wasm/stream\` is as \`createParser\` of ${PARSER} behind a streaming \`TextDecoder\`, and its MB/s. The stream is in memory, as bytes, and both must find the same events. In brackets: that \`TextDecoder\` alone, without a parser. The last streams are those of ${PARSER}'s own benchmark.`,
    rows: (results) =>
      Object.fromEntries(
        parsingRatios(results).map(({ workload, cut, size, samples, ratio }) => {
          const speed = (/** @type {string} */ name) => number(size / median(samples[name]) / 1_000);
          return [`${workload}, ${cut}`, `${number(ratio)}; ${speed(OURS)} (${speed('decoding alone')})`];
        }),
      ),
  },
  chunks: {
    title: 'Small chunks',
    intro:
      'Microseconds for each chunk. The stream is in memory behind a custom `fetch`, 64 chunks at a time: events of 268 bytes, each in its own chunk, and 1 MiB of the same events in chunks of one byte.',
    rows: (results) =>
      rowsOf(results, ({ cut, chunks, samples }) =>
        rowsOf(Object.entries(samples), ([name, times]) => ({
          [`${name}, ${cut}`]: spread(times, (milliseconds) => (1_000 * milliseconds) / chunks),
        })),
      ),
  },
  bursts: {
    title: 'Bursts',
    intro:
      'Thousands of events per second from a server on the same machine, from the constructor to the last event. A listener counts them. Then the longest delay of a timer in milliseconds, which is at least the longest task.',
    rows: (results) =>
      rowsOf(results, ({ shape, events, bursts }) =>
        rowsOf(Object.entries(bursts), ([name, { total, longestWait }]) => ({
          [`${name}, ${shape}`]: `${spread(total, (time) => events / time)}; ${number(median(longestWait))} ms`,
        })),
      ),
  },
  first: {
    title: 'First event, cold',
    intro:
      'Milliseconds from the constructor to the first event in a fresh page (in Node, a fresh process), with everything that has to be compiled. Loading the script comes before that.',
    rows: (samples) =>
      rowsOf(Object.entries(samples), ([name, { first, load }]) => ({
        [name]: spread(first),
        [`${name}, loading the script`]: spread(load),
      })),
  },
  memory: {
    title: 'Memory',
    intro:
      "Megabytes after garbage collection, after the first tenth and at the end: the engine's heap (Firefox and WebKit don't report it), and the memory of the WebAssembly module.",
    rows: (results) =>
      rowsOf(results, ({ what, count, heap, wasm }) => {
        const both = (/** @type {number[]} */ sizes) => sizes.map((size) => number(size / 1e6)).join(', ');
        const over = `${number(count, 8)} ${what}`;
        return { [`heap, ${over}`]: both(heap), [`module, ${over}`]: both(wasm) };
      }),
  },
  size: {
    title: 'Size',
    intro: 'Bytes of one import, bundled and minified by esbuild, with the inlined WebAssembly module.',
    rows: (sizes) =>
      rowsOf(Object.entries(sizes), ([name, bytes]) => ({ [name]: bytes.toLocaleString('en') })),
  },
};

/** @template T @param {T[]} items @param {(item: T) => Record<string, string>} rows */
const rowsOf = (items, rows) => Object.assign({}, ...items.map(rows));

/** @param {Record<string, any>} results by engine @param {(result: any) => Record<string, string>} rows */
function sectionTable(results, rows) {
  const columns = Object.values(results).map(rows);
  const names = [...new Set(columns.flatMap(Object.keys))];
  return table(
    ['', ...Object.keys(results).map((engine) => engineTitles[engine] ?? engine)],
    names.map((name) => [name, ...columns.map((column) => column[name] ?? '–')]),
  );
}

/** @param {Report} report */
function targetTable(report) {
  const engines = Object.keys(report.engines);
  return table(
    ['what', 'target', ...engines.map((engine) => engineTitles[engine] ?? engine)],
    targets(report).map((target) => [
      target.what,
      wordsOf(target),
      ...engines.map((engine) => {
        const value = target.values[engine] ?? target.values.all;
        if (value === undefined || !Number.isFinite(value)) return '–';
        const isHit = isReached(target, value, engine);
        const mark = isHit === undefined ? '' : isHit ? ' hit' : ' missed';
        return `${number(value, target.digits)}${target.unit ?? ''}${mark}`;
      }),
    ]),
  );
}

/** @param {Report} report */
function conditions({ machine, engines, packages, date }) {
  const versions = Object.entries(engines).map(([name, version]) => `${engineTitles[name]} ${version}`);
  const peers = Object.entries(packages)
    .filter(([name]) => name !== OURS)
    .map(([name, version]) => `${name} ${version}`);
  return [
    `Measured on ${date} by \`npm run bench\`. All packages are measured in the same run, in turn. Figures are medians, with the limits of the middle half in brackets. ${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.system}; load at the start: ${machine.load.toFixed(1)}.`,
    ...(versions.length > 0 ? [`${versions.join(', ')}. In Node, “native” is undici's class.`] : []),
    `eventsource-wasm ${packages[OURS]}, ${peers.join(', ')}.`,
  ].join(' ');
}

/** @param {Report} report @param {boolean} isWhole */
export async function writeReport(report, isWhole) {
  const path = isWhole ? 'bench/report.md' : 'build/bench/report.md';
  const targetsText = targetTable(report);
  const texts = ['# Benchmark', conditions(report), '## Targets', targetsText];
  for (const [name, { title, intro, rows }] of Object.entries(sections)) {
    const results = report.parts[name];
    if (results) texts.push(`## ${title}`, intro, sectionTable(results, rows));
  }
  const markdown = `${texts.join('\n\n')}\n`;
  mkdirSync('build/bench', { recursive: true });
  writeFileSync(path, markdown);
  if (isWhole) {
    writeBlock('docs/performance.md', 'targets', `${conditions(report)}\n\n${targetsText}`);
    await run(npmBin('biome'), ['format', '--write', 'docs/performance.md', path]);
  }
  return { path, markdown };
}

/** Replaces the text between two markers. @param {string} path @param {string} name @param {string} text */
function writeBlock(path, name, text) {
  const content = readFileSync(path, 'utf8');
  const block = new RegExp(`(<!-- bench: ${name} -->).*(<!-- /bench: ${name} -->)`, 's');
  if (!block.test(content)) throw new StepError(`${path} has no block for ${name}`);
  writeFileSync(
    path,
    content.replace(block, (_, begin, end) => `${begin}\n\n${text}\n\n${end}`),
  );
}
