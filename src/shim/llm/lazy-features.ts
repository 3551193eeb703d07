/** The features that `completion` loads when it needs them. */

import type { Features } from './completion.js';
import { aiSdk } from './formats/ai-sdk.js';
import { anthropic } from './formats/anthropic.js';
import { cohere } from './formats/cohere.js';
import { google } from './formats/google.js';
import { openaiChat } from './formats/openai-chat.js';
import { openaiResponses } from './formats/openai-responses.js';
import { selectFormats } from './select-formats.js';

/** In the order of recognition. */
const formats = [openaiChat, openaiResponses, anthropic, google, aiSdk, cohere];

export const formatsFor: Features['formatsFor'] = (name) => selectFormats(formats, name);

export { structuredOutput } from './structured-output.js';
