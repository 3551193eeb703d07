/**
 * Parses an event stream that is fed in chunks of bytes or text.
 *
 * The Rust scanner finds the positions of fields, in one call for each chunk. The text stays in JavaScript.
 */

import {
  freeScanner,
  newScanner,
  restartWindow,
  restoreStack,
  rewind,
  scan,
  stackPointer,
  views,
  WINDOW_SIZE,
} from '../wasm/load.js';
import { Batches, type EventSink, saveRows } from './batch.js';
import { decode, replacingDecoder } from './decoder.js';

/** The bits of a scan's result: the number of rows, and those of `found` in `src/browser/mod.rs`. */
const ROWS = 0xffff;
const DECODE = 1 << 16;
const IS_ASCII = 1 << 17;
const TOO_LARGE = 1 << 18;
const IS_IN_LINE = 1 << 19;
const IS_IN_EVENT = 1 << 20;

/** A scan with this many rows may have stopped because the table was full. */
const FULL = 2_046;

/** The parser whose bytes are in the window, which all parsers share. */
let owner: EventStreamParser | undefined;

/** Frees the scanners of parsers that were garbage-collected. Some runtimes lack the registry. */
const scanners =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<number>((scanner) => freeScanner(scanner));

/** Parses one stream, or several with `reset` between them. */
export class EventStreamParser {
  /** The address of the Rust scanner. */
  readonly #scanner: number;
  readonly #batches: Batches;

  /** The number of bytes in the window that were not decoded yet. */
  #filled = 0;
  /** How many of them were scanned. */
  #scanned = 0;
  /** The result of the last scan. */
  #result = 0;
  /** Whether the window's bytes are encoded text that is already part of `#pending`. */
  #isTextKnown = false;
  /** The window's bytes while another parser uses the window. */
  #saved: ArrayLike<number> = [];
  /** The text from the start of the unfinished line or event on. */
  #pending = '';
  /** Set after malformed UTF-8: from there on, bytes are decoded before they are scanned. */
  #decoder: TextDecoder | undefined;
  /** The first half of a surrogate pair at the end of the last string. */
  #half = '';

