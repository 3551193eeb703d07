/**
 * Bytes or text of an event stream, cut anywhere → its events.
 *
 * The Rust scanner finds where fields are; the text stays here. One call of WebAssembly for each chunk.
 */

import { type Core, restoreStack, stackPointer, views } from '../wasm/load.js';
import { decode, replacingDecoder } from './decoder.js';

/** What is called for a stream, in its order. After an exception, the next `feed` goes on with what follows. */
export interface EventSink {
  /**
   * A block of lines ended that has data, an ID or both. `type` is empty for the type `message`; `retry` is the
   * reconnection time that the block has set, in milliseconds.
   */
  onBlock(data: string | undefined, type: string, id: string | undefined, retry: number | undefined): void;
  /** The reconnection time, in milliseconds. */
  onRetry?: ((milliseconds: number) => void) | undefined;
  onComment?: ((comment: string) => void) | undefined;
  /** A line that the standard ignores. */
  onIgnoredLine?: ((line: string) => void) | undefined;
}

/** The kinds of rows, as in `row` in `src/core/scanner.rs`. */
const EVENT = 0;
const END = 1;
const DATA = 2;
const TYPE = 3;
const ID = 4;
const RETRY = 5;
const COMMENT = 6;

/** What a scan returns besides the number of rows, as in `scan` in `src/browser/mod.rs`. */
const ROWS = 0xffff;
const DECODE = 1 << 16;
const IS_ASCII = 1 << 17;
const TOO_LARGE = 1 << 18;
const IS_IN_LINE = 1 << 19;
const IS_IN_EVENT = 1 << 20;

/** The numbers before the rows in the table: their number, the scanned bytes, and the place to keep the text from. */
const HEADER = 3;
const COLUMNS = 3;

/** A scan that gives so many rows may have stopped because the table was full. */
const FULL = 2_046;

/** Up to this many bytes, a loop copies faster than `set`. */
const SHORT = 32;

/** So many lines of data are joined at a time: an event of millions of lines would take many times its size. */
const JOINED_LINES = 1_024;

/** The parser whose bytes are in the window, which all share. */
let owner: EventStreamParser | undefined;

/** Rows, and the text that they are about. */
interface Batch {
  text: string;
  rows: ArrayLike<number>;
}

/** Parses one stream, and after `reset` another. */
export class EventStreamParser {
  readonly #sink: EventSink;
  readonly #scanner: InstanceType<Core['Scanner']>;

  /** Bytes in the window that were not decoded yet. */
  #filled = 0;
  /** Those of them that were scanned, if no more was to be done. */
  #scanned = 0;
  #isInLine = false;
  #isInEvent = false;
  /** The text of the window's bytes is a part of `#pending` already. */
  #isTextKnown = false;
  /** The window's bytes while another parser has the window. */
  #saved: Uint8Array | undefined;
  /** The text from which rows are still to come. */
  #pending = '';
  /** The stream isn't UTF-8: from here on, its bytes are decoded before they are scanned. */
  #decoder: TextDecoder | undefined;
  /** The first half of a surrogate pair at the end of a text. */
  #half = '';

  /** What was found and not delivered yet. */
  readonly #batches: Batch[] = [];
  #at = 0;
  /** What the unfinished block has brought. */
  #lines: string[] = [];
  #joined: string[] = [];
  #type = '';
  #id: string | undefined;
  #retry: number | undefined;

  #isDelivering = false;
  #isTooLarge = false;

