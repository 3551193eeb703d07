/** Timers that are lost with fake timers don't break the sources of the next test. */
const { EventSource } = require('eventsource-wasm');
const { run } = require('./src/index.js');

const { setTimeout: realSetTimeout } = globalThis;
const { index } = JSON.parse(process.env.URLS);

test('index', async () => {
  jest.useFakeTimers();
  const response = () =>
    new Response('data: x\n\ndata: y\n\n', { headers: { 'content-type': 'text/event-stream' } });
  const source = new EventSource('http://127.0.0.1:1/', { fetch: async () => response() });
  await new Promise((resolve) => realSetTimeout(resolve, 500));
  jest.useRealTimers();
  source.close();
  expect(await run(index)).toBe('Hello world streamed');
});
