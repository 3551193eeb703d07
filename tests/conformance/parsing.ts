/** Points P1 to P12: every parser fixture over the network, whole and in chunks. */

import { expect } from 'chai';
import fixtures from '../support/fixtures/event-streams.json' with { type: 'json' };
import { Scenario, type Step } from '../support/server/scenario.js';
import { next, record, table, using } from './conformance-test.js';

export const parsingTests = table();
const { test } = parsingTests;

/** Appended to each stream, so that the test can wait for the last event. */
const END = '\n\ndata: end\nevent: end of the fixture\n\n';

function latin1(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
}

for (const fixture of fixtures as { name: string; stream: string; latin1?: boolean; events: string[][] }[]) {
  // The appended end would complete an unfinished event.
  if (fixture.name.startsWith('P10 an unfinished')) continue;
  const bytes = fixture.latin1 ? fixture.stream : latin1(fixture.stream);
  const middle = Math.floor(bytes.length / 2);
  const pieces: Record<string, Step[]> = {
    whole: [{ bytes: bytes + END }],
    'in two pieces': [{ bytes: bytes.slice(0, middle) }, { wait: 5 }, { bytes: bytes.slice(middle) + END }],
  };
  for (const [how, steps] of Object.entries(pieces)) {
    test(`${fixture.name}, ${how}`, async (EventSource) => {
      const scenario = Scenario.inline({ steps: [...steps, { end: 'hang' }] });
      await using(new EventSource(scenario.url), async (source) => {
        const types = new Set(['message', ...fixture.events.map(([type]) => type as string)]);
        // The stream may have events named `open` and `error`. Only events with data are from the stream.
        const events = record(source, ...types);
        await next(source, 'end of the fixture');
        expect(events.filter((event) => event.length === 3)).to.deep.equal(fixture.events);
      });
    });
  }
}

test('P10 an unfinished event is dropped, its ID with it', async (EventSource) => {
  const scenario = await Scenario.of(
    { steps: ['retry: 1\nid: 1\ndata: a\n\nid: 2\ndata: b\n'] },
    { steps: ['data: c\n\n', { end: 'hang' }] },
  );
  await using(new EventSource(scenario.url), async (source) => {
    const events = record(source, 'message');
    await scenario.until((requests) => requests.length === 2);
    while (events.length < 2) await next(source, 'message');
    expect(events).to.deep.equal([
      ['message', 'a', '1'],
      ['message', 'c', '1'],
    ]);
    expect((await scenario.requests())[1]?.headers['last-event-id']).to.equal('1');
  });
});

test('P11 the last event ID survives reconnections until the server sets another', async (EventSource) => {
  const scenario = await Scenario.of(
    { steps: ['retry: 1\nid: 1\ndata: a\n\n'] },
    { steps: ['data: b\n\n'] },
    { steps: ['event: named\ndata: c\n\nid: 2\ndata: d\n\n'] },
    { steps: ['data: e\n\nid\ndata: f\n\n'] },
    { steps: ['data: g\n\n', { end: 'hang' }] },
  );
  await using(new EventSource(scenario.url), async (source) => {
    const events = record(source, 'message', 'named');
    while (events.at(-1)?.[1] !== 'g') await next(source, 'message');
    expect(events).to.deep.equal([
      ['message', 'a', '1'],
      ['message', 'b', '1'],
      ['named', 'c', '1'],
      ['message', 'd', '2'],
      ['message', 'e', '2'],
      ['message', 'f', ''],
      ['message', 'g', ''],
    ]);
    const sent = (await scenario.requests()).map(({ headers }) => headers['last-event-id']);
    expect(sent).to.deep.equal([undefined, '1', '1', '2', undefined]);
  });
});

test('P3 an event that ends in CR is dispatched without waiting for the next byte', async (EventSource) => {
  const scenario = Scenario.inline({ steps: ['data: x\r\r', { end: 'hang' }] });
  await using(new EventSource(scenario.url), async (source) => {
    expect((await next(source, 'message')).data).to.equal('x');
  });
});

test('P12 a line of 4 MiB', async (EventSource) => {
  const scenario = await Scenario.of({ steps: [`data: ${'x'.repeat(4 << 20)}\n\n`, { end: 'hang' }] });
  await using(new EventSource(scenario.url), async (source) => {
    expect((await next(source, 'message')).data).to.have.length(4 << 20);
  });
});