  constructor(core: Core, sink: EventSink, maxEventSize: number) {
    this.#sink = sink;
    this.#scanner = new core.Scanner(
      maxEventSize,
      sink.onComment !== undefined,
      sink.onIgnoredLine !== undefined,
    );
  }

  /** Whether a line or an event was longer than the limit. Nothing after it is taken until `reset`. */
  get isTooLarge(): boolean {
    return this.#isTooLarge;
  }

  /** Whether a part of an event has come, and not its end. */
  get isInEvent(): boolean {
    return this.#isInEvent;
  }

  /** Takes the next piece of the stream. When a callback calls this, its piece is delivered after the current one. */
  feed(chunk: string | Uint8Array): void {
    if (!this.#isTooLarge) {
      const pointer = stackPointer();
      try {
        this.#scan(chunk);
      } catch (error) {
        restoreStack(pointer);
        throw error;
      }
    }
    if (this.#batches.length > 0) this.#deliver();
  }

  /** The stream has ended: takes an unfinished line and an unfinished event as if a blank line had followed. */
  finish(): void {
    // A line end of its own first, as a CR may have come.
    this.feed('\n\n\n');
  }

  /** Begins a new stream. With `consume`, an unfinished line is taken as a line before that. */
  reset(consume = false): void {
    if (consume && !this.#isTooLarge && this.#isInLine) this.feed('\n');
    this.#scanner.rewind(true);
    this.#isInLine = this.#isInEvent = false;
    this.#filled = 0;
    this.#pending = this.#half = '';
    this.#saved = undefined;
    this.#decoder = undefined;
    this.#isTextKnown = this.#isTooLarge = false;
    // What was found before is still delivered, but not what is unfinished.
    this.#deliver();
    this.#type = '';
    this.#id = this.#retry = undefined;
    this.#takeLines();
  }

  /** Frees the scanner. Nothing may be called afterwards. */
  free(): void {
    if (owner === this) owner = undefined;
    this.#scanner.free();
  }

  #scan(chunk: string | Uint8Array): void {
    if (typeof chunk === 'string') this.#scanText(chunk);
    else if (this.#decoder) this.#scanWholeText(this.#decoder.decode(chunk, { stream: true }));
    else this.#scanBytes(chunk);
  }

  #scanBytes(chunk: Uint8Array): void {
    if (this.#half) {
      this.#half = '';
      this.#scanWholeText('\ufffd');
    }
    if (this.#isTextKnown) this.#restartWindow();
    const { length } = chunk;
    let offset = 0;
    do {
      const { window } = this.#takeWindow();
      const before = this.#filled;
      const size = Math.min(length - offset, window.length - before);
      if (size > SHORT) {
        window.set(size === length ? chunk : chunk.subarray(offset, offset + size), before);
      } else {
        for (let index = 0; index < size; index++) window[before + index] = chunk[offset + index] as number;
      }
      this.#filled += size;
      // The chunk itself is cheaper to decode than a view of the window.
      let source = before === 0 ? chunk : window;
      let start = before === 0 ? offset : 0;
      offset += size;
      let result: number;
      do {
        result = this.#scanner.scan(this.#filled);
        if (!this.#takeRows(result, source, start)) {
          if (offset < length) this.#scan(chunk.subarray(offset));
          return;
        }
        source = window;
        start = 0;
      } while ((result & ROWS) >= FULL);
    } while (offset < length && !this.#isTooLarge);
  }

  #scanText(chunk: string): void {
    // Bytes of a sequence that isn't complete, and never will be.
    const rest = this.#filled > 0 && !this.#isTextKnown ? this.#restartWindow() : '';
    let text = rest + this.#half + chunk;
    this.#half = '';
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last < 0xdc00) {
      this.#half = text.slice(-1);
      text = text.slice(0, -1);
    }
    this.#scanWholeText(wellFormed(text));
  }

  /** Scans text that doesn't end within a surrogate pair. */
  #scanWholeText(text: string): void {
    const encoder = new TextEncoder();
    for (let offset = 0; offset < text.length && !this.#isTooLarge; ) {
      const { window } = this.#takeWindow();
      this.#isTextKnown = true;
      const rest = offset === 0 ? text : text.slice(offset);
      const { read, written } = encoder.encodeInto(rest, window.subarray(this.#filled));
      this.#pending += read === rest.length ? rest : rest.slice(0, read);
      this.#filled += written;
      offset += read;
      let result: number;
      do {
        result = this.#scanner.scan(this.#filled);
        this.#takeRows(result, window, 0);
      } while ((result & ROWS) >= FULL);
    }
  }

  /**
   * Takes what a scan has found. `source` has the window's bytes from `start` on. False if they aren't UTF-8: then they
   * and all that follow are decoded, with replacements, before they are scanned.
   */
  #takeRows(result: number, source: Uint8Array, start: number): boolean {
    if (result & TOO_LARGE) this.#isTooLarge = true;
    this.#isInLine = (result & IS_IN_LINE) !== 0;
    this.#isInEvent = (result & IS_IN_EVENT) !== 0;
    const { window, table } = views();
    const scanned = table[1] as number;
    this.#scanned = scanned;
    if (!(result & DECODE)) return true;
    let text = this.#pending;
    if (!this.#isTextKnown) {
      const end = start + scanned;
      const bytes = start === 0 && end === source.length ? source : source.subarray(start, end);
      try {
        text += decode(bytes, (result & IS_ASCII) !== 0);
      } catch {
        this.#isTooLarge = false;
        this.#scanWholeText(this.#decodeWindow(window));
        return false;
      }
    }
    const count = (result & ROWS) * COLUMNS;
    if (count > 0) this.#batches.push({ text, rows: copied(table, count) });
    const keepFrom = table[2] as number;
    this.#pending = keepFrom === text.length ? '' : keepFrom === 0 ? text : text.slice(keepFrom);
    const rest = this.#filled - scanned;
    for (let index = 0; index < rest; index++) window[index] = window[scanned + index] as number;
    this.#filled = rest;
    if (rest === 0) this.#isTextKnown = false;
    return true;
  }

  /** The window's bytes, which aren't UTF-8, as text. They count as not scanned. */
  #decodeWindow(window: Uint8Array): string {
    this.#scanner.rewind(false);
    const bytes = window.slice(0, this.#filled);
    this.#filled = 0;
    this.#decoder = replacingDecoder();
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** Takes the text of the window, so that bytes follow text or text follows bytes. Returns what was not scanned. */
  #restartWindow(): string {
    const { window } = this.#takeWindow();
    let rest = '';
    if (!this.#isTextKnown) {
      const scanned = this.#scanned;
      try {
        this.#pending += decode(window.subarray(0, scanned), false);
      } catch {
        return this.#decodeWindow(window);
      }
      // The end of an incomplete sequence.
      if (scanned < this.#filled) rest = replacingDecoder().decode(window.slice(scanned, this.#filled));
    }
    this.#pending = this.#pending.slice(this.#scanner.restartWindow());
    this.#filled = 0;
    this.#isTextKnown = false;
    return rest;
  }

  #takeWindow(): ReturnType<typeof views> {
    const shared = views();
    if (owner !== this) {
      if (owner) owner.#save(shared.window);
      owner = this;
      if (this.#saved) shared.window.set(this.#saved);
      this.#saved = undefined;
    }
    return shared;
  }

  #save(window: Uint8Array): void {
    this.#saved = this.#filled > 0 ? window.slice(0, this.#filled) : undefined;
  }

  /** Calls back for all that was found. After an exception, the next call goes on with what follows. */
  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      for (let batch = this.#batches[0]; batch; batch = this.#batches[0]) {
        this.#deliverBatch(batch);
        this.#batches.shift();
        this.#at = 0;
      }
    } finally {
      this.#isDelivering = false;
    }
  }

  #deliverBatch({ text, rows }: Batch): void {
    const sink = this.#sink;
    for (let at = this.#at; at < rows.length; ) {
      const kind = rows[at] as number;
      const start = rows[at + 1] as number;
      const end = rows[at + 2] as number;
      at += COLUMNS;
      // Before anything is called that may throw.
      this.#at = at;
      switch (kind) {
        case EVENT:
          this.#endBlock(text.slice(start, end));
          break;
        case END:
          this.#endBlock(this.#takeLines());
          break;
        case DATA:
          this.#lines.push(text.slice(start, end));
          if (this.#lines.length === JOINED_LINES) this.#joined.push(this.#lines.splice(0).join('\n'));
          break;
        case TYPE:
          this.#type = text.slice(start, end);
          break;
        case ID:
          this.#id = text.slice(start, end);
          break;
        case RETRY:
          this.#retry = start + end * 2 ** 32;
          sink.onRetry?.(this.#retry);
          break;
        case COMMENT:
          sink.onComment?.(text.slice(start, end));
          break;
        default:
          sink.onIgnoredLine?.(text.slice(start, end));
      }
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

  /** The lines of data with a line feed between them, if there are any. */
  #takeLines(): string | undefined {
    const lines = this.#joined.concat(this.#lines);
    this.#joined = [];
    this.#lines = [];
    return lines.length > 0 ? lines.join('\n') : undefined;
  }
}

/** Lone surrogates replaced, as in UTF-8. Older platforms lack the method. */
function wellFormed(text: string): string {
  const method = (text as { toWellFormed?(): string }).toWellFormed;
  if (method) return method.call(text);
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (match) =>
    match.length === 2 ? match : '\ufffd',
  );
}

/** Up to so many numbers are copied one by one faster than a typed array is made of them. */
const FEW = 20 * COLUMNS;

/** A copy of rows, which the next scan writes over. */
function copied(table: Uint32Array, count: number): ArrayLike<number> {
  if (count > FEW) return table.slice(HEADER, HEADER + count);
  const copy = new Array<number>(count);
  for (let index = 0; index < count; index++) copy[index] = table[HEADER + index] as number;
  return copy;
}
