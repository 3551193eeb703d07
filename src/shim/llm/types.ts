/** The public types of answers. */

import type { Answer } from './answer.js';

/** How many tokens an answer used, in the provider's accounting: input + output is the provider's total. */
export interface Usage {
  /** Tokens of the prompt, including cached ones. */
  inputTokens: number | undefined;
  /** Tokens of the answer, including reasoning. */
  outputTokens: number | undefined;
  /** The provider's own counts. */
  raw: Record<string, unknown>;
}

/** A complete tool call that the client has to answer. */
export interface ToolCall {
  /** The provider's ID of the call. Google often gives none. */
  id: string | undefined;
  /** The tool's name. */
  name: string;
  /** The arguments as the model wrote them: JSON, unless `kind` says otherwise. */
  arguments: string;
  /**
   * The provider's name for a call that isn't a plain function call, such as `custom_tool_call`, `shell_call` or
   * `mcp_approval_request`. Absent for function calls.
   */
  kind?: string;
}

/** The chunk that a part came from. Not enumerable: copies and logs of a part leave it out. */
export interface FromChunk {
  /** The parsed chunk that this part came from. */
  readonly raw?: unknown;
}

/** A part of an answer, before the chunk that it came from is added. */
export type PartValue =
  /** A piece of the answer's text. A piece that is two line feeds separates blocks of text. */
  | { type: 'text'; text: string }
  /** A piece of the model's reasoning. A piece that is two line feeds separates blocks of reasoning. */
  | { type: 'reasoning'; text: string }
  /** A piece of a call's arguments: `delta` is new, `arguments` is everything so far. `index` counts the calls. */
  | ({ type: 'tool-call-delta'; index: number; delta: string } & ToolCall)
  /** A complete call for the client to answer. */
  | ({ type: 'tool-call' } & ToolCall)
  /** A call that the provider executes itself. */
  | { type: 'server-tool-call'; id: string | undefined; name: string; arguments: string }
  /** The result of such a call, in the provider's own shape. */
  | { type: 'server-tool-result'; id: string | undefined; name: string; result: unknown }
  /** Content in the provider's own shape: images, citations, compaction and others. `name` is the provider's. */
  | { type: 'other'; name: string; value: unknown }
  /** With `schema`: the JSON so far, or the validated value once `isFinal`. */
  | { type: 'object'; object: unknown; isFinal: boolean }
  /** The provider's word for why the answer ended, such as `stop`, `end_turn` or `length`, if it gave one. */
  | { type: 'finish'; reason: string | undefined }
  | { type: 'usage'; usage: Usage };

/** A part of an answer, in order. `finish` comes once, `usage` after it. */
export type CompletionPart = PartValue & FromChunk;

/** An event as formats get it. */
export interface CompletionEvent {
  /** The event's name, if the server gave one. */
  event: string | undefined;
  /** The parsed data, or the text if it isn't JSON. */
  data: Json;
}

/** The names of the formats of this package. */
export type CompletionFormatName =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic'
  | 'google'
  | 'ai-sdk'
  | 'cohere';

/** A format of your own: the parts of one event. It may throw to end the answer. */
export type CompletionReducer = (event: CompletionEvent) => Iterable<PartValue> | undefined;

// Each member of a chunk may be anything: formats check what they use.
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type Json = any;

/** How a provider streams answers. */
export interface CompletionFormat {
  readonly name: string;
  /** Whether a chunk has this format's shape. `type` is its `type` member, or the event's name, or empty. */
  matches(chunk: Json, type: string): boolean;
  /** Begins to read one answer. */
  start(answer: Answer): FormatReader;
}

/** Reads the chunks of one answer. */
export interface FormatReader {
  read(chunk: Json, type: string): void;
  /** Completes what is open at the end. */
  end?(): void;
  /** The input and output tokens in the provider's counts, and the total if there is one. */
  tokens(counts: Json): [input: Json, output: Json, total?: Json];
  /** The assistant message in the provider's request format. */
  message(): Json;
}
