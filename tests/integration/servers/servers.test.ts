/** Reads streams of third-party servers with each API of the package. README.md describes the servers. */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { EventSource } from 'eventsource-wasm';
import { events } from 'eventsource-wasm/stream';
import { next, sleep } from '../../conformance/conformance-test.js';
import { apis, closeAll } from './apis.js';
import { Server, servers, until } from './server.js';

const feed: { id: string; event: string; data: string }[] = JSON.parse(
  readFileSync('tests/integration/servers/feed.json', 'utf8'),
);
const words = ['What', 'is', 'said', 'in', '世界', '🌍'];

/** These libraries encode all data as JSON, as documented. */
const writesJson = (name: string) => /better-sse|fastify/.test(name);

const ask = (ends: boolean) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ words, ends }),
});

it('all servers are tested', () => {
  expect(Object.keys(servers)).to.have.length(5);
});

for (const [name, program] of Object.entries(servers)) {
  describe(`a stream of ${name}`, () => {
    const written = (data: string) => (writesJson(name) ? JSON.stringify(data) : data);
    let server: Server;
    before(async () => {
      server = await Server.start(program);
    });
    afterEach(closeAll);
    after(() => server?.stop());

    for (const [api, read] of Object.entries(apis)) {
      it(`${api}: a feed: types, IDs, data, reconnecting with the last ID, closing`, async () => {
        const stream = read(`${server.origin}/feed`);
        await until(
          () => stream.taken.length >= feed.length,
          () => `${feed.length} events, not ${JSON.stringify(stream.taken)}`,
        );
        await server.untilOpen(1);
        // Only comments arrive meanwhile, and they are ignored.
        await sleep(250);
        expect(stream.taken).to.deep.equal(feed.map((event) => ({ ...event, data: written(event.data) })));
        expect(stream.opened).to.have.length(2);
        // The server sends `retry: 30`. The default would be a second or three.
        expect(stream.delays).to.have.length(1);
        expect(stream.delays[0]).to.be.within(30, 900);
        stream.close();
        await stream.ended;
        await server.untilOpen(0);
      });

      it(`${api}: a complete answer to a POST`, async () => {
        const stream = read(`${server.origin}/answer`, ask(true));
        await stream.ended;
        expect(stream.taken.map(({ event, data }) => [event, data])).to.deep.equal(
          words.map((word) => ['word', written(word)]),
        );
        expect(stream.opened).to.have.length(1);
        expect(stream.delays).to.be.empty;
        await server.untilOpen(0);
      });

      it(`${api}: an answer to a POST that is closed early`, async () => {
        const stream = read(`${server.origin}/answer`, ask(false));
        await until(
          () => stream.taken.length > 2 * words.length,
          () => `more than ${2 * words.length} words`,
        );
        await server.untilOpen(1);
        stream.close();
        const { length } = stream.taken;
        await stream.ended;
        await server.untilOpen(0);
        expect(stream.taken).to.have.length(length);
      });
    }

    it('events: leaving the loop closes the connection', async () => {
      let count = 0;
      for await (const { data } of events(`${server.origin}/answer`, ask(false))) {
        expect(data).to.equal(written(words[count] as string));
        count += 1;
        if (count === 3) break;
      }
      await server.untilOpen(0);
    });

    it('EventSource: comments reset the idle timeout', async () => {
      const source = new EventSource(`${server.origin}/feed`, {
        comments: true,
        idleTimeout: 2_000,
        lastEventId: 'é-6',
      });
      const errors: unknown[] = [];
      source.onerror = (error) => errors.push(error.message);
      await next(source, 'comment');
      await next(source, 'comment');
      source.close();
      // The server restarts the feed after an unknown ID. No event arrives if it has decoded the ID correctly.
      expect(errors).to.be.empty;
      expect(source.lastEventId).to.equal('é-6');
      await server.untilOpen(0);
    });
  });
}
