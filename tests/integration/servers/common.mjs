/** Shared by the servers in Node: the feed's events, the words of an answer, and the line with the origin. */
// @ts-check
import { readFileSync } from 'node:fs';

/** @typedef {{ id: string, event: string, data: string }} FeedEvent */
/** @typedef {{ words: string[], ends: boolean }} Question */

/** @type {FeedEvent[]} */
const feed = JSON.parse(readFileSync(new URL('feed.json', import.meta.url), 'utf8'));

export const RETRY = 30;
export const KEEP_ALIVE = 100;

/**
 * The events for a request of the feed, and whether they are the last ones.
 * @param {string | null | undefined} lastEventId
 */
export function feedAfter(lastEventId) {
  const begin = feed.findIndex(({ id }) => id === lastEventId) + 1;
  return { events: feed.slice(begin, begin + 3), isEnd: begin >= feed.length - 3 };
}

/**
 * The words of an answer, one every 5 ms.
 * @param {Question} question
 */
export async function* speak({ words, ends }) {
  do {
    for (const word of words) {
      await sleep(5);
      yield word;
    }
  } while (!ends);
}

/** @param {number} milliseconds */
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Decodes a header as UTF-8. Node turns each byte of a header into a character.
 * @param {string | string[] | undefined} value
 */
export const utf8 = (value) =>
  value === undefined ? undefined : Buffer.from(`${value}`, 'latin1').toString();

/** @param {number} port */
export const tell = (port) => console.log(JSON.stringify({ origin: `http://127.0.0.1:${port}` }));
