/** The value of JSON that isn't complete yet. */

/** A string that may lack its end, punctuation, or a number or word. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*("|\\?$)|[{}[\]:,]|[^\s"{}[\]:,]+/gs;

/** A string up to an escape sequence that isn't complete. */
const STRING = /^"[^"\\]*(?:\\(?:u[\da-f]{4}|[^u])[^"\\]*)*"?/i;

/**
 * The value of JSON whose end is missing, as in a stream: open strings, arrays and objects are closed. A name without
 * its value, and a number that may go on, are left out. `undefined` if there is no value yet.
 *
 * @example
 * partialJson('{"city": "Ber'); // { city: 'Ber' }
 */
export function partialJson(source: string): unknown {
  const text = withoutFence(source);
  let closers = '';
  let last = '';
  /** Up to where the text is complete, and what completes it. */
  let length = 0;
  let rest = '';
  for (const { 0: token, 1: quote, index } of text.matchAll(TOKEN)) {
    const isName = closers[0] === '}' && /[{,]/.test(last);
    last = token[0] as string;
    const string = STRING.exec(token)?.[0];
    let end = index + token.length;
    if (last === '{') closers = `}${closers}`;
    else if (last === '[') closers = `]${closers}`;
    else if (last === closers[0]) closers = closers.slice(1);
    else if (isName || last === ',' || last === ':') continue;
    else if (string) end = index + string.length;
    else if (end === text.length && closers && !/^(true|false|null)$/.test(token)) continue;
    length = end;
    rest = (string && quote !== '"' ? '"' : '') + closers;
    if (!closers) break;
  }
  try {
    return JSON.parse(text.slice(0, length) + rest);
  } catch {
    return undefined;
  }
}

/** JSON that a model put into a Markdown code block. */
export function withoutFence(text: string): string {
  return text.replace(/^\s*```\w*\s*\n|\n\s*```\s*$/g, '');
}
