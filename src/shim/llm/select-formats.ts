/** Selects the formats that an answer may have. */

import type { CompletionFormat } from './types.js';

/** Returns the format with a name, or all formats without one. Throws a `TypeError` if there is none. */
export function selectFormats(
  formats: readonly CompletionFormat[],
  wanted: string | undefined,
): CompletionFormat[] {
  const selected = formats.filter(({ name }) => !wanted || name === wanted);
  if (selected.length > 0) return selected;
  const names = formats.map(({ name }) => name).join(', ');
  throw new TypeError(`The format "${wanted}" is unknown; known are ${names}`);
}
