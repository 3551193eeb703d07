/** Runs libraries that use this package, by an option or by npm's `overrides`. Each returns "Hello world streamed". */

import { createServer } from 'node:http';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { QueryClient, experimental_streamedQuery as streamedQuery } from '@tanstack/query-core';
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client';
import { initTRPC, tracked } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { streamText } from 'ai';
import { EventSource } from 'eventsource-wasm';
import { events } from 'eventsource-wasm/stream';

const programs = { mcp: { index: mcpEvents, stream: mcpStream }, ai, trpc, tanstack };

/** Serves `handle` while `use` runs. */
async function serving(handle, use) {
  const server = createServer(handle);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function mcpServer() {
  const server = new McpServer({ name: 'test', version: '1.0.0' });
  server.registerTool('greet', {}, () => ({ content: [{ type: 'text', text: 'Hello world' }] }));
  return server;
}

async function greet(transport) {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  const { content } = await client.callTool({ name: 'greet' });
  await client.close();
  return `${content[0].text} streamed`;
}

/** The transport that uses the class. The first connection fails with 401, the second has a valid token. */
function mcpEvents() {
  let transport;
  const handle = async (request, response) => {
    if (request.headers.authorization !== 'Bearer new') {
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    } else if (request.method === 'GET') {
      transport = new SSEServerTransport('/messages', response);
      await mcpServer().connect(transport);
    } else await transport.handlePostMessage(request, response);
  };
  return serving(handle, async (origin) => {
    let token = 'old';
    const connect = () =>
      greet(
        new SSEClientTransport(new URL(origin), {
          requestInit: { headers: { Authorization: `Bearer ${token}` } },
        }),
      );
    const { code } = await connect().catch((error) => error);
    if (code !== 401) throw new Error(`the error's code is ${code}`);
    token = 'new';
    return connect();
  });
}

/** The transport that uses the parser. */
function mcpStream() {
  const handle = async (request, response) => {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    await mcpServer().connect(transport);
    await transport.handleRequest(request, response);
  };
  return serving(handle, (origin) => greet(new StreamableHTTPClientTransport(new URL(origin))));
}

function ai() {
  const chunk = (delta, finish_reason = null) =>
    `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const handle = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ role: 'assistant', content: 'Hello' }));
    response.write(chunk({ content: ' world' }));
    response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
  };
  return serving(handle, async (baseURL) => {
    const provider = createOpenAICompatible({ name: 'test', baseURL, apiKey: 'x' });
    const { textStream } = streamText({ model: provider('m'), prompt: 'Hi' });
    const words = [];
    for await (const text of textStream) words.push(text);
    return `${words.join('')} streamed`;
  });
}

function trpc() {
  const { router, procedure } = initTRPC.create();
  const appRouter = router({
    words: procedure.subscription(async function* () {
      yield tracked('1', 'Hello');
      yield tracked('2', 'world');
    }),
  });
  return serving(createHTTPHandler({ router: appRouter }), (url) => {
    const client = createTRPCClient({ links: [httpSubscriptionLink({ url, EventSource })] });
    return new Promise((resolve, reject) => {
      const heard = [];
      client.words.subscribe(undefined, {
        onData: ({ data }) => heard.push(data),
        onComplete: () => resolve([...heard, 'streamed'].join(' ')),
        onError: reject,
      });
    });
  });
}

function tanstack() {
  const handle = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const word of ['Hello', 'world', 'streamed']) response.write(`data: ${word}\n\n`);
    response.end();
  };
  return serving(handle, async (url) => {
    const client = new QueryClient();
    const words = await client.fetchQuery({
      queryKey: ['words'],
      queryFn: streamedQuery({ streamFn: ({ signal }) => events(url, { method: 'POST', signal }) }),
    });
    return words.map(({ data }) => data).join(' ');
  });
}

async function resultOf(program) {
  if (typeof program === 'function') return program().catch((error) => error.stack ?? `${error}`);
  const entries = Object.entries(program).map(async ([name, run]) => [name, await resultOf(run)]);
  return Object.fromEntries(await Promise.all(entries));
}

console.log(JSON.stringify(await resultOf(programs)));
process.exit();
