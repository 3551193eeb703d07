/** Decodes chunks of UTF-8, each of which ends with a complete character. */

import { isChromium, isNode } from '../platform.js';

/** Safari's decoder fails after 2 GiB. */
const DECODER_LIFE = 2 ** 31 - 2 ** 20;

/** For ASCII up to this many bytes, `String.fromCharCode` is two to three times as fast as decoding in Chromium. */
const SHORT = 24;

// The scanner skips a leading U+FEFF. Any other is text.
const options: TextDecoderOptions = { fatal: true, ignoreBOM: true };

const streaming: TextDecodeOptions = { stream: true };

/** From this many bytes on, Node decodes text that isn't ASCII twice as fast with `stream`. */
const LONG = 128;

let wholeDecoder: TextDecoder | undefined;
/** A decoder of its own: in Node, `stream` makes all later calls of a decoder slower for ASCII. */
let streamingDecoder: TextDecoder | undefined;
let decodedBytes = 0;

/** @throws `TypeError` if the bytes aren't valid UTF-8 */
export function decode(bytes: Uint8Array, isAscii: boolean): string {
  if (isAscii && bytes.length <= SHORT && isChromium()) {
    return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
  }
  decodedBytes += bytes.length;
  if (decodedBytes > DECODER_LIFE) {
    wholeDecoder = streamingDecoder = undefined;
    decodedBytes = 0;
  }
  if (isAscii || bytes.length < LONG || !isNode()) {
    wholeDecoder ??= new TextDecoder('utf-8', options);
    return wholeDecoder.decode(bytes);
  }
  const decoder = streamingDecoder ?? new TextDecoder('utf-8', options);
  // After an exception, the decoder's state is unusable.
  streamingDecoder = undefined;
  let text = decoder.decode(bytes, streaming);
  // Throws if the bytes end in the middle of a character, which no ASCII character does.
  if ((bytes[bytes.length - 1] as number) > 0x7f) text += decoder.decode();
  streamingDecoder = decoder;
  return text;
}

/** Creates a decoder that replaces malformed UTF-8 by U+FFFD, for chunks that may end in the middle of a character. */
export function replacingDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}
