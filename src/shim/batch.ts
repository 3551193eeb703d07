/** A batch of the Rust parser, cut into events. */

/** The columns and kinds of the parser's records (`Record` and `kind` in `src/core/parser.rs`). */
const COLUMNS = 7;
const VALUE = 1;
const TYPE = 3;
const ID = 5;
const DATA_KIND = 1;
const ID_KIND = 2;
/** The kinds of entries that say something besides the ID. */
export const EVENT_KIND = 0;
export const RETRY_KIND = 3;
export const COMMENT_KIND = 4;
export const IGNORED_KIND = 5;
const SETS_ID = 1 << 8;
const SETS_RETRY = 1 << 9;
const KIND_MASK = SETS_ID - 1;

/** Safari's decoder fails after 2 GiB. */
const DECODER_LIFE = 2 ** 31 - 2 ** 20;

/** A decoder of texts, each of which ends at the end of a line: none leaves anything for the next. */
class Decoder {
  readonly #options: TextDecodeOptions;
  #decoder: TextDecoder | undefined;
  #decodedBytes = 0;

  constructor(options: TextDecodeOptions) {
    this.#options = options;
  }

  decode(bytes: Uint8Array): string {
    this.#decodedBytes += bytes.length;
    if (!this.#decoder || this.#decodedBytes > DECODER_LIFE) {
      // `ignoreBOM`: a U+FEFF within the stream is text; the parser has dropped a leading one.
      this.#decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      this.#decodedBytes = bytes.length;
    }
    return this.#decoder.decode(bytes, this.#options);
  }
}

// Node decodes ASCII five times as fast when the text is whole, and all else twice as fast when more is to come. For
// other engines it's the same.
const asciiDecoder = new Decoder({});
const otherDecoder = new Decoder({ stream: true });
let isLikelyAscii = true;

/** The text of a batch. */
export function decode(bytes: Uint8Array): string {
  const text = (isLikelyAscii ? asciiDecoder : otherDecoder).decode(bytes);
  isLikelyAscii = text.length === bytes.length;
  return text;
}

/** So many numbers are copied one by one faster than a typed array is made of them. */
const FEW = 8 * COLUMNS;

/** A copy of records, which lie in memory that is about to change. */
export function copied(numbers: Uint32Array, start = 0, end = numbers.length): ArrayLike<number> {
  if (end - start > FEW) return numbers.slice(start, end);
  const copy: number[] = [];
  for (let index = start; index < end; index++) copy.push(numbers[index] as number);
  return copy;
}

/** What a chunk brought, to be taken entry by entry: one record each, or one event with its lines. */
export class Batch {
  readonly #text: string;
  readonly #records: ArrayLike<number>;
  #row = 0;

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

  /** A batch of views of memory that is about to change. */
  static of(text: Uint8Array, records: Uint32Array): Batch {
    return new Batch(decode(text), copied(records));
  }

  /** Whether everything has been taken. */
  get isEmpty(): boolean {
    return this.#row >= this.#records.length;
  }

  /** How many records there were, and how many there are still. */
  get size(): number {
    return this.#records.length / COLUMNS;
  }
  get rest(): number {
    return (this.#records.length - this.#row) / COLUMNS;
  }

  /** Takes the next entry of a batch that isn't empty, and says of what kind it is. */
  take(): number {
    const records = this.#records;
    const row = this.#row;
    const flags = records[row] as number;
    const kind = flags & KIND_MASK;
    let next = row + COLUMNS;
    this.id = flags & SETS_ID ? this.#cut(row + ID) : undefined;
    if (kind === RETRY_KIND) {
      this.retry = (records[row + VALUE] as number) + (records[row + VALUE + 1] as number) * 2 ** 32;
    } else if (kind !== ID_KIND) {
      this.value = this.#cut(row + VALUE);
      if (kind === EVENT_KIND) {
        this.type = this.#cut(row + TYPE);
        this.setsRetry = (flags & SETS_RETRY) !== 0;
        for (; records[next] === DATA_KIND; next += COLUMNS) this.value += `\n${this.#cut(next + VALUE)}`;
      }
    }
    this.#row = next;
    return kind;
  }

  #cut(column: number): string {
    const start = this.#records[column] as number;
    const end = this.#records[column + 1] as number;
    return start === end ? '' : this.#text.slice(start, end);
  }
}