  constructor(sink: EventSink, maxEventSize: number) {
    this.#batches = new Batches(sink);
    this.#scanner = newScanner(maxEventSize, !!sink.onComment, !!sink.onIgnoredLine);
    scanners?.register(this, this.#scanner, this);
  }

  /** Whether a line or an event exceeded the limit. Everything after it is ignored until `reset`. */
  get isTooLarge(): boolean {
    return (this.#result & TOO_LARGE) !== 0;
  }

  /** Whether there is an unfinished event. */
  get isInEvent(): boolean {
    return (this.#result & IS_IN_EVENT) !== 0;
  }

  /** Scans the next chunk of the stream, and delivers the events that it completes. */
  feed(chunk: string | Uint8Array): void {
    this.scan(chunk);
    this.deliver();
  }

  /** Scans the next chunk of the stream. Throws only if the core traps. */
  scan(chunk: string | Uint8Array): void {
    if (this.isTooLarge) return;
    const pointer = stackPointer();
    if (owner !== this) this.#takeWindow();
    try {
      if (typeof chunk === 'string') this.#scanText(chunk);
      else this.#scanBytes(chunk);
    } catch (error) {
      restoreStack(pointer);
      throw error;
    }
  }

  /**
   * Calls the sink for everything that was scanned but not delivered yet. Rethrows an exception of a callback; the next
   * call continues after it. A chunk that a callback feeds is delivered after the current one.
   */
  deliver(): void {
    this.#batches.deliver();
  }

  /** Ends the stream. An unfinished event is delivered as if a blank line had followed. */
  finish(): void {
    // Three line feeds: after a CR, the first one belongs to the same line end.
    this.feed('\n\n\n');
  }

  /**
   * Begins a new stream. With `consume`, an unfinished line is ended first. Rows that were found before can still be
   * delivered. An unfinished event is dropped.
   */
  reset(consume = false): void {
    if (consume) {
      // Text ends an incomplete UTF-8 sequence.
      this.scan('');
      if (this.#half || this.#result & IS_IN_LINE) this.scan('\n');
    }
    rewind(this.#scanner, true);
    this.#result = this.#filled = 0;
    this.#pending = this.#half = '';
    this.#decoder = undefined;
    this.#isTextKnown = false;
    this.#batches.reset();
  }

  /** Frees the scanner. Nothing may be called afterwards. */
  free(): void {
    if (owner === this) owner = undefined;
    scanners?.unregister(this);
    freeScanner(this.#scanner);
  }

  #scanBytes(chunk: Uint8Array): void {
    if (this.#half) {
      this.#half = '';
      this.#scanWholeText('\ufffd');
    }
    if (this.#decoder) {
      this.#scanWholeText(this.#decoder.decode(chunk, { stream: true }));
      return;
    }
    if (this.#isTextKnown) this.#restartWindow();
    const { length } = chunk;
    for (let offset = 0; offset < length && !this.isTooLarge; ) {
      const { window } = views();
      const before = this.#filled;
      const start = offset;
      const size = Math.min(length - start, WINDOW_SIZE - before);
      window.set(size === length ? chunk : chunk.subarray(start, start + size), before);
      this.#filled = before + size;
      offset += size;
      // The chunk itself is cheaper to decode than a view of the window.
      if (before === 0 ? this.#scanWindow(chunk, start) : this.#scanWindow(window, 0)) continue;
      this.#scanBytes(chunk.subarray(offset));
      return;
    }
  }

  #scanText(chunk: string): void {
    // Bytes of a UTF-8 sequence that text can't complete.
    let text = this.#filled > 0 && !this.#isTextKnown ? this.#restartWindow() : '';
    if (this.#decoder) text += this.#decoder.decode();
    text += this.#half + chunk;
    this.#half = '';
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last < 0xdc00) {
      this.#half = text.slice(-1);
      text = text.slice(0, -1);
    }
    this.#scanWholeText(wellFormed(text));
  }

  /** Scans text that doesn't end in the middle of a surrogate pair. */
  #scanWholeText(text: string): void {
    const encoder = new TextEncoder();
    for (let offset = 0; offset < text.length && !this.isTooLarge; ) {
      const { window } = views();
      this.#isTextKnown = true;
      const rest = offset === 0 ? text : text.slice(offset);
      const { read, written } = encoder.encodeInto(rest, window.subarray(this.#filled));
      this.#pending += read === rest.length ? rest : rest.slice(0, read);
      this.#filled += written;
      offset += read;
      this.#scanWindow(window, 0);
    }
  }

  /**
   * Scans the new bytes of the window, and adds the rows that are found. `source` has the window's bytes from `start` on.
   * Returns false if they are malformed UTF-8: then they and all later bytes are decoded, with replacements, before
   * they are scanned.
   */
  #scanWindow(source: Uint8Array, start: number): boolean {
    for (;;) {
      saveRows();
      const result = scan(this.#scanner, this.#filled);
      this.#result = result;
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
          this.#scanWholeText(this.#decodeWindow(window));
          return false;
        }
      }
      const count = result & ROWS;
      if (count > 0) this.#batches.add(text, count);
      const keepFrom = table[2] as number;
      this.#pending = keepFrom === text.length ? '' : keepFrom === 0 ? text : text.slice(keepFrom);
      const rest = this.#filled - scanned;
      if (rest > 0) window.copyWithin(0, scanned, this.#filled);
      this.#filled = rest;
      this.#scanned = 0;
      if (rest === 0) this.#isTextKnown = false;
      if (count < FULL) return true;
      source = window;
      start = 0;
    }
  }

  /** Decodes the window's bytes, which are malformed UTF-8, with replacements. They count as not scanned. */
  #decodeWindow(window: Uint8Array): string {
    rewind(this.#scanner, false);
    this.#result = 0;
    const bytes = window.slice(0, this.#filled);
    this.#filled = 0;
    this.#decoder = replacingDecoder();
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** Empties the window when bytes follow text or text follows bytes. Returns the text that was not scanned. */
  #restartWindow(): string {
    const { window } = views();
    let rest = '';
    if (!this.#isTextKnown) {
      const scanned = this.#scanned;
      try {
        this.#pending += decode(window.subarray(0, scanned), false);
      } catch {
        return this.#decodeWindow(window);
      }
      // An incomplete sequence at the end.
      if (scanned < this.#filled) rest = replacingDecoder().decode(window.slice(scanned, this.#filled));
    }
    this.#pending = this.#pending.slice(restartWindow(this.#scanner));
    this.#filled = 0;
    this.#isTextKnown = false;
    return rest;
  }

  /** Saves the bytes of the window's owner, and restores this parser's bytes. */
  #takeWindow(): void {
    const { window } = views();
    if (owner) owner.#saved = window.slice(0, owner.#filled);
    owner = this;
    window.set(this.#saved);
  }
}

/** Replaces lone surrogates by U+FFFD. Older platforms lack the method. */
function wellFormed(text: string): string {
  const method = (text as { toWellFormed?(): string }).toWellFormed;
  if (method) return method.call(text);
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (match) =>
    match.length === 2 ? match : '\ufffd',
  );
}
