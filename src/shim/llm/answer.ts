/** The state of one answer, which the formats update. */

import { toFault } from './completion-error.js';
import { fromJson, isObject, textOf } from './json.js';
import { type ProviderError, toProviderError } from './provider-error.js';
import type { CompletionPart, Json, PartValue, ToolCall, Usage } from './types.js';

/** A call whose arguments are still streaming. */
export interface OpenCall extends ToolCall {
  readonly index: number;
}

/** An answer that a format builds chunk by chunk. */
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
  /** Nothing more is read. */
  isDone = false;
  reason: string | undefined;
  usage: Usage | undefined;
  /** Whether any part except pieces of calls was added. */
  hasContent = false;
  /** The last call, if it may be cut off. It is added once anything follows, or at the end of a complete answer. */
  unsureCall: ToolCall | undefined;
  readonly #blocks: { text?: unknown; reasoning?: unknown } = {};
  #calls = 0;

  /**
   * Creates the error of an incomplete answer. A member, so that lazily loaded code shares no file with `completion`.
   */
  readonly fault = toFault;

  add(part: PartValue): void {
    this.addUnsure();
    const { type, ...rest } = part;
    if (type === 'text' || type === 'reasoning') this[type] += part.text;
    if (type === 'tool-call') this.toolCalls.push(rest as ToolCall);
    if (type === 'usage') this.usage = part.usage;
    if (type !== 'tool-call-delta') this.hasContent = true;
    this.parts.push(Object.defineProperty(part, 'raw', { value: this.chunk }));
  }

  /** Adds a piece of text or reasoning. Two line feeds separate different blocks. */
  write(type: 'text' | 'reasoning', value: unknown, block: unknown = 0): void {
    const text = textOf(value);
    if (!text) return;
    const before = this.#blocks[type] ?? block;
    this.#blocks[type] = block;
    if (before !== block) this.add({ type, text: '\n\n' });
    this.add({ type, text });
  }

  /** Starts a call, whose arguments follow. */
  open(id: unknown, name: unknown, kind?: string): OpenCall {
    const call = { index: this.#calls++, id: textOf(id), name: textOf(name) ?? '', arguments: '' };
    return kind ? { ...call, kind } : call;
  }

  /** Adds a piece of a call's arguments. */
  grow(call: OpenCall, delta: string): void {
    // Some servers begin with an empty object, although the arguments follow.
    if (call.arguments === '{}' && /^\s*\{/.test(delta)) call.arguments = '';
    call.arguments += delta;
    this.add({ type: 'tool-call-delta', ...call, delta });
  }

  /**
   * Completes a call. One without a name is dropped, because the client can't answer it.
   *
   * @param isUnsure whether its arguments may go on
   */
  close({ index: _, ...call }: OpenCall, isUnsure = !call.kind && !isObject(fromJson(call.arguments))): void {
    this.addUnsure();
    if (!call.name) return;
    this.unsureCall = call;
    if (!isUnsure) this.addUnsure();
  }

  /** Adds the call that might have been cut off: it wasn't. */
  addUnsure(): void {
    const call = this.unsureCall;
    this.unsureCall = undefined;
    if (call) this.add({ type: 'tool-call', ...call, arguments: call.arguments || (call.kind ? '' : '{}') });
  }

  other(name: string, value: unknown): void {
    this.add({ type: 'other', name, value });
  }

  /** Marks the answer as finished. The `finish` part is added at the end of the stream. */
  finish(reason: unknown): void {
    this.isFinished = true;
    this.reason = textOf(reason) ?? this.reason;
  }

  /** Adds token counts. Later counts replace earlier ones, except zeros. */
  count(counts: Json): void {
    const known = Object.entries(isObject(counts) ? counts : {}).filter(([, value]) => value || value === 0);
    if (known.length === 0) return;
    // An earlier total is wrong for newer counts.
    const before = Object.entries(this.counts ?? {}).filter(([name]) => !/^total/.test(name));
    this.counts = Object.fromEntries(before);
    for (const [name, value] of known) this.counts[name] = value || this.counts[name] || 0;
  }

  fail(error: Json): void {
    this.error ??= toProviderError(error);
    this.isDone = true;
  }

  /** Removes and returns the parts that the reader hasn't taken. */
  take(): CompletionPart[] {
    return this.parts.splice(0);
  }
}
