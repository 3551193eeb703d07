/** Reads the events of one answer: recognizes its format, its errors and its end. */

import type { EventSourceMessage } from '../iterate/events.js';
import { Answer } from './answer.js';
import { CompletionError, toFault } from './completion-error.js';
import { fromJson, isObject, textOf } from './json.js';
import { isError, toProviderError } from './provider-error.js';
import type { CompletionFormat, CompletionReducer, FormatReader, Json, PartValue } from './types.js';

/** How many characters of lines outside `data:` are stored. */
const IGNORED_LENGTH = 65_536;

/** Empty data, or the marker of the end of a stream. */
const END = /^("?\[done\]"?)?$/i;

/** Events that only keep the connection open. */
const KEEP_ALIVE = /^(ping|.*alive|heart.?beat)$/i;

/** Reads one answer. */
export interface CompletionReader {
  readonly answer: Answer;
  /** Call it before the first event. A single format, or a reducer, is used without recognition. */
  setFormats(formats: readonly (CompletionFormat | CompletionReducer)[]): void;
  /** Reads an event. Throws a `CompletionError` if it isn't JSON. */
  read(message: EventSourceMessage): void;
  /** Reads the last event of a stream that ended without a blank line, if it is complete JSON. */
  readUnfinished(message: EventSourceMessage): void;
  /** Reads a line that the standard ignores: some servers send errors without `data:`. */
  readIgnored(line: string): void;
  /** Completes the calls at the end of the stream. Throws a `CompletionError` if the answer isn't complete. */
  complete(): void;
  /** Adds the last parts. */
  end(): void;
  /** The assistant message in the provider's request format. */
  message(): Json;
}

/** Reasons for an end in the middle of an answer. */
const CUT =
  /length|max|limit|window|filter|safety|recitation|refus|incomplete|insufficient|timeout|abort|cancel|sensitive/i;

/** The beginning of a chunk, for error messages. */
const quote = (text: string) => text.slice(0, 200);

/** Whether the first line is a chunk: some servers leave out the blank line between events. */
const beginsWhole = (text: string) => isObject(fromJson(text.split('\n')[0]));

