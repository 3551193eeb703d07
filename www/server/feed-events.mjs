/** The events of the feed. Runs in Node and in the page. */

import { faultParameters } from './faults.mjs';
import { integer, number } from './parameters.mjs';

export const feedParameters = {
  ...faultParameters,
  chunk_bytes: integer(0, 1_000_000),
  rate: number(0, 100_000),
  retry: integer(0, Number.MAX_SAFE_INTEGER),
  count: integer(1, 1_000_000),
  heartbeat: number(0.1, 3600),
};

/**
 * @param {{ after: number, retry: number, count: number | undefined, headlines: string[] }} options
 * @returns {Generator<import('./sse-format.mjs').Block>}
 */
export function* blocks({ after, retry, count = Number.POSITIVE_INFINITY, headlines }) {
  yield { comment: after === 0 ? 'from the start' : `resumed after ${after}`, retry };
  for (let id = after + 1; id <= after + count; id += 1) yield feedEvent(id, headlines);
}

/**
 * Creates event number `id`, which is always the same.
 *
 * @param {number} id
 * @param {string[]} headlines
 * @returns {import('./sse-format.mjs').Block}
 */
function feedEvent(id, headlines) {
  if (id % 7 === 0) return { id, event: 'news', data: headlines[(id / 7) % headlines.length] ?? '' };
  if (id % 5 === 0) return { id, data: `Message ${id}:\n${id} = 5 × ${id / 5}` };
  const symbol = ['TEA', 'RICE', 'SALT'][id % 3];
  const price = 100 + 20 * (id % 3) + 6 * Math.sin(id / 11) + 2 * Math.sin(id / 3.1);
  return { id, event: 'price', data: JSON.stringify({ symbol, price: Number(price.toFixed(2)) }) };
}

/**
 * The number after which the feed resumes: 0 if the ID isn't one of this feed.
 *
 * @param {string | string[] | undefined} header
 */
export function lastId(header) {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : 0;
}

/** @param {Iterable<import('./catalogue.mjs').Text>} texts */
export const headlinesOf = (texts) =>
  [...texts].flatMap(({ content }) => content.split('\n\n').map(firstSentence));

/** @param {string} paragraph */
function firstSentence(paragraph) {
  const { value } = new Intl.Segmenter('en', { granularity: 'sentence' })
    .segment(paragraph)
    [Symbol.iterator]()
    .next();
  return (value?.segment ?? paragraph).trim();
}
