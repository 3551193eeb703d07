/** Reads the events of one answer: finds its format, its errors and its end. */

import type { EventSourceMessage } from '../iterate/events.js';
import { Answer, fromJson, isObject, textOf } from './answer.js';
import { CompletionError, toFault } from './completion-error.js';
import { isError, toProviderError } from './provider-error.js';
import type {
  CompletionEvent,
  CompletionFormat,
  CompletionPart,
  CompletionReducer,
  FormatReader,
  Json,
} from './types.js';

/** Characters of a chunk that an error message quotes. */
const QUOTED_LENGTH = 200;

/** Characters of lines outside `data:` that are kept. */
const IGNORED_LENGTH = 65_536;

/** Events that only keep the connection open. */
const KEEP_ALIVE = /^(ping|(keep|still)[-_ ]?alive|heart[-_ ]?beat)$/i;

type OnChunk = (chunk: unknown, event: string | undefined) => void;

export class CompletionReader {
  readonly answer = new Answer();
  readonly #formats: readonly CompletionFormat[];
  readonly #reducer: CompletionReducer | undefined;
  readonly #onChunk: OnChunk | undefined;
  #format: CompletionFormat | undefined;
  #reader: FormatReader | undefined;
  /** Whether a chunk had the format's shape. */
  #isKnown = false;
  /** The first chunk without a known shape, or the last after a known one. */
  #unknown: string | undefined;
  /** Lines outside `data:`. */
  #ignored = '';

  /** One format, or a reducer, needs no recognition. */
  constructor(formats: readonly (CompletionFormat | CompletionReducer)[], onChunk: OnChunk | undefined) {
    const [first] = formats;
    this.#reducer = typeof first === 'function' ? first : undefined;
    this.#formats = this.#reducer ? [] : (formats as CompletionFormat[]);
    this.#onChunk = onChunk;
    if (formats.length === 1) this.#begin(this.#formats[0]);
  }

  /** Takes an event. Throws a `CompletionError` if it isn't JSON. */
  read({ data, event }: EventSourceMessage): void {
    const { answer } = this;
    const text = data.trim();
    const isFailed = isError(undefined, event, false);
    if (text === '[DONE]' && !isFailed) {
      answer.isDone = true;
      return;
    }
    if (text === '' && !isFailed) return;
    let chunk: Json;
    try {
      chunk = JSON.parse(text);
    } catch (cause) {
      chunk = text;
      if (!isFailed && !this.#reducer) {
        if (/^:/.test(text) || KEEP_ALIVE.test(event ?? text) || answer.isFinished) return;
        throw toFault('malformed', `A chunk of the answer isn't JSON: ${quote(text)}`, data, cause);
      }
    }
    answer.chunk = chunk;
    this.#onChunk?.(chunk, event);
    if (this.#reducer) this.#reduce({ event, data: chunk });
    else this.#readChunk(chunk, event, text);
  }

  /** Takes the last event of a stream that ended without a blank line, if it is whole. */
  readUnfinished(message: EventSourceMessage): void {
    if (this.#reducer || message.data.trim() === '[DONE]' || isObject(fromJson(message.data)))
      this.read(message);
  }

  /** Takes a line that isn't an event's: some servers send errors without `data:`. */
  readIgnored(line: string): void {
    const error = /^error: ?(.*)$/i.exec(line)?.[1];
    if (error !== undefined) this.answer.error ??= toProviderError(fromJson(error));
    else if (this.#ignored.length < IGNORED_LENGTH) this.#ignored += `${line}\n`;
  }

  /** The stream has ended: completes the calls. Throws a `CompletionError` if the answer isn't complete. */
  complete(): void {
    const { answer } = this;
    const lines = fromJson(this.#ignored);
    if (isError(lines, undefined, false)) answer.fail(lines);
    this.check();
    const isEnded = answer.isFinished || answer.isDone || this.#reducer;
    if (isEnded) this.#reader?.end?.();
    const raw = (this.#unknown ?? this.#ignored).trim();
    if (!this.#reducer && !this.#isKnown && raw) {
      const names = this.#formats.map(({ name }) => name);
      throw toFault(
        'unrecognized',
        `No chunk had a known shape (${names.join(', ')}). The first: ${quote(raw)}`,
        raw,
      );
    }
    // `[DONE]` alone is no answer.
    if (!answer.isFinished && !(isEnded && answer.hasContent)) {
      throw toFault(
        'cut',
        `The stream ended before the answer did${raw && `. Its last chunk: ${quote(raw)}`}`,
        raw,
      );
    }
  }

  /** Adds the last parts. */
  end(): void {
    const { answer } = this;
    answer.add({ type: 'finish', reason: answer.reason });
    const { counts } = answer;
    if (counts && this.#reader) {
      const [inputTokens, outputTokens] = this.#reader.tokens(counts);
      answer.add({ type: 'usage', usage: { inputTokens, outputTokens, raw: counts } });
    }
  }

  /** Throws what the provider reported. */
  check(): void {
    const { error } = this.answer;
    if (error) throw new CompletionError(error.message, { kind: 'provider', ...error });
  }

  take(): CompletionPart[] {
    const { parts } = this.answer;
    this.answer.parts = [];
    return parts;
  }

  #begin(format: CompletionFormat | undefined): void {
    this.#format = format;
    this.#reader = format?.start(this.answer);
  }

  #readChunk(chunk: Json, event: string | undefined, text: string): void {
    if (!isObject(chunk)) {
      if (isError(chunk, event, false)) this.answer.fail(chunk);
      return;
    }
    if (Array.isArray(chunk)) {
      for (const item of chunk) this.#readChunk(item, event, text);
      return;
    }
    const type = textOf(chunk.type) ?? event;
    const candidates = this.#format ? [this.#format] : this.#formats;
    const format = candidates.find((format) => format.matches(chunk, type));
    if (!this.#reader) this.#begin(format);
    if (format) this.#isKnown = true;
    this.#reader?.read(chunk, type ?? '');
    // An event that is new in a known format may have any member.
    const isKnown = format !== undefined || (this.#isKnown && textOf(chunk.type) !== undefined);
    if (isError(chunk, event, isKnown)) {
      // It takes precedence over an error that the format found.
      this.answer.error = undefined;
      this.answer.fail(chunk);
    }
    if (isKnown || KEEP_ALIVE.test(type ?? '') || Object.keys(chunk).length === 0) return;
    if (this.#isKnown) this.#unknown = text;
    else this.#unknown ??= text;
  }

  #reduce(event: CompletionEvent): void {
    const { answer } = this;
    for (const part of this.#reducer?.(event) ?? []) {
      if (part.type === 'finish') answer.finish(part.reason);
      else answer.add(part);
    }
  }

  message(): Json {
    return this.#reader?.message() ?? { role: 'assistant', content: this.answer.text };
  }
}

function quote(text: string): string {
  return text.length > QUOTED_LENGTH ? `${text.slice(0, QUOTED_LENGTH)}…` : text;
}
