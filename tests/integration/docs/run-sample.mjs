/**
 * Runs one sample of the docs in a worker of its own, against a server that exists only there. In: the path of its
 * module. Out: a message with what it showed and requested, or an `error` event of the worker.
 */
// @ts-check

import { parentPort, workerData } from 'node:worker_threads';
import { createEventServer, fakeCompletion } from 'eventsource-wasm/testing';

/** Models by the paths of their APIs. @type {[RegExp, import('eventsource-wasm/testing').FakeFormat][]} */
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

// What the sample would have printed in a browser's console is an error here.
console.error = (...values) => {
  throw new Error(`console.error: ${values.join(' ')}`);
};

await import(workerData.module);
const end = performance.now() + 5_000;
const isDone = () => (workerData.shows ? shown.length > 0 : server.requests.length > 0);
while (workerData.connects && !isDone() && performance.now() < end) {
  await new Promise((resolve) => setTimeout(resolve, 5));
}
// What goes wrong right after that is seen too.
await new Promise((resolve) => setTimeout(resolve, 20));
parentPort?.postMessage({
  shown: shown.map((values) => values.map(String)),
  requests: server.requests.map(({ method, url }) => `${method} ${url}`),
});
