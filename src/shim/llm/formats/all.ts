/** `completion` with all formats. */

import { type CompletionFunction, createCompletion } from '../completion.js';
import { structuredOutput } from '../structured-output.js';
import { aiSdk } from './ai-sdk.js';
import { anthropic } from './anthropic.js';
import { cohere } from './cohere.js';
import { google } from './google.js';
import { openaiChat } from './openai-chat.js';
import { openaiResponses } from './openai-responses.js';

/**
 * Asks a model and streams its answer. The loop ends when the answer is complete, and throws a `CompletionError` if it
 * is incomplete. Leaving the loop or aborting `signal` ends the request; aborting also throws the signal's reason.
 *
 * @example
 * const answer = completion(url, { headers, body: { model, messages, stream: true } });
 * for await (const part of answer) if (part.type === 'text') show(part.text);
 */
export const completion: CompletionFunction = /* @__PURE__ */ createCompletion(
  openaiChat,
  openaiResponses,
  anthropic,
  google,
  aiSdk,
  cohere,
  structuredOutput,
);
