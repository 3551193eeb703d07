/** The targets, and what was measured for each. */
// @ts-check
import { geometricMean, median } from 'simple-statistics';

export const OURS = 'eventsource-wasm';
export const PARSER = 'eventsource-parser';
const PEER = 'eventsource';

/**
 * @typedef {object} Target
 * @property {string} what
 * @property {string} target
 * @property {Record<string, number | undefined>} values by engine, or `all`
 * @property {(value: number, engine: string) => boolean | undefined} isReached undefined where there is no target
 * @property {string} [unit]
 * @property {number} [digits]
 */

/** @param {number[]} numbers */
const mean = (numbers) => (numbers.length > 0 ? geometricMean(numbers) : Number.NaN);

/** How many times as fast the first is. @param {number[] | undefined} ours @param {number[] | undefined} theirs */
const ratio = (ours, theirs) => (ours?.length && theirs?.length ? median(theirs) / median(ours) : Number.NaN);

/** @param {any[]} results of one engine @returns {any[]} */
export const parsingRatios = (results) =>
  results.map((result) => ({ ...result, ratio: ratio(result.samples[OURS], result.samples[PARSER]) }));

/** @param {Record<string, number>} least by engine, or `all` */
const atLeast = (least) => (/** @type {number} */ value, /** @type {string} */ engine) => {
  const wanted = least[engine] ?? least.all;
  return wanted === undefined ? undefined : value >= wanted;
};
const atMost = (/** @type {number} */ most) => (/** @type {number} */ value) => value <= most;
const below = (/** @type {number} */ limit) => (/** @type {number} */ value) => value < limit;

/** @param {import('./report.mjs').Report} report @returns {Target[]} */
export function targets({ parts, packages }) {
  /** @param {string} part @param {(result: any) => number | undefined} value */
  const each = (part, value) =>
    Object.fromEntries(Object.entries(parts[part] ?? {}).map(([engine, result]) => [engine, value(result)]));
  const ratios = (/** @type {any} */ results) => parsingRatios(results).map(({ ratio }) => ratio);
  const small = (/** @type {any[]} */ results) => results.find(({ shape }) => shape === '27 bytes').bursts;
  const chunksOf = (/** @type {any[]} */ results, /** @type {string} */ wanted) =>
    results.find(({ cut }) => cut === wanted);
  const faster = (/** @type {string} */ peer) =>
    each('bursts', (results) => ratio(small(results)[OURS].total, small(results)[peer]?.total));
  /** @param {string} what @param {'heap' | 'wasm'} which */
  const growth = (what, which) =>
    each('memory', (results) => {
      const sizes = results.find((/** @type {any} */ result) => result.what.startsWith(what))[which];
      return (sizes[1] - sizes[0]) / 1e6;
    });
  const [peer, parser] = [`${PEER} ${packages[PEER]}`, `${PARSER} ${packages[PARSER]}`];
  const memoryTargets = [
    ['10 million events', 'events'],
    ['10,000 sources', 'sources'],
    ['10,000 parsers', 'parsers'],
  ].flatMap(([name, what = '']) => [
    {
      what: `growth of the heap over ${name}`,
      target: 'below 0.5 MB',
      values: growth(what, 'heap'),
      isReached: below(0.5),
      unit: ' MB',
    },
    {
      what: `growth of the module's memory over ${name}`,
      target: 'none',
      values: growth(what, 'wasm'),
      isReached: atMost(0),
      unit: ' MB',
    },
  ]);
  const size = parts.size?.brotli[OURS];
  /** @type {Target[]} */
  const list = [
    {
      what: `parsing against ${parser}, geometric mean`,
      target: 'at least 1.3',
      values: each('parsing', (results) => mean(ratios(results))),
      isReached: atLeast({ all: 1.3 }),
    },
    {
      what: `parsing against ${parser}, the worst stream`,
      target: 'at least 0.85',
      values: each('parsing', (results) => Math.min(...ratios(results))),
      isReached: atLeast({ all: 0.85 }),
    },
    {
      what: 'a one-event chunk through `fetchEventSource`',
      target: 'below 2 µs',
      values: each('chunks', (results) => {
        const { chunks, samples } = chunksOf(results, 'one event');
        return (1_000 * median(samples[`${OURS}/fetch-event-source`])) / chunks;
      }),
      isReached: below(2),
      unit: ' µs',
    },
    {
      what: `events per second, the class against ${peer}`,
      target: 'at least 1.5 in Chromium, 1.0 elsewhere',
      values: faster(PEER),
      isReached: atLeast({ chromium: 1.5, all: 1 }),
    },
    {
      what: 'events per second, the class against the native one',
      target: 'at least 8 in Chromium, 1.0 in Firefox, 0.6 in WebKitGTK',
      values: faster('native'),
      isReached: atLeast({ chromium: 8, firefox: 1, webkitgtk: 0.6 }),
    },
    {
      what: `1 MiB in one-byte chunks, the class against ${peer}`,
      target: 'at least 1.0',
      values: each('chunks', (results) => {
        const { samples } = chunksOf(results, 'one byte');
        return ratio(samples[OURS], samples[PEER]);
      }),
      isReached: atLeast({ all: 1 }),
    },
    {
      what: 'first event, cold, later than native',
      target: 'at most 10 ms',
      values: each('first', (samples) => median(samples[OURS].first) - median(samples.native.first)),
      isReached: atMost(10),
      unit: ' ms',
    },
    {
      what: 'longest delay of a timer in a burst of 100,000 events',
      target: 'below 50 ms',
      values: each('bursts', (results) => median(small(results)[OURS].longestWait)),
      isReached: below(50),
      unit: ' ms',
    },
    ...memoryTargets,
    {
      what: '`import { EventSource }`, brotli',
      target: 'at most 15,500 bytes',
      values: size === undefined ? {} : { all: size },
      isReached: atMost(15_500),
      unit: ' bytes',
      digits: 6,
    },
  ];
  return list.filter(({ values }) => Object.keys(values).length > 0);
}
