import { events } from 'eventsource-wasm/stream';
import { note, request } from './exchange.js';

export const run = async (url) => {
  const { hear, heard } = note(url);
  for await (const { data } of events(url, request)) hear(data);
  return heard();
};
