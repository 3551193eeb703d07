/** The Model Context Protocol's streamable HTTP with the SDK's server: POSTs answered with event streams. */

import { expect } from 'chai';
import { EventSource, type EventSourceErrorEvent } from 'eventsource-wasm';
import { events } from 'eventsource-wasm/stream';
import { apis, closeAll, type Reading, type Taken } from './apis.js';
import { mcp, Server, until } from './server.js';

const VERSION = '2025-11-25';

/** The headers that the protocol requires for each POST. */
const HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };

const post = (message: object, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { ...HEADERS, ...headers },
  body: JSON.stringify({ jsonrpc: '2.0', ...message }),
});

const initialize = post({
  id: 'hello',
  method: 'initialize',
  params: { protocolVersion: VERSION, capabilities: {}, clientInfo: { name: 'test', version: '1.0.0' } },
});

const call = (tool: string, headers: Record<string, string>) =>
  post({ id: tool, method: 'tools/call', params: { name: tool, arguments: {} } }, headers);

/** The messages of a stream. Its first event has only an ID, for resuming. */
const messages = (taken: Taken[]) =>
  taken.filter(({ data }) => data !== '').map(({ data }) => JSON.parse(data));

/** The data of the notifications and of the result. */
const said = (taken: Taken[]) =>
  messages(taken).map(({ params, result }) => params?.data ?? result?.content[0].text);

describe('the MCP SDK’s streamable HTTP', () => {
  let server: Server;
  let url: string;
  before(async () => {
    server = await Server.start(mcp);
    url = `${server.origin}/mcp`;
  });
  afterEach(closeAll);
  after(() => server?.stop());

  /** Starts a session, and returns its headers. */
  async function begin(read: (url: string, request: typeof initialize) => Reading) {
    const hello = read(url, initialize);
    await hello.ended;
    const session = hello.opened[0]?.get('mcp-session-id');
    expect(session).to.be.a('string').and.not.empty;
    const headers = { 'mcp-session-id': `${session}`, 'mcp-protocol-version': VERSION };
    const initialized = await fetch(url, post({ method: 'notifications/initialized' }, headers));
    expect(initialized.status).to.equal(202);
    return { hello, headers };
  }

  for (const [api, read] of Object.entries(apis)) {
    it(`${api}: initialize starts a session`, async () => {
      const { hello } = await begin(read);
      expect(messages(hello.taken)).to.have.length(1);
      expect(messages(hello.taken)[0]).to.deep.include({ id: 'hello', jsonrpc: '2.0' });
      expect(messages(hello.taken)[0].result).to.deep.include({ protocolVersion: VERSION });
    });

    it(`${api}: a tool’s notifications and its result`, async () => {
      const { headers } = await begin(read);
      const counting = read(url, call('count', headers));
      await counting.ended;
      expect(said(counting.taken)).to.deep.equal([1, 2, 3, 'counted to 3, 世界']);
      expect(new Set(counting.taken.map(({ id }) => id)).size).to.equal(5);
      await server.untilOpen(0);
    });

    it(`${api}: the stream of a GET, until it is closed`, async () => {
      const { headers } = await begin(read);
      const announcements = read(url, { headers });
      await server.untilOpen(1);
      await until(
        () => announcements.opened.length === 1,
        () => 'an open stream',
      );
      await read(url, call('announce', headers)).ended;
      await until(
        () => announcements.taken.length === 1,
        () => 'an announcement',
      );
      expect(said(announcements.taken)).to.deep.equal(['hear, hear']);
      announcements.close();
      await announcements.ended;
      await server.untilOpen(0);
    });
  }

  it('a tool’s stream that ends in the middle is resumed by a GET', async () => {
    const { headers } = await begin(apis.EventSource as (typeof apis)[string]);
    const taken: Taken[] = [];
    const delays: unknown[] = [];
    const methods: string[] = [];
    const source = new EventSource(url, {
      ...call('fall', headers),
      resume: { headers },
      reconnect: true,
      trace: (entry) => entry.type === 'request' && methods.push(entry.method),
      onEvent: ({ type, data, lastEventId }) => taken.push({ id: lastEventId, event: type, data }),
    });
    source.onerror = ({ kind, delay }) => delays.push(kind, delay);
    await until(
      () => said(taken).includes('got up again'),
      () => `a result, not ${JSON.stringify(taken)}`,
    );
    source.close();
    expect(said(taken)).to.deep.equal(['before', 'between', 'after', 'got up again']);
    expect(methods).to.deep.equal(['POST', 'GET']);
    expect(delays[0]).to.equal('end');
    expect(delays[1]).to.be.within(30, 45);
    await server.untilOpen(0);
  });

  it('the same with events(), until the result', async () => {
    const { headers } = await begin(apis.events as (typeof apis)[string]);
    const taken: Taken[] = [];
    const stream = events(url, { ...call('fall', headers), resume: { headers }, reconnect: true });
    for await (const { id = '', event = 'message', data } of stream) {
      taken.push({ id, event, data });
      if (said(taken).includes('got up again')) break;
    }
    expect(said(taken)).to.deep.equal(['before', 'between', 'after', 'got up again']);
    await server.untilOpen(0);
  });

  it('a deleted session is an error status with a reason', async () => {
    const { headers } = await begin(apis.EventSource as (typeof apis)[string]);
    expect((await fetch(url, { method: 'DELETE', headers })).status).to.equal(200);
    const source = new EventSource(url, call('count', headers));
    const error = await new Promise<EventSourceErrorEvent>((resolve) => {
      source.onerror = resolve;
    });
    expect(error).to.include({ kind: 'status', willReconnect: false });
    expect(error.status).to.be.oneOf([400, 404]);
    expect(error.json()).to.have.nested.property('error.message');
  });
});
