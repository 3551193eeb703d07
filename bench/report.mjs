/**
 * A report of what was measured. In: the numbers. Out: report.md, report.json and plots in a folder; for a whole report
 * also what docs/performance.md quotes of it, between markers.
 */
// @ts-check
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { npmBin, run, StepError } from '../tools/run.mjs';
import { bars, lines } from './plots.mjs';
import { mean } from './statistics.mjs';

/** @typedef {import('./statistics.mjs').Summary} Summary */

/**
 * @typedef {object} Report
 * @property {string} date
 * @property {{ cpu: string, cores: number, memory: string, system: string, load: number | undefined }} machine
 * @property {Record<string, string>} packages their versions
 * @property {Record<string, string>} engines their versions
 * @property {Record<string, any>} parts by their names: for each engine what its part has given, lists of numbers summarized
 */

const OURS = 'eventsource-wasm';
const PARSER = 'eventsource-parser';
const MICROSOFT = '@microsoft/fetch-event-source';
const SOCKET_IO = 'socket.io-client';

const engineNames = /** @type {Record<string, string>} */ ({
  node: 'Node',
  chromium: 'Chromium',
  firefox: 'Firefox',
  webkitgtk: 'WebKitGTK',
});

/** @param {number} value @param {number} [digits] */
const number = (value, digits = 3) =>
  Number.isFinite(value)
    ? Number(value.toPrecision(digits)).toLocaleString('en', { maximumFractionDigits: 6 })
    : '–';

/** @param {Summary | undefined} summary @param {(value: number) => number} [convert] */
function spread(summary, convert = (value) => value) {
  if (!summary || summary.samples === undefined) return '–';
  const [low = 0, high = 0] = [convert(summary.low), convert(summary.high)].sort((a, b) => a - b);
  const around = summary.samples > 1 ? ` (${number(low)} to ${number(high)})` : ' (once)';
  return `${number(convert(summary.median))}${around}`;
}

