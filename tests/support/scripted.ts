/** Connects an EventSource to a scripted server. */

import { EventSource } from 'eventsource-wasm';
import { createEventServer, type EventServer, type EventServerRequest } from 'eventsource-wasm/testing';
import { using } from '../conformance/conformance-test.js';

/** Runs a test with a new EventSource and the request that it sent. */
export async function connected(
  run: (source: EventSource, request: EventServerRequest, server: EventServer) => Promise<void>,
  init: ConstructorParameters<typeof EventSource>[1] = {},
): Promise<void> {
  const server = createEventServer();
  await using(
    new EventSource('https://example.test/feed', { fetch: server.fetch, ...init }),
    async (source) => run(source, await server.nextRequest(), server),
  );
  server.restore();
}
