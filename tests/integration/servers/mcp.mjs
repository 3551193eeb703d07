/**
 * The MCP SDK's server over streamable HTTP. Its tool `count` sends numbers on the stream of the call, `fall` ends that
 * stream in the middle so that it must be resumed, and `announce` sends a message on the stream of a GET.
 */
// @ts-check
import { randomUUID } from 'node:crypto';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { KEEP_ALIVE, RETRY, sleep, tell } from './common.mjs';

/** @type {Map<string, StreamableHTTPServerTransport>} */
const transports = new Map();
let open = 0;

/**
 * Stores sent messages under growing numbers. The SDK's example store mixes up messages of the same millisecond.
 * @returns {import('@modelcontextprotocol/sdk/server/streamableHttp.js').EventStore}
 */
function newEventStore() {
  /** @typedef {import('@modelcontextprotocol/sdk/types.js').JSONRPCMessage} Message */
  /** @type {{ stream: string, message: Message }[]} */
  const stored = [];
  return {
    storeEvent: async (stream, message) => String(stored.push({ stream, message })),
    async replayEventsAfter(last, { send }) {
      const stream = stored[Number(last) - 1]?.stream ?? '';
      for (const [index, entry] of stored.entries()) {
        if (entry.stream === stream && index >= Number(last)) await send(String(index + 1), entry.message);
      }
      return stream;
    },
  };
}

/** @param {unknown} data */
const log = (data) =>
  /** @type {const} */ ({ method: 'notifications/message', params: { level: 'info', data } });

/** @param {string} text */
const result = (text) => ({ content: [{ type: /** @type {const} */ ('text'), text }] });

function newServer() {
  const server = new McpServer({ name: 'counter', version: '1.0.0' }, { capabilities: { logging: {} } });
  server.registerTool('count', {}, async ({ sendNotification }) => {
    for (const number of [1, 2, 3]) {
      await sendNotification(log(number));
      await sleep(20);
    }
    return result('counted to 3, 世界');
  });
  server.registerTool('fall', {}, async ({ sendNotification, closeSSEStream }) => {
    await sendNotification(log('before'));
    await sleep(20);
    closeSSEStream?.();
    await sendNotification(log('between'));
    await sleep(3 * RETRY);
    await sendNotification(log('after'));
    return result('got up again');
  });
  server.registerTool('announce', {}, async () => {
    await server.server.notification(log('hear, hear'));
    return result('announced');
  });
  return server;
}

async function newTransport() {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: newEventStore(),
    retryInterval: RETRY,
    keepAliveMs: KEEP_ALIVE,
    onsessioninitialized: (id) => void transports.set(id, transport),
    onsessionclosed: (id) => void transports.delete(id),
  });
  const type = /** @type {import('@modelcontextprotocol/sdk/shared/transport.js').Transport} */ (transport);
  await newServer().connect(type);
  return transport;
}

const app = createMcpExpressApp();
app.all('/mcp', async (request, response) => {
  open += 1;
  response.once('close', () => {
    open -= 1;
  });
  const transport = transports.get(request.get('mcp-session-id') ?? '') ?? (await newTransport());
  await transport.handleRequest(request, response, request.body);
});
app.get('/open', (_request, response) => {
  response.json(open);
});
const listener = app.listen(0, '127.0.0.1', () => {
  tell(/** @type {import('node:net').AddressInfo} */ (listener.address()).port);
});
