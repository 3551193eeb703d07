import { SharedEventSource } from 'eventsource-wasm/shared';
import { note } from './exchange.js';

/** One connection for all tabs is a GET. */
export const run = (url) =>
  new Promise((resolve, reject) => {
    const { hear, heard } = note(url);
    const source = new SharedEventSource(url);
    source.onmessage = ({ data }) => {
      hear(data);
      if (!heard().includes(' ')) return;
      source.close();
      resolve(heard());
    };
    source.onerror = ({ kind, message }) => {
      source.close();
      reject(new Error(`${kind}: ${message}`));
    };
  });
