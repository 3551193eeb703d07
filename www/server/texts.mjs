import { readFile } from 'node:fs/promises';
import { catalogue, toText } from './catalogue.mjs';

/** @returns {Promise<Map<string, import('./catalogue.mjs').Text>>} */
export async function loadTexts() {
  const texts = await Promise.all(
    catalogue.map(async (entry) =>
      toText(entry, await readFile(new URL(`../texts/${entry.id}.txt`, import.meta.url), 'utf8')),
    ),
  );
  return new Map(texts.map((text) => [text.id, text]));
}