export function createReader(
  onChunk: ((chunk: unknown, event: string | undefined) => void) | undefined,
): CompletionReader {
  const answer = new Answer();
  let reduce: CompletionReducer | undefined;
  let candidates: readonly CompletionFormat[] = [];
  let reader: FormatReader | undefined;
  /** The usage that the user's function has returned. */
  let usage: PartValue | undefined;
  /** Whether a chunk had the format's shape. */
  let isKnown = false;
  /** The first chunk without a known shape, or the last after a known one. */
  let unknown = '';
  /** Lines outside `data:`. */
  let ignored = '';

  const begin = (format: CompletionFormat) => {
    candidates = [format];
    reader = format.start(answer);
  };

  const readChunk = (chunk: Json, event: string | undefined, text: string) => {
    if (Array.isArray(chunk)) {
      for (const item of chunk) readChunk(item, event, text);
      return;
    }
    const type = textOf(chunk?.type) ?? event ?? '';
    const format = isObject(chunk) && candidates.find((format) => format.matches(chunk, type));
    if (!reader && format) begin(format);
    isKnown ||= Boolean(format);
    if (isObject(chunk)) reader?.read(chunk, type);
    // A known format may get new types of chunks, whose members aren't known.
    const isExpected = format || (isKnown && textOf(chunk?.type));
    if (isError(chunk, event, Boolean(isExpected))) {
      // This error takes precedence over one that the format has found.
      answer.error = undefined;
      answer.fail(chunk);
    }
    if (isExpected || !isObject(chunk) || KEEP_ALIVE.test(type) || Object.keys(chunk).length === 0) return;
    if (isKnown || !unknown) unknown = text;
  };

  const read = ({ data, event }: EventSourceMessage) => {
    const text = data.trim();
    const isFailed = isError(undefined, event);
    // An event without data may be the end for the user's function, unless it has no name either.
    const isNamed = reduce && text === '' && event !== undefined && !KEEP_ALIVE.test(event);
    if (!isFailed && !isNamed && END.test(text)) {
      answer.isDone ||= text !== '';
      return;
    }
    let chunk: Json = reduce ? data : text;
    try {
      chunk = JSON.parse(text);
    } catch (cause) {
      if (!isFailed && !reduce) {
        if (beginsWhole(text)) {
          for (const data of text.split('\n')) read({ data, event });
          return;
        }
        if (/^:/.test(text) || KEEP_ALIVE.test(event ?? text) || answer.isFinished) return;
        throw toFault('malformed', `A chunk of the answer isn't JSON: ${quote(text)}`, data, cause);
      }
    }
    answer.chunk = chunk;
    onChunk?.(chunk, event);
    if (!reduce) {
      // Some gateways encode the chunk twice.
      readChunk(fromJson(chunk), event, text);
      return;
    }
    for (const part of reduce({ event, data: chunk }) ?? []) {
      if (part.type === 'finish') answer.finish(part.reason);
      else if (part.type === 'usage') usage = part;
      // A copy, because the function may return the same object again.
      else answer.add({ ...part });
    }
  };

  return {
    answer,
    setFormats: (formats) => {
      const [first] = formats;
      if (typeof first === 'function') reduce = first;
      else candidates = formats as readonly CompletionFormat[];
      if (candidates.length === 1) begin(candidates[0] as CompletionFormat);
    },
    read,
    readUnfinished: (message) => {
      const { data } = message;
      const value = fromJson(data);
      // Data of the user's function may be any text, but not the beginning of JSON.
      const isWhole = reduce
        ? value !== data || !/^\s*[{["]/.test(data)
        : isObject(fromJson(value)) || beginsWhole(data);
      if (isWhole || END.test(data.trim())) read(message);
    },
    readIgnored: (line) => {
      const error = /^error: ?(.*)$/i.exec(line)?.[1];
      if (error !== undefined) answer.error ??= toProviderError(fromJson(error));
      else if (ignored.length < IGNORED_LENGTH) ignored += `${line}\n`;
    },
    complete: () => {
      const lines = fromJson(ignored);
      if (isError(lines)) answer.fail(lines);
      const { error } = answer;
      if (error) throw new CompletionError(error.message, { kind: 'provider', ...error });
      const isEnded = answer.isFinished || answer.isDone || reduce;
      if (isEnded) {
        reader?.end?.();
        const { reason, unsureCall: call } = answer;
        if (call && (reason ? CUT.test(reason) : call.arguments && !call.kind)) {
          const end = reason ? ` ended with "${reason}"` : ' ended';
          const text = `The answer${end} in the middle of a call of "${call.name}": ${quote(call.arguments)}`;
          throw toFault('cut', text, call);
        }
        answer.addUnsure();
      }
      const raw = (unknown || ignored).trim();
      if (!reduce && !isKnown && raw) {
        const names = candidates.map(({ name }) => name);
        throw toFault(
          'unrecognized',
          `No chunk had a known shape (${names.join(', ')}). The first: ${quote(raw)}`,
          raw,
        );
      }
      // `[DONE]` without content isn't an answer.
      if (!answer.isFinished && !(isEnded && answer.hasContent)) {
        const last = raw && `. Its last chunk: ${quote(raw)}`;
        throw toFault('cut', `The stream ended before the answer did${last}`, raw);
      }
    },
    end: () => {
      answer.add({ type: 'finish', reason: answer.reason });
      if (usage) answer.add({ ...usage });
      const raw = answer.counts;
      if (!raw || !reader) return;
      const [inputTokens, output, total] = reader
        .tokens(raw)
        .map((count): number | undefined => (Number.isFinite(count) ? count : undefined));
      // Input and output add up to the provider's total.
      const rest = (total || Number.NaN) - (inputTokens ?? Number.NaN);
      answer.add({
        type: 'usage',
        usage: { inputTokens, outputTokens: rest > 0 || (rest === 0 && !output) ? rest : output, raw },
      });
    },
    message: () => reader?.message() ?? { role: 'assistant', content: answer.text },
  };
}
