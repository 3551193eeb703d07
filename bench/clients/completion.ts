/** This package's loop over a model's answer. */

import { completion } from 'eventsource-wasm/llm';
import { ofLoop } from './client.js';

export { firstEvent } from './client.js';
export const client = ofLoop(
  'eventsource-wasm/llm, completion()',
  'model',
  (url, signal) => completion(url, { method: 'GET', format: 'openai-chat', signal }),
  (part) => (part.type === 'text' ? part.text : undefined),
);
