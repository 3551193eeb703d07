/** The formats that an answer may have. Not a part of bundles that give a format. */

import type { CompletionFormat } from './types.js';

/** The format with a name, or all without one. Throws a `TypeError` if there is none. */
export function selectFormats(
  formats: readonly CompletionFormat[],
  wanted: string | undefined,
): CompletionFormat[] {
  const selected = formats.filter(({ name }) => !wanted || name === wanted);
  if (selected.length > 0) return selected;
  const names = formats.map(({ name }) => name).join(', ');
  throw new TypeError(`The format "${wanted}" is unknown; known are ${names}`);
}
