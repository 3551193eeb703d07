/** A batch of the Rust parser, cut into events. */

/** The columns and kinds of the parser's records (`Record` and `kind` in `src/core/parser.rs`). */
const COLUMNS = 3;
export const EVENT_KIND = 0;
const ID_KIND = 1;
export const RETRY_KIND = 2;
export const COMMENT_KIND = 3;
export const IGNORED_KIND = 4;
const DATA_KIND = 5;
const TYPE_KIND = 6;
const SETS_RETRY = 1 << 8;

/** Safari's decoder fails after 2 GiB. */
const DECODER_LIFE = 2 ** 31 - 2 ** 20;

/** A decoder of texts, each of which ends at the end of a line: none leaves anything for the next. */
class Decoder {
  readonly #settings: TextDecoderOptions;
  readonly #options: TextDecodeOptions | undefined;
  #decoder: TextDecoder | undefined;
  #decodedBytes = 0;

  constructor(settings: TextDecoderOptions, options?: TextDecodeOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  decode(bytes: Uint8Array): string {
    const decoder = this.#decodedBytes > DECODER_LIFE ? undefined : this.#decoder;
    // One that throws has lost its place in the text.
    this.#decoder = undefined;
    this.#decodedBytes = (decoder ? this.#decodedBytes : 0) + bytes.length;
    // `ignoreBOM`: a U+FEFF within the stream is text; the parser has dropped a leading one.
    const used = decoder ?? new TextDecoder('utf-8', { ignoreBOM: true, ...this.#settings });
    const text = used.decode(bytes, this.#options);
    this.#decoder = used;
    return text;
  }
}

// Node decodes ASCII five times as fast when the text is whole, and all else twice as fast when more is to come. In
// Chromium options cost as much as a short text, for others it's the same.
const asciiDecoder = new Decoder({ fatal: true });
const utf8Decoder = new Decoder({ fatal: true }, { stream: true });
const replacingDecoder = new Decoder({});
let isLikelyAscii = true;

/**
 * The text of a batch. The records' places are counted as if it were UTF-8: where it isn't there is no text, so that
 * they are corrected before it is asked for again.
 */
export function decode(bytes: Uint8Array, isCorrected: boolean): string | undefined {
  if (isCorrected) return replacingDecoder.decode(bytes);
  try {
    const text = (isLikelyAscii ? asciiDecoder : utf8Decoder).decode(bytes);
    isLikelyAscii = text.length === bytes.length;
    return text;
  } catch {
    return undefined;
  }
}

/** So many numbers are copied one by one faster than a typed array is made of them. */
const FEW = 20 * COLUMNS;

/** A copy of records, which lie in memory that is about to change. */
export function copied(numbers: Uint32Array, start = 0, end = numbers.length): ArrayLike<number> {
  if (end - start > FEW) return numbers.slice(start, end);
  const copy = new Array<number>(end - start);
  for (let index = start; index < end; index++) copy[index - start] = numbers[index] as number;
  return copy;
}

/** What a chunk brought, to be taken entry by entry: one record each, or one event with its lines. */
export class Batch {
  readonly #text: string;
  readonly #records: ArrayLike<number>;
  #at = 0;

  /** What is known of the entry that was taken last. The new last event ID, if it sets one. */
  id: string | undefined;
  /** An event's type. Empty means `message`. */
  type = '';
  /** An event's data, a comment's text or the line that the standard ignores. */
  value = '';
  /** Whether a reconnection time came in an event's block. */
  setsRetry = false;
  /** A reconnection time in milliseconds. */
  retry = 0;

  constructor(text: string, records: ArrayLike<number>) {
    this.#text = text;
    this.#records = records;
  }

  /** A batch whose records lie in memory that is about to change. */
  static of(text: string, records: Uint32Array): Batch {
    return new Batch(text, copied(records));
  }

  /** Whether everything has been taken. */
  get isEmpty(): boolean {
    return this.#at >= this.#records.length;
  }

  /** How many records there were, and how many there are still. */
  get size(): number {
    return this.#records.length / COLUMNS;
  }
  get rest(): number {
    return (this.#records.length - this.#at) / COLUMNS;
  }

  /** Takes the next entry of a batch that isn't empty, and says of what kind it is. */
  take(): number {
    const text = this.#text;
    const records = this.#records;
    let at = this.#at;
    const flags = records[at] as number;
    const kind = flags & ~SETS_RETRY;
    const start = records[at + 1] as number;
    const end = records[at + 2] as number;
    let id: string | undefined;
    let type = '';
    at += COLUMNS;
    if (kind === RETRY_KIND) {
      this.retry = start + end * 2 ** 32;
    } else {
      let value = text.slice(start, end);
      if (kind === ID_KIND) id = value;
      for (let part = records[at] as number; part >= DATA_KIND; part = records[at] as number) {
        const piece = text.slice(records[at + 1], records[at + 2]);
        if (part === DATA_KIND) value += `\n${piece}`;
        else if (part === TYPE_KIND) type = piece;
        else id = piece;
        at += COLUMNS;
      }
      this.value = value;
    }
    this.#at = at;
    this.id = id;
    this.type = type;
    this.setsRetry = flags !== kind;
    return kind;
  }
}
