/**
 * A scripted event server behind `fetch`, for tests: `import { createEventServer } from 'eventsource-wasm/testing'`.
 *
 * @module eventsource-wasm/testing
 */

export type { Chaos } from './testing/chaos.js';
export { createEventServer, type EventServer, type EventServerInit } from './testing/event-server.js';
export {
  type FakeCompletion,
  type FakeCompletionInit,
  fakeCompletion,
} from './testing/fake-completion.js';
export type { FakeFormat, FakeToolCall } from './testing/fake-formats.js';
export type { NodeRequest, NodeResponse } from './testing/node-handler.js';
export type { EventServerRequest, OpenInit, ServerSentEvent } from './testing/server-request.js';
