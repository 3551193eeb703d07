/** Checks statements in `docs/migrating.md` against the other clients, where they can run. */

import { expect } from 'chai';
import { createEventSource } from 'eventsource-client';
import { EventSource } from 'eventsource-wasm';
import { events } from 'eventsource-wasm/stream';
import { next, sleep, using } from '../../conformance/conformance-test.js';
import { Scenario } from '../../support/server/scenario.js';

describe('migrating', () => {
  it('a server’s event named "error" reaches onerror and its listeners, with data', async () => {
    const Classes = [EventSource, globalThis.EventSource].filter((Class) => Class !== undefined);
    for (const Class of Classes) {
      const scenario = await Scenario.of({
        steps: [':\n', 'event: error\nid: 1\ndata: oh\n\n', 'data: x\n\n', { end: 'hang' }],
      });
      await using(new Class(scenario.url) as EventSource, async (source) => {
        const seen: unknown[] = [];
        source.onerror = (event: Event) => seen.push((event as MessageEvent).data);
        source.addEventListener('error', (event: Event) => seen.push((event as MessageEvent).lastEventId));
        await next(source, 'message');
        expect(seen).to.deep.equal(['oh', '1']);
        expect(source.readyState).to.equal(EventSource.OPEN);
      });
    }
  });

  it('eventsource-client: the same loop yields the same events', async () => {
    const steps = [
      'id: 1\ndata: a\n\n',
      'event: named\ndata: b\n\n: comment\n\ndata: c\n\n',
      { end: 'hang' as const },
    ];
    const [theirs, ours] = [await Scenario.of({ steps }), await Scenario.of({ steps })];
    const take = async (
      loop: AsyncIterable<{ event?: string | undefined; data: string; id?: string | undefined }>,
    ) => {
      const taken: unknown[] = [];
      for await (const { event, data, id } of loop) {
        taken.push([event, data, id]);
        if (taken.length === 3) break;
      }
      return taken;
    };
    const init = { method: 'POST', headers: { 'X-Own': 'a' }, body: 'ping' };
    const client = createEventSource({ url: theirs.url, ...init, initialLastEventId: '7' });
    const before = await take(client);
    client.close();
    expect(await take(events(ours.url, { ...init, lastEventId: '7' }))).to.deep.equal(before);
    const seen = await Promise.all(
      [theirs, ours].map(async (scenario) => {
        const [request] = await scenario.until(([request]) => request?.isOpen === false);
        const { method, body, headers } = request ?? {};
        return [method, body, headers?.['x-own'], headers?.['last-event-id']];
      }),
    );
    expect(seen[1]).to.deep.equal(['POST', 'ping', 'a', '7']);
    expect(seen[0]).to.deep.equal(seen[1]);
  });

  it('eventsource-client repeats a POST when its stream ends; here the loop ends', async () => {
    const answer = { steps: ['retry: 1\ndata: a\n\n'] };
    const [theirs, ours] = [await Scenario.of(answer), await Scenario.of(answer)];
    const client = createEventSource({ url: theirs.url, method: 'POST', body: 'ping' });
    expect(await theirs.until((requests) => requests.length > 1)).to.have.length.above(1);
    client.close();
    const data = [];
    for await (const event of events(ours.url, { method: 'POST', body: 'ping' })) data.push(event.data);
    await sleep(50);
    expect(data).to.deep.equal(['a']);
    expect(await ours.requests()).to.have.length(1);
  });
});
