/** The targets and the measured values. */
// @ts-check
import { geometricMean, median } from 'simple-statistics';

export const OURS = 'eventsource-wasm';
export const PARSER = 'eventsource-parser';
const PEER = 'eventsource';

/**
 * @typedef {object} Target
 * @property {string} what
 * @property {[keyof typeof comparisons, number | Record<string, number>]} limit for all engines, or by engine; `all` is
 * for the others
 * @property {string} [target] the limit in words, if they can't be derived from `limit`
 * @property {Record<string, number | undefined>} values by engine, or `all`
 * @property {string} [unit]
 * @property {number} [digits]
 */

/** @param {number[]} numbers */
const mean = (numbers) => (numbers.length > 0 ? geometricMean(numbers) : Number.NaN);

/** The relative speed of the first. @param {number[] | undefined} ours @param {number[] | undefined} theirs */
const ratio = (ours, theirs) => (ours?.length && theirs?.length ? median(theirs) / median(ours) : Number.NaN);

/** @param {any[]} results of one engine @returns {any[]} */
export const parsingRatios = (results) =>
  results.map((result) => ({ ...result, ratio: ratio(result.samples[OURS], result.samples[PARSER]) }));

const comparisons = {
  'at least': (/** @type {number} */ value, /** @type {number} */ limit) => value >= limit,
  'at most': (/** @type {number} */ value, /** @type {number} */ limit) => value <= limit,
  below: (/** @type {number} */ value, /** @type {number} */ limit) => value < limit,
};

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
  /** @type {Target[]} */
  const memoryTargets = [
    ['10 million events', 'events'],
    ['10,000 sources', 'sources'],
    ['10,000 parsers', 'parsers'],
  ].flatMap(([name, what = '']) => [
    {
      what: `growth of the heap over ${name}`,
      limit: ['below', 0.5],
      values: growth(what, 'heap'),
      unit: ' MB',
    },
    {
      what: `growth of the module's memory over ${name}`,
      limit: ['at most', 0],
      target: 'none',
      values: growth(what, 'wasm'),
      unit: ' MB',
    },
  ]);
  const size = parts.size?.brotli[OURS];
  /** @type {Target[]} */
  const list = [
    {
      what: `parsing against ${parser}, geometric mean`,
      limit: ['at least', 1.3],
      values: each('parsing', (results) => mean(ratios(results))),
    },
    {
      what: `parsing against ${parser}, the worst stream`,
      limit: ['at least', 0.85],
      values: each('parsing', (results) => Math.min(...ratios(results))),
    },
    {
      what: 'a one-event chunk through `fetchEventSource`',
      limit: ['below', 2],
      values: each('chunks', (results) => {
        const { chunks, samples } = chunksOf(results, 'one event');
        return (1_000 * median(samples[`${OURS}/fetch-event-source`])) / chunks;
      }),
      unit: ' µs',
    },
    {
      what: `events per second, the class against ${peer}`,
      limit: ['at least', { chromium: 1.5, all: 1 }],
      target: 'at least 1.5 in Chromium, 1.0 elsewhere',
      values: faster(PEER),
    },
    {
      what: 'events per second, the class against the native one',
      limit: ['at least', { chromium: 8, firefox: 1, webkitgtk: 0.6 }],
      target: 'at least 8 in Chromium, 1.0 in Firefox, 0.6 in WebKitGTK',
      values: faster('native'),
    },
    {
      what: `1 MiB in one-byte chunks, the class against ${peer}`,
      limit: ['at least', 1],
      target: 'at least 1.0',
      values: each('chunks', (results) => {
        const { samples } = chunksOf(results, 'one byte');
        return ratio(samples[OURS], samples[PEER]);
      }),
    },
    {
      what: 'first event, cold, later than native',
      limit: ['at most', 10],
      values: each('first', (samples) => median(samples[OURS].first) - median(samples.native.first)),
      unit: ' ms',
    },
    {
      what: 'longest delay of a timer in a burst of 100,000 events',
      limit: ['below', 50],
      values: each('bursts', (results) => median(small(results)[OURS].longestWait)),
      unit: ' ms',
    },
    ...memoryTargets,
    {
      what: '`import { EventSource }`, brotli',
      limit: ['at most', 15_500],
      values: size === undefined ? {} : { all: size },
      unit: ' bytes',
      digits: 6,
    },
  ];
  return list.filter(({ values }) => Object.keys(values).length > 0);
}

/** The limit in words. @param {Target} target */
export const wordsOf = ({ target, limit: [words, limit], unit = '' }) =>
  target ?? `${words} ${limit.toLocaleString('en')}${unit}`;

/**
 * Whether a target is reached, or undefined if there is none. @param {Target} target @param {number} value @param
 * {string} engine
 */
export function isReached({ limit: [words, limit] }, value, engine) {
  const wanted = typeof limit === 'number' ? limit : (limit[engine] ?? limit.all);
  return wanted === undefined ? undefined : comparisons[words](value, wanted);
}
