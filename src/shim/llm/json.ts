/** Helpers for JSON of unknown shape. */

import type { Json } from './types.js';

/** The objects of an array. An object counts as a list of one, any other value as an empty list. */
export function list(value: Json): Json[] {
  if (Array.isArray(value)) return value.filter(isObject);
  return isObject(value) ? [value] : [];
}

/** The first of several answers to one request. Servers may leave out its index. */
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

/** The arguments of a call as text. Some servers send them as an object. */
export function toArguments(value: unknown): string {
  return isObject(value) ? JSON.stringify(value) : (textOf(value) ?? '');
}

/** Parses text that is JSON. Any other value is returned unchanged. */
export function fromJson(text: Json): Json {
  try {
    return isObject(text) ? text : JSON.parse(text);
  } catch {
    return text;
  }
}

/** The sum of all counts that are numbers, or `undefined` if none is. */
export function sum(...counts: Json[]): number | undefined {
  const numbers = counts.filter(Number.isFinite);
  return numbers.length > 0 ? numbers.reduce((sum, count) => sum + count) : undefined;
}
