/**
 * Streams LLM responses as parts: text, reasoning, tool calls and usage. Formats: OpenAI's chat completions and
 * compatible servers, OpenAI's responses, Anthropic's messages, Google's streamGenerateContent, the AI SDK's UI message
 * stream, Cohere's chat.
 *
 * @module eventsource-wasm/llm
 */

export { everyFrame } from './iterate/every-frame.js';
export {
  type Completion,
  type CompletionFunction,
  type CompletionInit,
  type CompletionResult,
  createCompletion,
} from './llm/completion.js';
export { CompletionError, type CompletionErrorKind } from './llm/completion-error.js';
export { aiSdk } from './llm/formats/ai-sdk.js';
export { anthropic } from './llm/formats/anthropic.js';
export { cohere } from './llm/formats/cohere.js';
export { google } from './llm/formats/google.js';
export { openaiChat } from './llm/formats/openai-chat.js';
export { openaiResponses } from './llm/formats/openai-responses.js';
export { completion } from './llm/lazy-completion.js';
export {
  partialJson,
  type StandardSchema,
  type StructuredOutput,
  structuredOutput,
} from './llm/structured-output.js';
export type {
  CompletionEvent,
  CompletionFormat,
  CompletionFormatName,
  CompletionPart,
  CompletionReducer,
  ToolCall,
  Usage,
} from './llm/types.js';