/** @param {string[]} head @param {(string | number)[][]} rows */
const table = (head, rows) =>
  [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

/** How many times as fast the first is. @param {Summary | undefined} ours @param {Summary | undefined} theirs */
const ratio = (ours, theirs) => (ours && theirs ? theirs.median / ours.median : Number.NaN);

/**
 * @typedef {object} Section
 * @property {string} title
 * @property {string} text
 * @property {Record<string, string>} [plots] files by name
 */

/** @param {any[]} results of one engine */
const parsingRatios = (results) =>
  results.map((result) => ({ ...result, ratio: ratio(result.samples[OURS], result.samples[PARSER]) }));

/** @param {Report} report @returns {Promise<Section>} */
async function parsing({ parts, packages }) {
  const texts = [
    `A stream in memory, as bytes, to a call for each event: \`createParser\` of \`eventsource-wasm/stream\`, which is the way that the class's events go too, against \`createParser\` of eventsource-parser ${packages[PARSER]} behind a streaming \`TextDecoder\`, and against the parser of ${MICROSOFT} ${packages[MICROSOFT]}. Each has to find the same events. “Decoding” is that \`TextDecoder\` alone: nobody who hands over strings can be faster than about that.`,
    'MB/s with the middle half of the samples; ns for an event; and how many times as fast ours is as eventsource-parser.',
  ];
  const rows = [];
  for (const [engine, results] of Object.entries(parts.parsing)) {
    const ratios = parsingRatios(results);
    texts.push(
      `### ${engineNames[engine]}`,
      `Geometric mean against eventsource-parser: **${number(mean(ratios.map(({ ratio }) => ratio)))}**, the least **${number(Math.min(...ratios.map(({ ratio }) => ratio)))}**.`,
      table(
        [
          'stream',
          'cut',
          'ours, MB/s',
          'eventsource-parser, MB/s',
          'times as fast',
          'ours, ns',
          'theirs, ns',
          'Microsoft’s, MB/s',
          'decoding, MB/s',
        ],
        ratios.map(({ workload, isPublished, cut, size, events, samples, ratio }) => {
          const speed = (/** @type {number} */ milliseconds) => size / milliseconds / 1_000;
          const time = (/** @type {Summary} */ { median }) => number((median * 1e6) / events);
          return [
            isPublished ? `*${workload}*` : workload,
            cut,
            spread(samples[OURS], speed),
            spread(samples[PARSER], speed),
            number(ratio),
            time(samples[OURS]),
            time(samples[PARSER]),
            samples[MICROSOFT] ? number(speed(samples[MICROSOFT].median)) : '–',
            number(speed(samples['decoding alone'].median)),
          ];
        }),
      ),
    );
    const piped = results.filter((/** @type {any} */ { samples }) => samples[`${OURS}, piped`]);
    const names = [`${OURS}, piped`, `${PARSER}, piped`, 'openai, with JSON.parse'];
    texts.push(
      'As a pipe, `body.pipeThrough(…)`, MB/s:',
      table(
        ['stream', 'cut', ...names],
        piped.map((/** @type {any} */ { workload, cut, size, samples }) => [
          workload,
          cut,
          ...names.map((name) => spread(samples[name], (milliseconds) => size / milliseconds / 1_000)),
        ]),
      ),
    );
    for (const { workload, cut, ratio } of ratios)
      rows.push({ name: `${workload}, ${cut}`, value: ratio, engine: engineNames[engine] });
  }
  texts.push('In italics: the shapes of eventsource-parser’s own benchmark, in its own pieces.');
  const title = `Parsing: how many times as fast as eventsource-parser ${packages[PARSER]}`;
  return {
    title: 'Parsing',
    text: texts.join('\n\n'),
    plots: {
      'parsing.svg': await bars({ title, axis: 'times as fast', rows, mark: 1, isOurs: () => true }),
    },
  };
}

/** @type {Record<string, string>} */
const shapeNames = { small: 'of 27 bytes', openai: 'like OpenAI’s' };

/** @param {Report} report @returns {Promise<Section>} */
async function delivery({ parts }) {
  const texts = [
    'A burst of events from a server on the same machine to a handler that counts them: thousands of events a second from the constructor to the last one, the longest time that a timer had to wait in the meantime, the waiting beyond 50 ms altogether, and the longest task that the engine itself reports, where it does (those of 50 ms and more).',
  ];
  const rows = [];
  for (const [engine, results] of Object.entries(parts.delivery)) {
    texts.push(`### ${engineNames[engine]}`);
    const cells = [];
    for (const { shape, kind, events, bursts } of results) {
      for (const [name, { total, longestWait, blocking, longestTask }] of Object.entries(bursts)) {
        cells.push([
          name,
          `${number(events, 6)} ${shapeNames[shape]}`,
          spread(total, (milliseconds) => events / milliseconds),
          spread(longestWait),
          number(blocking.median),
          longestTask.samples ? number(longestTask.median) : '–',
        ]);
        if (shape === 'small' || kind === 'model') {
          const speed = (/** @type {number} */ milliseconds) => events / milliseconds;
          const [value, low, high] = [total.median, total.high, total.low].map(speed);
          rows.push({ name, value, low, high, engine: engineNames[engine] });
        }
      }
    }
    texts.push(
      table(
        ['client', 'events', '1,000 events/s', 'longest wait, ms', 'blocking, ms', 'longest task, ms'],
        cells,
      ),
    );
  }
  return {
    title: 'End to end: bursts',
    text: texts.join('\n\n'),
    plots: {
      'bursts.svg': await bars({
        title: 'Events a second from a server to a handler',
        axis: 'thousands of events a second',
        rows,
      }),
    },
  };
}

/** @param {Report} report @returns {Promise<Section>} */
async function first({ parts }) {
  const texts = [
    'Milliseconds from the constructor to the first event, from a server on the same machine that sends it at once. Cold: the first use in a fresh page (in Node, a fresh process), with all that has to be started and compiled, the WebAssembly module too; the script has been loaded, which takes what the second column says. Warm: when everything has been used before.',
  ];
  const rows = [];
  for (const [engine, { cold, load, warm }] of Object.entries(parts.first)) {
    const names = Object.keys(warm).sort();
    texts.push(
      `### ${engineNames[engine]}`,
      table(
        ['client', 'cold', 'loading the script', 'warm'],
        names.map((name) => [name, spread(cold[name]), spread(load[name]), spread(warm[name])]),
      ),
    );
    for (const name of names.filter((name) => cold[name])) {
      const { median: value, low, high } = cold[name];
      rows.push({ name, value, low, high, engine: engineNames[engine] });
    }
  }
  return {
    title: 'End to end: the first event',
    text: texts.join('\n\n'),
    plots: { 'first-event.svg': await bars({ title: 'The first event, cold', axis: 'milliseconds', rows }) },
  };
}

/** @param {Report} report @returns {Promise<Section>} */
async function latency({ parts }) {
  const texts = [
    'Milliseconds from the server’s write to the handler, with 100 events a second on each of this many streams at once, six to an origin. The clocks of server and page are compared before each run, which is exact to some tenths of a millisecond. Where fewer events came than were sent, the engine didn’t keep up.',
  ];
  const rows = [];
  for (const [engine, results] of Object.entries(parts.latency)) {
    const cells = [];
    for (const { streams, latencies } of results) {
      for (const [name, { median, p95, p99, received, expected }] of Object.entries(latencies)) {
        const part = `${number((100 * received) / expected)} %`;
        cells.push([name, streams, number(median), number(p95), number(p99), part]);
        rows.push({
          name: `${name}, ${streams}`,
          value: median,
          low: median,
          high: p95,
          engine: engineNames[engine],
        });
      }
    }
    texts.push(
      `### ${engineNames[engine]}`,
      table(['client', 'streams', 'median', '95 %', '99 %', 'arrived'], cells),
    );
  }
  return {
    title: 'End to end: latency',
    text: texts.join('\n\n'),
    plots: {
      'latency.svg': await bars({
        title: 'Latency at 100 events a second on 1, 20 and 100 streams: median, and 95 %',
        axis: 'milliseconds',
        rows,
      }),
    },
  };
}

const megabytes = (/** @type {number | undefined} */ bytes) =>
  bytes === undefined ? '–' : number(bytes / 1e6);

/** @param {Report} report @returns {Promise<Section>} */
async function memory({ parts }) {
  const texts = [
    'Megabytes held after garbage collection: the engine’s heap, where it tells (Firefox and WebKit don’t), and the memory of the WebAssembly module. After the first tenth and at the end.',
  ];
  const rows = [];
  for (const [engine, results] of Object.entries(parts.memory)) {
    for (const { what, points } of results) {
      for (const { count, heap, wasm } of points) {
        const of = { count: count / points.at(-1).count, engine: engineNames[engine] };
        if (heap !== undefined) rows.push({ ...of, value: heap / 1e6, line: `heap, ${what}` });
        rows.push({ ...of, value: wasm / 1e6, line: `wasm, ${what}` });
      }
    }
    texts.push(
      `### ${engineNames[engine]}`,
      table(
        ['over', 'heap, first', 'heap, last', 'wasm, first', 'wasm, last'],
        results.map((/** @type {any} */ { what, points }) => {
          const [begin, end] = [points[0], points.at(-1)];
          const over = `${number(end.count, 8)} ${what}`;
          return [over, ...[begin.heap, end.heap, begin.wasm, end.wasm].map(megabytes)];
        }),
      ),
    );
  }
  return {
    title: 'Memory',
    text: texts.join('\n\n'),
    plots: {
      'memory.svg': await lines({
        title: 'Memory after garbage collection',
        axis: 'megabytes',
        count: 'part of the run',
        rows,
      }),
    },
  };
}

/** @param {Report} report @returns {Promise<Section>} */
async function size({ parts, packages }) {
  /** @type {import('./sizes.mjs').SizeRow[]} */
  const sizes = [...parts.size].sort((a, b) => a.brotli - b.brotli);
  /** @param {string} name */
  const version = (name) =>
    packages[name.replace(/(?<=.)[/,].*/, (rest) => (name.startsWith('@') ? rest : ''))];
  return {
    title: 'Size',
    text: [
      'Bytes of each entry in a user’s bundle: one import, bundled and minified by esbuild, the WebAssembly module included where it is inlined; then compressed by gzip at 9 and brotli at 11.',
      table(
        ['import', 'raw', 'gzip', 'brotli'],
        sizes.map(({ name, isOurs, raw, gzip, brotli }) => [
          isOurs ? `**${name}**` : `${name} ${version(name) ?? ''}`.trim(),
          ...[raw, gzip, brotli].map((bytes) => bytes.toLocaleString('en')),
        ]),
      ),
    ].join('\n\n'),
    plots: {
      'size.svg': await bars({
        title: 'Size of an import, after brotli',
        axis: 'kilobytes',
        rows: sizes.map(({ name, brotli }) => ({ name, value: brotli / 1_000, engine: 'brotli' })),
        isOurs: (name) => sizes.some((size) => size.name === name && size.isOurs),
      }),
    },
  };
}

/** @type {Record<string, (report: Report) => Promise<Section>>} */
const sections = { parsing, delivery, first, latency, memory, size };

/** What is to be reached, and whether it is. @typedef {{ what: string, target: string, values: Record<string, number | undefined>, isReached: (value: number, engine: string) => boolean | undefined, unit?: string }} Target */

/** @param {Report} report @returns {Target[]} */
function targets({ parts }) {
  /** @param {string} part @param {(result: any, engine: string) => number | undefined} value */
  const each = (part, value) =>
    Object.fromEntries(
      Object.entries(parts[part] ?? {}).map(([engine, result]) => [engine, value(result, engine)]),
    );
  /** @param {any} results @param {string} kind */
  const burst = (results, kind) =>
    results.find((/** @type {any} */ result) => result.shape === 'small' && result.kind === kind)?.bursts ??
    {};
  /** @param {string} kind @param {string} ours @param {string} theirs */
  const faster = (kind, ours, theirs) =>
    each('delivery', (results) =>
      ratio(burst(results, kind)[ours]?.total, burst(results, kind)[theirs]?.total),
    );
  const atLeast = (/** @type {number} */ least) => (/** @type {number} */ value) => value >= least;
  const atMost = (/** @type {number} */ most) => (/** @type {number} */ value) => value <= most;
  /** @param {'cold' | 'warm'} how */
  const later = (how) =>
    each('first', (samples) => samples[how][OURS]?.median - (samples[how].native?.median ?? Number.NaN));
  /** @param {string} what @param {'heap' | 'wasm'} which */
  const growth = (what, which) =>
    each('memory', (results) => {
      const points = results.find((/** @type {any} */ result) => result.what.startsWith(what))?.points ?? [];
      return (points.at(-1)?.[which] - points[0]?.[which]) / 1e6;
    });
  const long = each('parsing', (results) => {
    const ratios = results
      .filter((/** @type {any} */ { workload }) => workload.startsWith('a line of'))
      .map((/** @type {any} */ { samples }) =>
        ratio(
          samples[OURS],
          [samples[PARSER], samples[MICROSOFT]]
            .filter(Boolean)
            .sort((/** @type {Summary} */ a, /** @type {Summary} */ b) => a.median - b.median)[0],
        ),
      );
    return Math.min(...ratios);
  });
  const nativeTargets = /** @type {Record<string, number>} */ ({ chromium: 8, firefox: 1, webkitgtk: 0.6 });
  /** @type {Target[]} */
  const list = [
    {
      what: 'parsing against eventsource-parser, geometric mean',
      target: 'at least 1.3',
      values: each('parsing', (results) => mean(parsingRatios(results).map(({ ratio }) => ratio))),
      isReached: atLeast(1.3),
    },
    {
      what: 'parsing against eventsource-parser, the worst stream',
      target: 'at least 0.85',
      values: each('parsing', (results) => Math.min(...parsingRatios(results).map(({ ratio }) => ratio))),
      isReached: atLeast(0.85),
    },
    {
      what: 'lines of 4 MiB and 256 KiB against the fastest peer, the worst cut',
      target: 'at least 1.0',
      values: long,
      isReached: atLeast(1),
    },
    {
      what: 'events a second, the class against the native one',
      target: 'at least 8 in Chromium, 1.0 in Firefox, 0.6 in WebKitGTK',
      values: faster('class', OURS, 'native'),
      isReached: (value, engine) => {
        const least = nativeTargets[engine];
        return least === undefined ? undefined : value >= least;
      },
    },
    {
      what: 'events a second, the class against eventsource',
      target: 'at least 1.5 in Chromium, 1.0 elsewhere',
      values: faster('class', OURS, 'eventsource'),
      isReached: (value, engine) => value >= (engine === 'chromium' ? 1.5 : 1),
    },
    {
      what: '`fetchEventSource` against Microsoft’s',
      target: 'at least 1.3',
      values: faster('callback', `${OURS}/fetch-event-source`, MICROSOFT),
      isReached: atLeast(1.3),
    },
    {
      what: 'first event, cold, later than native',
      target: 'at most 10 ms',
      values: later('cold'),
      isReached: atMost(10),
      unit: ' ms',
    },
    {
      what: 'first event, warm, later than native',
      target: 'at most 1 ms',
      values: later('warm'),
      isReached: atMost(1),
      unit: ' ms',
    },
    {
      what: 'longest wait of a timer in a burst of 100,000 events',
      target: 'below 50 ms',
      values: each('delivery', (results) => burst(results, 'class')[OURS]?.longestWait.median),
      isReached: (value) => value < 50,
      unit: ' ms',
    },
    {
      what: 'growth of the heap over 10 million events',
      target: 'none (below 0.5 MB)',
      values: growth('events', 'heap'),
      isReached: atMost(0.5),
      unit: ' MB',
    },
    {
      what: 'growth of the module’s memory over 10 million events',
      target: 'none',
      values: growth('events', 'wasm'),
      isReached: atMost(0),
      unit: ' MB',
    },
    {
      what: 'growth of the heap over 10,000 objects',
      target: 'none (below 0.5 MB)',
      values: growth('EventSource', 'heap'),
      isReached: atMost(0.5),
      unit: ' MB',
    },
    {
      what: 'growth of the module’s memory over 10,000 objects',
      target: 'none',
      values: growth('EventSource', 'wasm'),
      isReached: atMost(0),
      unit: ' MB',
    },
  ];
  if (parts.size) {
    const brotli = (/** @type {string} */ name) =>
      parts.size.find((/** @type {any} */ row) => row.name === name).brotli;
    list.push({
      what: '`import { EventSource }`, brotli',
      target: `at most 15,500 bytes (${SOCKET_IO}: ${brotli(SOCKET_IO).toLocaleString('en')})`,
      values: { all: brotli(OURS) },
      isReached: atMost(15_500),
      unit: ' bytes',
    });
  }
  return list.filter(({ values }) => Object.keys(values).length > 0);
}

/** @param {Report} report */
function targetTable(report) {
  const engines = Object.keys(report.engines);
  return table(
    ['what', 'target', ...engines.map((engine) => /** @type {string} */ (engineNames[engine]))],
    targets(report).map(({ what, target, values, isReached, unit = '' }) => [
      what,
      target,
      ...engines.map((engine) => {
        const value = values[engine] ?? values.all;
        if (value === undefined || !Number.isFinite(value)) return '–';
        const mark = { true: ' ✓', false: ' ✗', undefined: '' }[`${isReached(value, engine)}`];
        return `${number(value, values.all === undefined ? 3 : 6)}${unit}${mark}`;
      }),
    ]),
  );
}

/** @param {Report} report */
function conditions({ machine, engines, packages, date }) {
  const versions = Object.entries(engines).map(([name, version]) => `${engineNames[name]} ${version}`);
  const peers = Object.entries(packages)
    .filter(([name]) => name !== OURS)
    .map(([name, version]) => `${name} ${version}`);
  return [
    `Measured on ${date} by \`npm run bench\`, all contenders in one run and taking turns; medians, in brackets the middle half of the samples. ${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.system}; load when it began: ${number(machine.load ?? Number.NaN, 2)}.`,
    versions.length > 0 ? `${versions.join(', ')}; in Node, “native” is undici’s class.` : '',
    `Beside eventsource-wasm ${packages[OURS]}: ${peers.join(', ')}.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/**
 * @param {Report} report
 * @param {string} folder
 * @param {boolean} isWhole
 * @returns {Promise<string>} the report in Markdown
 */
export async function writeReport(report, folder, isWhole) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const targetsText = targetTable(report);
  const texts = ['# Benchmark', conditions(report), '## Targets', targetsText];
  for (const name of Object.keys(report.parts)) {
    const section = await /** @type {(report: Report) => Promise<Section>} */ (sections[name])(report);
    texts.push(`## ${section.title}`, section.text);
    for (const [file, svg] of Object.entries(section.plots ?? {})) {
      writeFileSync(`${folder}/${file}`, svg);
      texts.push(`![${section.title}](${file})`);
    }
  }
  const markdown = `${texts.join('\n\n')}\n`;
  writeFileSync(`${folder}/report.md`, markdown);
  writeFileSync(`${folder}/report.json`, `${JSON.stringify(report, null, 1)}\n`);
  if (isWhole) {
    writeBlock('docs/performance.md', 'targets', `${conditions(report)}\n\n${targetsText}`);
    // Tables are aligned, as everywhere.
    await run(npmBin('biome'), ['format', '--write', 'docs/performance.md']);
  }
  return markdown;
}

/** Puts a text between the markers of its name. @param {string} path @param {string} name @param {string} text */
function writeBlock(path, name, text) {
  const [begin, end] = [`<!-- bench: ${name} -->`, `<!-- /bench: ${name} -->`];
  const content = readFileSync(path, 'utf8');
  const [before, rest] = content.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new StepError(`${path} has no ${begin} … ${end}`);
  writeFileSync(path, `${before}${begin}\n\n${text}\n\n${end}${after}`);
}
