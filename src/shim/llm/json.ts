/** Reading JSON of unknown shape. */

import type { Json } from './types.js';

/** An array's items; an object counts as a list of one, anything else as an empty list. */
export function list(value: Json): Json[] {
  if (Array.isArray(value)) return value.filter(isObject);
  return isObject(value) ? [value] : [];
}

/** The first of several answers to one request. Servers leave out its index. */
export function firstOf(choices: Json): Json {
  return list(choices).find(({ index }) => !(typeof index === 'number' && index > 0));
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** Non-empty text, or `undefined`. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Arguments as text: some servers send them as an object. */
export function toArguments(value: unknown): string {
  return isObject(value) ? JSON.stringify(value) : (textOf(value) ?? '');
}

/** The value of text that is JSON; anything else as it is. */
export function fromJson(text: Json): Json {
  try {
    return isObject(text) ? text : JSON.parse(text);
  } catch {
    return text;
  }
}

/** The sum of those counts that are numbers; `undefined` if none is. */
export function sum(...counts: Json[]): number | undefined {
  const numbers = counts.filter(Number.isFinite);
  return numbers.length > 0 ? numbers.reduce((sum, count) => sum + count) : undefined;
}
