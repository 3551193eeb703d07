/** A batch of the Rust parser, cut into events. */

/** The columns and kinds of the parser's records (`Record` and `kind` in `src/core/parser.rs`). */
const COLUMNS = 7;
const VALUE = 1;
const TYPE = 3;
const ID = 5;
const EVENT_KIND = 0;
const DATA_KIND = 1;
const RETRY_KIND = 3;
const COMMENT_KIND = 4;
const IGNORED_KIND = 5;
const SETS_ID = 1 << 8;
const SETS_RETRY = 1 << 9;
const KIND_MASK = SETS_ID - 1;

// `ignoreBOM`: a U+FEFF within the stream is text; the parser has dropped a leading one.
const decoderOptions = { ignoreBOM: true };
let decoder: TextDecoder | undefined;
let decodedBytes = 0;

/** Safari's decoder fails after 2 GiB. */
const DECODER_LIFE = 2 ** 31 - 2 ** 20;

function decode(bytes: Uint8Array): string {
  decodedBytes += bytes.length;
  if (!decoder || decodedBytes > DECODER_LIFE) {
    decoder = new TextDecoder('utf-8', decoderOptions);
    decodedBytes = bytes.length;
  }
  return decoder.decode(bytes);
}

/** One record, or one event with its lines. */
export interface Entry {
  /** The new last event ID, if this sets one. */
  id: string | undefined;
  /** What to dispatch, if there is something. An empty type means `message`. */
  event?: { type: string; data: string; setsRetry: boolean };
  /** A reconnection time in milliseconds, if this is one. */
  retry?: number;
  /** A comment's text, if this is one. */
  comment?: string;
  /** A line that the standard ignores, if this is one. */
  ignored?: string;
}

/** What a chunk brought, to be taken piece by piece. */
export class Batch {
  readonly #text: string;
  readonly #records: Uint32Array;
  #row = 0;

  /** Copies what it needs: the arguments are views of memory that is about to change. */
  constructor(text: Uint8Array, records: Uint32Array) {
    this.#text = decode(text);
    this.#records = records.slice();
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

  /** The next entry of a batch that isn't empty. */
  take(): Entry {
    const records = this.#records;
    const row = this.#row;
    const kind = records[row] as number;
    this.#row += COLUMNS;
    const id = kind & SETS_ID ? this.#cut(row + ID) : undefined;
    if (kind === RETRY_KIND) {
      return { id, retry: (records[row + VALUE] as number) + (records[row + VALUE + 1] as number) * 2 ** 32 };
    }
    if (kind === COMMENT_KIND) return { id, comment: this.#cut(row + VALUE) };
    if (kind === IGNORED_KIND) return { id, ignored: this.#cut(row + VALUE) };
    if ((kind & KIND_MASK) !== EVENT_KIND) return { id };
    let data = this.#cut(row + VALUE);
    for (; records[this.#row] === DATA_KIND; this.#row += COLUMNS)
      data += `\n${this.#cut(this.#row + VALUE)}`;
    return { id, event: { type: this.#cut(row + TYPE), data, setsRetry: (kind & SETS_RETRY) !== 0 } };
  }

  #cut(column: number): string {
    return this.#text.slice(this.#records[column], this.#records[column + 1]);
  }
}
