/** Streams of third-party servers, read with each API of the package. README.md says what the servers do. */

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

/** These make JSON of all data, as their documentation has it. */
const writesJson = (name: string) => /better-sse|fastify/.test(name);

const ask = (ends: boolean) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ words, ends }),
});

it('there are servers', () => {
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
      it(`${api}: a feed: types, IDs, data; on after its end with the last ID; closing`, async () => {
        const stream = read(`${server.origin}/feed`);
        await until(
          () => stream.taken.length >= feed.length,
          () => `${feed.length} events, not ${JSON.stringify(stream.taken)}`,
        );
        await server.untilOpen(1);
        // Comments come meanwhile, and are nothing.
        await sleep(250);
        expect(stream.taken).to.deep.equal(feed.map((event) => ({ ...event, data: written(event.data) })));
        expect(stream.opened).to.have.length(2);
        // `retry: 30`: without it they would be a second, or three.
        expect(stream.delays).to.have.length(1);
        expect(stream.delays[0]).to.be.within(30, 900);
        stream.close();
        await stream.ended;
        await server.untilOpen(0);
      });

      it(`${api}: an answer to a POST, to its end`, async () => {
        const stream = read(`${server.origin}/answer`, ask(true));
        await stream.ended;
        expect(stream.taken.map(({ event, data }) => [event, data])).to.deep.equal(
          words.map((word) => ['word', written(word)]),
        );
        expect(stream.opened).to.have.length(1);
        expect(stream.delays).to.be.empty;
        await server.untilOpen(0);
      });

      it(`${api}: an answer to a POST that is left in the middle`, async () => {
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

    it('EventSource: comments are signs of life', async () => {
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
      // An ID that the server doesn't know starts the feed again; nothing arrives if the server has understood it.
      expect(errors).to.be.empty;
      expect(source.lastEventId).to.equal('é-6');
      await server.untilOpen(0);
    });
  });
}
