/**
 * Models' answers as streams of text, reasoning, tool calls and usage: OpenAI's chat completions and those like them,
 * OpenAI's responses, Anthropic's messages, Google's streamGenerateContent.
 *
 * @module
 */

export {
  type Completion,
  CompletionError,
  type CompletionErrorKind,
  type CompletionInit,
  type CompletionResult,
  completion,
} from './completion.js';
export type { CompletionFormat, CompletionPart, ToolCall, Usage } from './completion-parts.js';
export { everyFrame } from './every-frame.js';
