/** The texts that the models know, split into tokens. Runs in Node and in the page. */

/**
 * @typedef {object} Text
 * @property {string} id the model's name
 * @property {string} title
 * @property {string} language a BCP 47 tag; the page needs it to choose between Chinese and Japanese glyphs
 * @property {string} content
 * @property {string[]} tokens
 */

export const catalogue = [
  { id: 'alice', title: 'Alice in Wonderland', language: 'en' },
  { id: 'taoteking', title: '道德經', language: 'zh-Hant' },
  { id: 'peach-blossom', title: '桃花源記', language: 'zh-Hant' },
  { id: 'hojoki', title: '方丈記', language: 'ja' },
  { id: 'masnavi', title: 'مثنوی', language: 'fa' },
  { id: 'emoji', title: 'Emoji picnic', language: 'en' },
];

/** The separator between two copies of a text, in answers that are longer than the text. */
const separator = '\n\n';

const tokenBytes = 6;
const encoder = new TextEncoder();

/**
 * @param {(typeof catalogue)[number]} entry
 * @param {string} file the content of its file
 * @returns {Text}
 */
export function toText(entry, file) {
  const content = file.trimEnd();
  return { ...entry, content, tokens: tokenize(content) };
}

/**
 * The text once, or exactly `maxTokens` tokens of it, repeated as often as necessary.
 *
 * @param {Text} text
 * @param {number} [maxTokens]
 * @returns {Generator<string>}
 */
export function* answer({ tokens }, maxTokens = tokens.length) {
  for (let sent = 0; sent < maxTokens; ) {
    const copy = sent === 0 ? tokens : [separator, ...tokens];
    for (const token of copy.slice(0, maxTokens - sent)) {
      yield token;
      sent += 1;
    }
  }
}

/**
 * Splits text into tokens of about the size of a real model's: a word with the space before it, two Chinese characters,
 * one emoji. Grapheme clusters are never split.
 *
 * @param {string} text
 */
function tokenize(text) {
  const tokens = [];
  let token = '';
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    const { length } = encoder.encode(segment);
    const startsWord = /\s/.test(segment) && !/^\s*$/.test(token);
    if (token !== '' && (startsWord || bytes + length > tokenBytes)) {
      tokens.push(token);
      token = '';
      bytes = 0;
    }
    token += segment;
    bytes += length;
  }
  if (token !== '') tokens.push(token);
  return tokens;
}
