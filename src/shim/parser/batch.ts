/** Converts rows of the scanner and their text into calls of a sink, in stream order. */

import { views } from '../wasm/load.js';

/** Callbacks for one stream. If a callback throws, the next `deliver` continues with the following row. */
export interface EventSink {
  /**
   * Called at the end of a block with data, an ID or both. `type` is empty for the type `message`. `retry` is the
   * reconnection time that the block has set, in milliseconds.
   */
  onBlock(data: string | undefined, type: string, id: string | undefined, retry: number | undefined): void;
  /** Called with the reconnection time, in milliseconds. */
  onRetry?: ((milliseconds: number) => void) | undefined;
  onComment?: ((comment: string) => void) | undefined;
  /** Called with each line that the standard ignores. */
  onIgnoredLine?: ((line: string) => void) | undefined;
}

/** The kinds of rows, as in `row` in `src/core/table.rs`. An enum, because bundlers inline its numbers. */
enum Row {
  Event = 0,
  End = 1,
  Data = 2,
  Type = 3,
  Id = 4,
  Retry = 5,
  Comment = 6,
  Ignored = 7,
  /** A new stream begins: the unfinished block is dropped. Not sent by the scanner. */
  Reset = 8,
}

/**
 * How many numbers precede the rows in the table: the row count, the scanned bytes, and where the text to keep begins.
 */
const HEADER = 3;
const COLUMNS = 3;

/** How many lines of data are joined at a time: millions of separate strings would need many times the event's size. */
const JOINED_LINES = 1_024;

/** Rows that were found before earlier ones were delivered, and their text. */
interface Batch {
  text: string;
  rows: ArrayLike<number>;
}

/** The stream whose rows are in the table, which all parsers share. */
let inTable: Batches | undefined;

/** Copies rows that are still in the table. Called before each scan, which overwrites them. */
export function saveRows(): void {
  inTable?.save();
}

/** The undelivered rows of one stream, and its unfinished block. */
export class Batches {
  readonly #sink: EventSink;
  // The batch that is delivered. Usually, its rows stay in the table.
  #text = '';
  #rows: ArrayLike<number> | undefined;
  /** The index of the next row. */
  #at = 0;
  #end = 0;
  /** The batches after it. */
  readonly #waiting: Batch[] = [];
  #isDelivering = false;

  // The unfinished block.
  #lines: string[] = [];
  #joined: string[] = [];
  #type = '';
  #id: string | undefined;
  #retry: number | undefined;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Adds the rows in the table. */
  add(text: string, count: number): void {
    const end = HEADER + count * COLUMNS;
    if (this.#at < this.#end || this.#waiting.length > 0) {
      this.#waiting.push({ text, rows: views().table.slice(HEADER, end) });
      return;
    }
    inTable = this;
    this.#text = text;
    this.#rows = undefined;
    this.#at = HEADER;
    this.#end = end;
  }

  /** Copies the rows that are still in the table. */
  save(): void {
    inTable = undefined;
    if (this.#at === this.#end) return;
    this.#rows = views().table.slice(this.#at, this.#end);
    this.#end -= this.#at;
    this.#at = 0;
  }

  /** A new stream begins after the rows that were added before. */
  reset(): void {
    this.#waiting.push({ text: '', rows: [Row.Reset, 0, 0] });
  }

  /** Calls the sink for all rows, and for those that are added meanwhile. */
  deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      do {
        while (this.#at < this.#end) {
          const text = this.#text;
          // The memory may have grown since the last row.
          const rows = this.#rows ?? views().table;
          const at = this.#at;
          // Advance first: the sink may throw.
          this.#at = at + COLUMNS;
          const kind = rows[at] as number;
          const start = rows[at + 1] as number;
          const end = rows[at + 2] as number;
          if (kind === Row.Event) this.#endBlock(text.slice(start, end));
          else this.#take(text, kind, start, end);
        }
      } while (this.#takeNext());
    } finally {
      this.#isDelivering = false;
    }
  }

  /** Makes the next batch the one that is delivered. Returns false if there is none. */
  #takeNext(): boolean {
    this.#text = '';
    if (this.#waiting.length === 0) return false;
    const { text, rows } = this.#waiting.shift() as Batch;
    this.#text = text;
    this.#rows = rows;
    this.#at = 0;
    this.#end = rows.length;
    return true;
  }

  #take(text: string, kind: number, start: number, end: number): void {
    switch (kind) {
      case Row.End:
        this.#endBlock(this.#takeLines());
        break;
      case Row.Data:
        this.#lines.push(text.slice(start, end));
        if (this.#lines.length === JOINED_LINES) this.#joined.push(this.#lines.splice(0).join('\n'));
        break;
      case Row.Type:
        this.#type = text.slice(start, end);
        break;
      case Row.Id:
        this.#id = text.slice(start, end);
        break;
      case Row.Retry:
        this.#retry = start + end * 2 ** 32;
        this.#sink.onRetry?.(this.#retry);
        break;
      case Row.Comment:
        this.#sink.onComment?.(text.slice(start, end));
        break;
      case Row.Ignored:
        this.#sink.onIgnoredLine?.(text.slice(start, end));
        break;
      default:
        this.#type = '';
        this.#id = this.#retry = undefined;
        this.#takeLines();
    }
  }

  #endBlock(data: string | undefined): void {
    const type = this.#type;
    const id = this.#id;
    const retry = this.#retry;
    this.#type = '';
    this.#id = this.#retry = undefined;
    if (data !== undefined || id !== undefined) this.#sink.onBlock(data, type, id, retry);
  }

  /** Joins the lines of data with line feeds, if there are any. */
  #takeLines(): string | undefined {
    const lines = this.#joined.concat(this.#lines);
    this.#joined = [];
    this.#lines = [];
    return lines.length > 0 ? lines.join('\n') : undefined;
  }
}
