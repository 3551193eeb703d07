/** The public types of `completion`. */

import type { Answer } from './answer.js';

/** The token counts of an answer. Input and output add up to the provider's total. */
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
  /** The provider's ID of the call. Google often sends none. */
  id: string | undefined;
  /** The tool's name. */
  name: string;
  /** The arguments as the model wrote them: JSON, unless `kind` says otherwise. */
  arguments: string;
  /**
   * The provider's name for a call that isn't a plain function call, such as `custom_tool_call`, `shell_call`,
   * `mcp_approval_request` or `tool-approval-request`. Absent for function calls.
   */
  kind?: string;
}

/** The chunk that contained a part. */
export interface FromChunk {
  /** The parsed chunk that contained this part. Not enumerable, so copies and logs of a part don't include it. */
  readonly raw?: unknown;
}

/** A part of an answer, without the chunk that contained it. */
export type PartValue =
  /** A piece of the answer's text. A piece of two line feeds separates blocks of text. */
  | { type: 'text'; text: string }
  /** A piece of the model's reasoning. A piece of two line feeds separates blocks of reasoning. */
  | { type: 'reasoning'; text: string }
  /**
   * A piece of a call's arguments: `delta` is the new piece, `arguments` all of them so far. `index` counts the calls.
   */
  | ({ type: 'tool-call-delta'; index: number; delta: string } & ToolCall)
  /** A complete call that the client has to answer. */
  | ({ type: 'tool-call' } & ToolCall)
  /** A call that the provider executes itself. */
  | { type: 'server-tool-call'; id: string | undefined; name: string; arguments: string }
  /** The result of a call that the provider has executed, in the provider's own shape. */
  | { type: 'server-tool-result'; id: string | undefined; name: string; result: unknown }
  /** Other content in the provider's own shape, such as images and citations. `name` is the provider's name for it. */
  | { type: 'other'; name: string; value: unknown }
  /** With `schema`: the JSON so far, or the validated value once `isFinal`. */
  | { type: 'object'; object: unknown; isFinal: boolean }
  /** The provider's reason for the end of the answer, such as `stop`, `end_turn` or `length`, if it sent one. */
  | { type: 'finish'; reason: string | undefined }
  | { type: 'usage'; usage: Usage };

/** A part of an answer. `finish` comes once, at the end of the content, and is followed by `usage`. */
export type CompletionPart = PartValue & FromChunk;

/** The argument of a {@link CompletionReducer}. */
export interface CompletionEvent {
  /** The event's type, if the server sent one. */
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

/** Your own format: a function that returns the parts of one event. It may throw to end the answer. */
export type CompletionReducer = (event: CompletionEvent) => Iterable<PartValue> | undefined;

// Each member of a chunk may have any type: formats check the members that they use.
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type Json = any;

/** A provider's format of streamed answers. */
export interface CompletionFormat {
  readonly name: string;
  /** Whether a chunk has this format's shape. `type` is its `type` member, or else the event's type, or empty. */
  matches(chunk: Json, type: string): boolean;
  /** Creates the reader of one answer. */
  start(answer: Answer): FormatReader;
}

/** Reads the chunks of one answer. */
export interface FormatReader {
  read(chunk: Json, type: string): void;
  /** Completes open calls at the end. */
  end?(): void;
  /** Returns the input and output tokens of the provider's counts, and the total if there is one. */
  tokens(counts: Json): [input: Json, output: Json, total?: Json];
  /** Returns the assistant message in the provider's request format. */
  message(): Json;
}
