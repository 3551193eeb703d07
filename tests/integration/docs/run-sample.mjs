/**
 * Runs one sample of the docs in a worker, against a scripted server in the same worker. Posts the shown values and the
 * requests, or the worker emits an `error` event.
 */
// @ts-check

import { parentPort, workerData } from 'node:worker_threads';
import { createEventServer, fakeCompletion } from 'eventsource-wasm/testing';

/** Model formats by API path. @type {[RegExp, import('eventsource-wasm/testing').FakeFormat][]} */
const models = [
  [/chat\/completions/, 'openai-chat'],
  [/\/responses/, 'openai-responses'],
  [/\/messages/, 'anthropic'],
  [/GenerateContent/, 'google'],
  [/\/api\/chat/, 'ai-sdk'],
  [/\/v2\/chat/, 'cohere'],
];

const server = createEventServer({
  onRequest(request) {
    const { pathname } = new URL(request.url);
    const format = models.find(([path]) => path.test(pathname))?.[1];
    if (format) return fakeCompletion(format, { text: workerData.answer ?? 'Hello world' })(request);
    if (pathname === '/missing') return request.refuse(404, {}, 'nothing here');
    request.open();
    if (pathname === '/own-format') {
      request.send({ data: { token: 'Hello' } });
      request.send({ event: 'end', data: { reason: 'stop' } });
    } else if (pathname === '/mcp') {
      request.send({ id: 'a', data: '' });
      request.send({ id: 'b', data: { jsonrpc: '2.0', id: 1, result: {} } });
    } else {
      request.send({ id: '1', data: 'hello' });
      request.send({ id: '2', event: 'price', data: { amount: 12 } });
    }
    // A feed stays open; the answer to a POST ends.
    if (request.method !== 'GET') request.end();
  },
});
server.install();

/** @type {unknown[][]} */
const shown = [];
const stored = new Map();
Object.assign(globalThis, {
  location: new URL('https://app.example/'),
  sessionStorage: {
    getItem: (/** @type {string} */ name) => stored.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => stored.set(name, value),
  },
  show: (/** @type {unknown[]} */ ...values) => shown.push(values),
  render: (/** @type {unknown} */ value) => shown.push([value]),
  showError() {},
  ask() {},
  askForKey() {},
  call() {},
  run: async () => 'sunny',
  getToken: async () => 'token',
  refreshToken: async () => 'new token',
  newTrace: () => 'trace',
  eventsAfter: (/** @type {string} */ lastEventId) =>
    Array.from({ length: 5 - Number(lastEventId) }, (_, index) => {
      const id = `${Number(lastEventId) + index + 1}`;
      return { id, data: `event ${id}` };
    }),
  url: workerData.url ?? 'https://app.example/v1/feed',
  key: 'key',
  sessionId: 'session',
  user: { id: 'user' },
  question: 'Why?',
  body: '{"question":"Why?"}',
  headers: { 'X-Own': 'value' },
  model: 'fake-model',
  input: 'Hello!',
  contents: [],
  messages: [{ role: 'user', content: 'Hello!' }],
  tools: [],
  options: {},
});

// An error on the console fails the sample.
console.error = (...values) => {
  throw new Error(`console.error: ${values.join(' ')}`);
};

await import(workerData.module);
const end = performance.now() + 5_000;
const isDone = () => (workerData.shows ? shown.length > 0 : server.requests.length > 0);
while (workerData.connects && !isDone() && performance.now() < end) {
  await new Promise((resolve) => setTimeout(resolve, 5));
}
// Wait a moment, to catch errors right after that.
await new Promise((resolve) => setTimeout(resolve, 20));
parentPort?.postMessage({
  shown: shown.map((values) => values.map(String)),
  requests: server.requests.map(({ method, url }) => `${method} ${url}`),
});
