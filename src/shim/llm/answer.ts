/** The state of one answer. Formats write into it. */

import { toFault } from './completion-error.js';
import { isObject, textOf } from './json.js';
import { type ProviderError, toProviderError } from './provider-error.js';
import type { CompletionPart, Json, PartValue, ToolCall, Usage } from './types.js';

/** A call whose arguments are still streaming. */
export interface OpenCall extends ToolCall {
  readonly index: number;
}

/** The answer that a format builds, chunk by chunk. */
export class Answer {
  /** The parts that the reader hasn't taken yet. */
  readonly parts: CompletionPart[] = [];
  /** The chunk that is being read. */
  chunk: unknown;
  /** The provider's ID of the answer. */
  id: string | undefined;
  text = '';
  reasoning = '';
  readonly toolCalls: ToolCall[] = [];
  counts: Record<string, unknown> | undefined;
  error: ProviderError | undefined;
  /** The provider said that the answer ended. */
  isFinished = false;
  /** Nothing follows. */
  isDone = false;
  reason: string | undefined;
  usage: Usage | undefined;
  /** Whether any part but pieces of calls was added. */
  hasContent = false;
  readonly #blocks: { text?: unknown; reasoning?: unknown } = {};
  #calls = 0;

  /** Makes the error of an incomplete answer. A method, so that lazily loaded code has no file in common with `completion`. */
  readonly fault = toFault;

  add(part: PartValue): void {
    const { type, ...rest } = part;
    if (type === 'text' || type === 'reasoning') this[type] += part.text;
    if (type === 'tool-call') this.toolCalls.push(rest as ToolCall);
    if (type === 'usage') this.usage = part.usage;
    if (type !== 'tool-call-delta') this.hasContent = true;
    this.parts.push(Object.defineProperty(part, 'raw', { value: this.chunk }));
  }

  /** A piece of text or reasoning. Two line feeds separate different blocks. */
  write(type: 'text' | 'reasoning', value: unknown, block: unknown = 0): void {
    const text = textOf(value);
    if (!text) return;
    const before = this.#blocks[type] ?? block;
    this.#blocks[type] = block;
    if (before !== block) this.add({ type, text: '\n\n' });
    this.add({ type, text });
  }

  /** A call whose arguments follow. */
  open(id: unknown, name: unknown, kind?: string): OpenCall {
    const call = { index: this.#calls++, id: textOf(id), name: textOf(name) ?? '', arguments: '' };
    return kind ? { ...call, kind } : call;
  }

  /** A piece of a call's arguments. */
  grow(call: OpenCall, delta: string): void {
    call.arguments += delta;
    this.add({ type: 'tool-call-delta', ...call, delta });
  }

  /** A call is complete. Without a name it can't be answered. */
  close({ index: _, ...call }: OpenCall): void {
    if (call.name)
      this.add({ type: 'tool-call', ...call, arguments: call.arguments || (call.kind ? '' : '{}') });
  }

  other(name: string, value: unknown): void {
    this.add({ type: 'other', name, value });
  }

  /** The answer has ended: the `finish` part follows when the stream ends too. */
  finish(reason: unknown): void {
    this.isFinished = true;
    this.reason = textOf(reason) ?? this.reason;
  }

  /** Later counts complete or correct earlier ones; a zero corrects nothing. */
  count(counts: Json): void {
    const known = Object.entries(isObject(counts) ? counts : {}).filter(([, value]) => value || value === 0);
    if (known.length === 0) return;
    // An earlier total doesn't fit newer counts.
    const before = Object.entries(this.counts ?? {}).filter(([name]) => !/^total/.test(name));
    this.counts = Object.fromEntries(before);
    for (const [name, value] of known) this.counts[name] = value || this.counts[name] || 0;
  }

  fail(error: Json): void {
    this.error ??= toProviderError(error);
    this.isDone = true;
  }

  /** The parts that haven't been taken. */
  take(): CompletionPart[] {
    return this.parts.splice(0);
  }
}
