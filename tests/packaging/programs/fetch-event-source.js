import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { note, request } from './exchange.js';

export const run = async (url) => {
  const { hear, heard } = note(url);
  await fetchEventSource(url, { ...request, onmessage: ({ data }) => data && hear(data) });
  return heard();
};
