/** The value of JSON that isn't complete yet. */

import { fromJson } from './answer.js';
import { withoutFence } from './schema.js';

/** A token: a string that may lack its end, punctuation, or a number or word. */
const TOKEN = /\s*(?:("[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$))|([{}[\]:,])|([^\s"{}[\]:,]+))/sy;

const WORDS: Record<string, unknown> = { true: true, false: false, null: null };

/**
 * The value of JSON whose end is missing, as in a stream: open strings, arrays and objects are closed. A name without
 * its value, and a number or word that may go on, are left out. `undefined` if there is no value yet.
 *
 * @example
 * partialJson('{"city": "Ber'); // { city: 'Ber' }
 */
export function partialJson(source: string): unknown {
  const text = withoutFence(source);
  TOKEN.lastIndex = 0;
  let root: unknown;
  /** Open arrays and objects, the innermost last. */
  const open: (unknown[] | Record<string, unknown>)[] = [];
  /** The names whose values are awaited, for each open object. */
  const names: (string | undefined)[] = [];
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [, string, mark, word] = match;
    const isLast = TOKEN.lastIndex === text.length;
    const parent = open.at(-1);
    let value: unknown;
    if (string !== undefined) {
      value = textOfToken(string);
      const isName = parent && !Array.isArray(parent) && names.at(-1) === undefined;
      if (isName) {
        if (isWhole(string)) names[names.length - 1] = value as string;
        continue;
      }
    } else if (word !== undefined) {
      if (word in WORDS) value = WORDS[word];
      else if (isLast && open.length > 0) break;
      else value = Number(word);
      if (Number.isNaN(value)) break;
    } else if (mark === '{' || mark === '[') {
      value = mark === '{' ? {} : [];
    } else {
      if (mark === '}' || mark === ']') {
        open.pop();
        names.pop();
        if (open.length === 0) break;
      }
      continue;
    }
    if (!parent) {
      root = value;
    } else if (Array.isArray(parent)) {
      parent.push(value);
    } else {
      const key = names.at(-1) as string;
      // `__proto__` is data here.
      Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
      names[names.length - 1] = undefined;
    }
    if (mark) {
      open.push(value as unknown[]);
      names.push(undefined);
    } else if (!parent) {
      break;
    }
  }
  return root;
}

function isWhole(token: string): boolean {
  return /[^\\](\\\\)*"$/.test(token);
}

/** A string's value, without an escape sequence at its end that isn't complete. */
function textOfToken(token: string): string {
  const whole = isWhole(token) ? token : `${/^[^\\]*(?:\\(?:u[\da-f]{4}|[^u])[^\\]*)*/i.exec(token)?.[0]}"`;
  // Models also write line breaks as they are.
  const text = fromJson(whole.replace(/[\n\r\t]/g, (mark) => JSON.stringify(mark).slice(1, -1)));
  // Half of a pair of surrogates is left out.
  return isWhole(token) ? text : text.replace(/[\ud800-\udbff]$/, '');
}
