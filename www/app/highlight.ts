import { make } from './dom';

const tokens =
  /(?<comment>\/\/.*)|(?<string>'(?:[^'\\\n]|\\.)*'|`[^`]*`)|(?<keyword>\b(?:import|from|const|await|for|of|if|else|return|new|async|function|true|false|break)\b)|(?<number>\b\d[\d_]*\b)/g;

/** Converts code to elements, with a class for each kind of token. */
export function highlight(code: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const match of code.matchAll(tokens)) {
    parts.push(code.slice(end, match.index));
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0] ?? '';
    parts.push(make('span', { class: kind }, match[0]));
    end = match.index + match[0].length;
  }
  return [...parts, code.slice(end)];
}
