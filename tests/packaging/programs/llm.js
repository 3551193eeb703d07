import { completion } from 'eventsource-wasm/llm';
import { note, request } from './exchange.js';

export const run = async (url) => {
  const { hear, heard } = note(url);
  for await (const part of completion(url, request)) if (part.type === 'text') hear(part.text);
  return heard();
};
