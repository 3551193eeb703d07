import { EventSource } from 'eventsource-wasm';
import { createEventServer } from 'eventsource-wasm/testing';
import { exchange, request } from './exchange.js';

/** Does the exchange through a scripted server, which forwards the data of the real one. */
export const run = async (url) => {
  const server = createEventServer({
    async onRequest(asked) {
      const response = await fetch(url, { ...request, body: await asked.text() });
      asked.open();
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        asked.write(value);
      }
      asked.end();
    },
  });
  class Through extends EventSource {
    constructor(url, init) {
      super(url, { ...init, fetch: server.fetch });
    }
  }
  const words = await exchange(Through, url);
  server.restore();
  return words;
};
