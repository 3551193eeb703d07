/** What a `completion` loads when it needs it. */

import { aiSdk } from './formats/ai-sdk.js';
import { anthropic } from './formats/anthropic.js';
import { cohere } from './formats/cohere.js';
import { google } from './formats/google.js';
import { openaiChat } from './formats/openai-chat.js';
import { openaiResponses } from './formats/openai-responses.js';
import type { CompletionFormat } from './types.js';

/** In the order in which they are recognised. */
export const formats: readonly CompletionFormat[] = [
  openaiChat,
  openaiResponses,
  anthropic,
  google,
  aiSdk,
  cohere,
];

export { structuredOutput } from './structured-output.js';
