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

/**
 * The undelivered rows of one stream, and its unfinished block.
 *
 * Its members are private by type only: with `#`, Firefox takes 12 % longer.
 */
export class Batches {
  private readonly _sink: EventSink;
  // The batch that is delivered. Usually, its rows stay in the table.
  private _text = '';
  private _rows: ArrayLike<number> | undefined;
  /** The index of the next row. */
  private _at = 0;
  private _end = 0;
  /** The batches after it. */
  private readonly _waiting: Batch[] = [];
  private _isDelivering = false;

  // The unfinished block.
  private _lines: string[] = [];
  private _joined: string[] = [];
  private _type = '';
  private _id: string | undefined;
  private _retry: number | undefined;

  constructor(sink: EventSink) {
    this._sink = sink;
  }

  /** Adds the rows in the table. */
  add(text: string, count: number): void {
    const end = HEADER + count * COLUMNS;
    if (this._at < this._end || this._waiting.length > 0) {
      this._waiting.push({ text, rows: views().table.slice(HEADER, end) });
      return;
    }
    inTable = this;
    this._text = text;
    this._rows = undefined;
    this._at = HEADER;
    this._end = end;
  }

  /** Copies the rows that are still in the table. */
  save(): void {
    inTable = undefined;
    if (this._at === this._end) return;
    this._rows = views().table.slice(this._at, this._end);
    this._end -= this._at;
    this._at = 0;
  }

  /** A new stream begins after the rows that were added before. */
  reset(): void {
    this._waiting.push({ text: '', rows: [Row.Reset, 0, 0] });
  }

  /** Calls the sink for all rows, and for those that are added meanwhile. */
  deliver(): void {
    if (this._isDelivering) return;
    this._isDelivering = true;
    try {
      do {
        const text = this._text;
        const rows = this._rows ?? views().table;
        const end = this._end;
        // Until the sink has had the rows copied, or the memory has grown.
        for (let at = this._at; at < end && at === this._at && rows[at] !== undefined; ) {
          const kind = rows[at] as number;
          const start = rows[at + 1] as number;
          const stop = rows[at + 2] as number;
          // Advance first: the sink may throw.
          at += COLUMNS;
          this._at = at;
          if (kind === Row.Event) this._endBlock(text.slice(start, stop));
          else this._take(text, kind, start, stop);
        }
      } while (this._at < this._end || this._takeNext());
    } finally {
      this._isDelivering = false;
    }
  }

  /** Makes the next batch the one that is delivered. Returns false if there is none. */
  private _takeNext(): boolean {
    this._text = '';
    if (this._waiting.length === 0) return false;
    const { text, rows } = this._waiting.shift() as Batch;
    this._text = text;
    this._rows = rows;
    this._at = 0;
    this._end = rows.length;
    return true;
  }

  private _take(text: string, kind: number, start: number, end: number): void {
    switch (kind) {
      case Row.End:
        this._endBlock(this._takeLines());
        break;
      case Row.Data:
        this._lines.push(text.slice(start, end));
        if (this._lines.length === JOINED_LINES) this._joined.push(this._lines.splice(0).join('\n'));
        break;
      case Row.Type:
        this._type = text.slice(start, end);
        break;
      case Row.Id:
        this._id = text.slice(start, end);
        break;
      case Row.Retry:
        this._retry = start + end * 2 ** 32;
        this._sink.onRetry?.(this._retry);
        break;
      case Row.Comment:
        this._sink.onComment?.(text.slice(start, end));
        break;
      case Row.Ignored:
        this._sink.onIgnoredLine?.(text.slice(start, end));
        break;
      default:
        this._type = '';
        this._id = this._retry = undefined;
        this._takeLines();
    }
  }

  private _endBlock(data: string | undefined): void {
    const type = this._type;
    const id = this._id;
    const retry = this._retry;
    this._type = '';
    this._id = this._retry = undefined;
    if (data !== undefined || id !== undefined) this._sink.onBlock(data, type, id, retry);
  }

  /** Joins the lines of data with line feeds, if there are any. */
  private _takeLines(): string | undefined {
    const lines = this._joined.length > 0 ? this._joined.concat(this._lines) : this._lines;
    if (lines.length === 0) return undefined;
    this._joined = [];
    this._lines = [];
    return lines.join('\n');
  }
}
