/** Decodes chunks of UTF-8, each of which ends with a complete character. */

import { isChromium } from '../platform.js';

/** Safari's decoder fails after 2 GiB. */
const DECODER_LIFE = 2 ** 31 - 2 ** 20;

/** For ASCII up to this many bytes, `String.fromCharCode` is two to three times as fast as decoding in Chromium. */
const SHORT = 24;

// The scanner skips a leading U+FEFF. Any other is text.
const options: TextDecoderOptions = { fatal: true, ignoreBOM: true };

// Node decodes ASCII five times as fast without `stream`, and other text twice as fast with it. In Chromium, passing
// options costs as much as decoding a short text.
let asciiDecoder: TextDecoder | undefined;
let utf8Decoder: TextDecoder | undefined;
let decodedBytes = 0;

/** @throws `TypeError` if the bytes aren't valid UTF-8 */
export function decode(bytes: Uint8Array, isAscii: boolean): string {
  if (isAscii && bytes.length <= SHORT && isChromium()) {
    return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
  }
  decodedBytes += bytes.length;
  if (decodedBytes > DECODER_LIFE) {
    asciiDecoder = utf8Decoder = undefined;
    decodedBytes = 0;
  }
  if (isAscii) {
    asciiDecoder ??= new TextDecoder('utf-8', options);
    return asciiDecoder.decode(bytes);
  }
  const decoder = utf8Decoder ?? new TextDecoder('utf-8', options);
  // After an exception, the decoder's state is unusable.
  utf8Decoder = undefined;
  const text = decoder.decode(bytes, { stream: true });
  utf8Decoder = decoder;
  return text;
}

/** Creates a decoder that replaces malformed UTF-8 by U+FFFD, for chunks that may end in the middle of a character. */
export function replacingDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}
