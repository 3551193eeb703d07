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

/** The rows of one scan. */
interface Batch {
  text: string;
  /** The rows, unless they are still in the table. */
  rows: ArrayLike<number> | undefined;
  /** The index of the next row. */
  at: number;
  end: number;
  next: Batch | undefined;
}

/** The batch whose rows are in the table, which all parsers share. */
let inTable: Batch | undefined;

/** Copies rows that are still in the table. Called before each scan, which overwrites them. */
export function saveRows(): void {
  const batch = inTable;
  if (!batch) return;
  inTable = undefined;
  batch.rows = views().table.slice(batch.at, batch.end);
  batch.end -= batch.at;
  batch.at = 0;
}

/** The undelivered rows of one stream, and its unfinished block. */
export class Batches {
  readonly #sink: EventSink;
  #first: Batch | undefined;
  #last: Batch | undefined;
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
    inTable = this.#push({
      text,
      rows: undefined,
      at: HEADER,
      end: HEADER + count * COLUMNS,
      next: undefined,
    });
  }

  /** Begins a new stream after the rows that were added before. */
  reset(): void {
    this.#push({ text: '', rows: [Row.Reset, 0, 0], at: 0, end: COLUMNS, next: undefined });
  }

  /** Calls the sink for all rows, including those that are added by its callbacks. */
  deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      for (let batch = this.#first; batch; batch = this.#first) {
        const { text } = batch;
        while (batch.at < batch.end) {
          const rows = batch.rows ?? views().table;
          const { at } = batch;
          // Advance first, because the sink may throw.
          batch.at = at + COLUMNS;
          const kind = rows[at] as number;
          const start = rows[at + 1] as number;
          const end = rows[at + 2] as number;
          if (kind === Row.Event) this.#endBlock(text.slice(start, end));
          else this.#take(text, kind, start, end);
        }
        if (inTable === batch) inTable = undefined;
        this.#first = batch.next;
      }
    } finally {
      this.#isDelivering = false;
    }
  }

  #push(batch: Batch): Batch {
    if (this.#first) (this.#last as Batch).next = batch;
    else this.#first = batch;
    this.#last = batch;
    return batch;
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
