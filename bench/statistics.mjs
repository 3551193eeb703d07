/** Samples to medians with their spread. */
// @ts-check
import { geometricMean, median, quantile } from 'simple-statistics';

/** Of some samples: the middle one, and between which values the middle half lies. @typedef {{ median: number, low: number, high: number, samples: number }} Summary */

/** @param {number[]} samples @returns {Summary} */
function summary(samples) {
  return {
    median: rounded(median(samples)),
    low: rounded(quantile(samples, 0.25)),
    high: rounded(quantile(samples, 0.75)),
    samples: samples.length,
  };
}

/** No measurement is as exact as a number is long. @param {number} number */
const rounded = (number) => Number(number.toPrecision(5));

/**
 * The same value with a summary instead of each list of numbers; a list of objects with numbers becomes one object
 * with lists.
 * @param {any} value
 * @returns {any}
 */
export function summarized(value) {
  if (typeof value === 'number') return rounded(value);
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every((item) => typeof item === 'number')) return summary(value);
    return value.map(summarized);
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, summarized(member)]));
}

/** @param {number[]} numbers */
export const mean = (numbers) => (numbers.length > 0 ? geometricMean(numbers) : Number.NaN);
