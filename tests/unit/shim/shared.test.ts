/** The protocol of `SharedEventSource`, with objects in one page. tests/integration/shared uses real tabs. */

import { expect } from 'chai';
import { EventSource, type EventSourceErrorEvent } from 'eventsource-wasm';
import { SharedEventSource, type SharedEventSourceInit } from 'eventsource-wasm/shared';
import { type Entry, EventLog } from '../../../src/shim/shared/event-log.js';
import { next, record, sleep } from '../../conformance/conformance-test.js';
import { generator } from '../../support/chaos/random.js';
import { Feed } from './shared-feed.js';
import { installLocks } from './shared-locks.js';

const open: SharedEventSource[] = [];

function join(feed: Feed, init: SharedEventSourceInit = {}): SharedEventSource {
  const source = new SharedEventSource(feed.url, { fetch: feed.fetch, ...init });
  open.push(source);
  return source;
}

/** Objects that share an open connection. The first holds it. */
async function group(feed: Feed, size: number, init: SharedEventSourceInit = {}) {
  const sources: SharedEventSource[] = [];
  for (let index = 0; index < size; index++) {
    const source = join(feed, init);
    sources.push(source);
    await next(source, 'open');
  }
  return sources;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (condition()) return;
    await sleep(5);
  }
  expect.fail(`timed out after 5 s: ${what}`);
}

/** Collects the data of the messages as numbers. */
function collect(source: EventSource): number[] {
  const numbers: number[] = [];
  source.addEventListener('message', ({ data }) => numbers.push(Number(data)));
  return numbers;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Records the messages on the channel from now on. */
async function listenIn(): Promise<{ texts: string[]; channel: BroadcastChannel }> {
  const { held = [] } = await navigator.locks.query();
  const channel = new BroadcastChannel(held.at(-1)?.name as string);
  const texts: string[] = [];
  channel.onmessage = ({ data }: MessageEvent) => texts.push(JSON.stringify(data));
  return { texts, channel };
}

/** Replaces channels with ones that can miss messages. Returns each member's channel, in the order of joining. */
function makeChannelsDeaf(): { members: { isDeaf: boolean }[]; later: { isDeaf: boolean }; restore(): void } {
  const { BroadcastChannel } = globalThis;
  const members: { isDeaf: boolean }[] = [];
  /** For members that join later. */
  const later = { isDeaf: false };
  class DeafChannel extends BroadcastChannel {
    isDeaf = later.isDeaf;
    override set onmessage(listener: ((event: MessageEvent) => void) | null) {
      if (!listener) {
        super.onmessage = null;
        return;
      }
      members.push(this);
      super.onmessage = (event: MessageEvent) => {
        // The lock needs the echoes.
        if (!this.isDeaf || event.data.kind === 'echo') listener(event);
      };
    }
  }
  globalThis.BroadcastChannel = DeafChannel;
  return {
    members,
    later,
    restore: () => {
      globalThis.BroadcastChannel = BroadcastChannel;
    },
  };
}

/** Joins, but requests the lock only when `queue` is called, so that objects that join in between are before it. */
async function joinAsLast(feed: Feed): Promise<{ source: SharedEventSource; queue(): void }> {
  const { locks } = navigator;
  const { request } = locks;
  const waiting: (() => void)[] = [];
  locks.request = (...args: unknown[]) =>
    new Promise((resolve) => {
      waiting.push(() => resolve(Reflect.apply(request, locks, args)));
    });
  const source = join(feed);
  await next(source, 'open');
  locks.request = request;
  return {
    source,
    queue: () => {
      for (const run of waiting) run();
    },
  };
}

/** A holder, and an object of {@link joinAsLast} that has received the first three events. */
async function groupWithLast(feed: Feed) {
  const [first] = await group(feed, 1);
  const { source, queue } = await joinAsLast(feed);
  const seen = collect(source);
  const errors = record(source, 'error');
  for (let index = 0; index < 3; index++) feed.publish();
  await until(() => seen.length === 3, 'the first events');
  return { first, queue, seen, errors };
}

describe('SharedEventSource', () => {
  let removeLocks: () => void;
  before(function () {
    // Cloudflare's runtime has no BroadcastChannel, and nothing to share a connection with.
    if (typeof BroadcastChannel === 'undefined') this.skip();
    removeLocks = installLocks();
  });
  afterEach(() => {
    for (const source of open.splice(0)) source.close();
  });
  after(() => removeLocks?.());

  describe('one connection', () => {
    it('every object gets each event once, in order', async () => {
      const feed = new Feed();
      const sources = await group(feed, 5);
      const seen = sources.map(collect);
      for (let index = 0; index < 300; index++) feed.publish();
      await until(() => seen.every(({ length }) => length === 300), 'all events');
      for (const numbers of seen) expect(numbers).to.deep.equal(range(1, 300));
      expect(feed.requests).to.have.length(1);
      for (const source of sources) {
        expect(source).to.include({ isShared: true, readyState: 1, lastEventId: '300', url: feed.url });
      }
    });

    it('closing the last object ends it', async () => {
      const feed = new Feed();
      const [first, second] = await group(feed, 2);
      second?.close();
      await sleep(20);
      expect(feed.live).to.equal(1);
      expect(first?.readyState).to.equal(1);
      first?.close();
      await until(() => feed.live === 0, 'the end of the connection');
      expect(feed.requests).to.have.length(1);
      expect([first?.readyState, second?.readyState]).to.deep.equal([2, 2]);
    });

    it('no event fires after close()', async () => {
      const feed = new Feed();
      const [, second] = await group(feed, 2);
      const seen = collect(second as SharedEventSource);
      feed.publish();
      second?.close();
      feed.publish();
      await sleep(50);
      expect(seen).to.deep.equal([]);
    });

    it('different credentials or names use separate connections, different fragments don’t', async () => {
      const feed = new Feed();
      join(feed, { name: 'a' });
      join(feed, { name: 'b' });
      join(feed, { name: 'a', withCredentials: true });
      open.push(new SharedEventSource(`${feed.url}#part`, { fetch: feed.fetch, name: 'a' }));
      await Promise.all(open.map((source) => next(source, 'open')));
      expect(feed.requests).to.have.length(3);
    });

    it('events have the same type, data, origin and ID in every object', async () => {
      const feed = new Feed();
      const sources = await group(feed, 2, { comments: true });
      const types = ['price', 'message', 'open', 'error', 'close', 'comment'];
      const seen = sources.map((source) => record(source, ...types));
      const origins: string[] = [];
      for (const source of sources) source.addEventListener('price', ({ origin }) => origins.push(origin));
      for (const type of types) feed.publish(`event: ${type}\n`);
      feed.send(': said\n\n');
      const expected = [...types.map((type, index) => [type, `${index + 1}`, `${index + 1}`])];
      expected.push(['comment', ' said', '6']);
      await until(() => seen.every(({ length }) => length === expected.length), 'all events');
      for (const events of seen) {
        expect(events.map(([type, data = '', id]) => [type, data.trim(), id])).to.deep.equal(
          expected.map(([type, data = '', id]) => [type, data.trim(), id]),
        );
      }
      expect(origins).to.deep.equal([new URL(feed.url).origin, new URL(feed.url).origin]);
    });

    it('onEvent is called in every object', async () => {
      const feed = new Feed();
      const types: string[] = [];
      await group(feed, 3, { onEvent: ({ type }) => types.push(type) });
      feed.publish('event: a\n');
      feed.publish();
      await until(() => types.length === 6, 'all calls');
      expect(types.sort()).to.deep.equal(['a', 'a', 'a', 'message', 'message', 'message']);
    });
  });

  describe('hand-over', () => {
    it('resumes after the last event ID: each event once, in order', async () => {
      const feed = new Feed();
      const sources = await group(feed, 4);
      const seen = sources.map(collect);
      for (let index = 0; index < 50; index++) feed.publish();
      await until(() => seen.every(({ length }) => length === 50), 'the first events');
      const states: number[] = [];
      sources[1]?.addEventListener('open', () => states.push(sources[1]?.readyState ?? -1));
      sources[0]?.close();
      for (let index = 0; index < 50; index++) feed.publish();
      await until(() => seen.slice(1).every(({ length }) => length === 100), 'all events');
      for (const numbers of seen.slice(1)) expect(numbers).to.deep.equal(range(1, 100));
      expect(feed.requests.map(({ lastEventId }) => lastEventId)).to.deep.equal(['', '50']);
      expect(feed.live).to.equal(1);
      expect(states).to.deep.equal([1]);
    });

    it('before the first event: no gap', async () => {
      const feed = new Feed();
      const [first, ...others] = await group(feed, 3);
      const seen = others.map(collect);
      const errors = others.map((source) => record(source, 'error'));
      first?.close();
      await until(() => feed.requests.length === 2 && feed.live === 1, 'the hand-over');
      feed.publish();
      await until(() => seen.every(({ length }) => length === 1), 'the event');
      expect(errors).to.deep.equal([[], []]);
    });

    it('without IDs, no event is repeated', async () => {
      const feed = new Feed({ hasIds: false });
      const sources = await group(feed, 3);
      const seen = sources.map(collect);
      for (let index = 0; index < 20; index++) feed.publish();
      await until(() => seen.every(({ length }) => length === 20), 'the first events');
      sources[0]?.close();
      await until(() => feed.requests.length === 2 && feed.live === 1, 'the next connection');
      feed.publish();
      await until(() => seen.slice(1).every(({ length }) => length === 21), 'the last event');
      for (const numbers of seen.slice(1)) expect(numbers).to.deep.equal(range(1, 21));
      expect(feed.requests[1]?.lastEventId).to.equal('');
    });

    describe('the log of events, when another tab takes over', () => {
      const event = (id: number | string, lastEventId = `${id}`): Entry => [
        'message',
        `${id}`,
        lastEventId,
        'http://a',
        false,
      ];
      const push = (log: EventLog, ...ids: number[]) => {
        for (const id of ids) log.push(event(id));
      };
      /** Takes all events. Returns their data. */
      const take = (log: EventLog) => {
        const data: string[] = [];
        for (let entry = log.take(); entry !== undefined; entry = log.take()) data.push(entry?.[1] ?? 'gap');
        return data.join(' ');
      };

      /** A log that began after an ID, and whose events have been taken. */
      const logOf = (startId: number, ...ids: number[]) => {
        const log = new EventLog();
        log.restart(startId, startId === 0 ? '' : `${startId}`);
        push(log, ...ids);
        expect(take(log)).to.equal(ids.join(' '));
        return log;
      };

      it('resumes where it took over', () => {
        const log = logOf(10, 11, 12);
        log.restart(10, '10', true);
        expect(log).to.include({ end: 10, lastEventId: '10' });
        push(log, 11, 12, 13);
        expect(take(log)).to.equal('13');
      });

      it('twice in a row: no event is repeated', () => {
        const log = logOf(0, 1, 2, 3, 4, 5);
        // Two new holders with three events each. The second takes over after the first has sent one more.
        log.restart(3, '3', true);
        push(log, 4);
        expect(take(log)).to.equal('');
        log.restart(3, '3', true);
        push(log, 4, 5, 6);
        expect(take(log)).to.equal('6');
      });

      it('new events without an ID between repeated ones: no event is repeated', () => {
        const log = logOf(0, 1, 2, 3, 4, 5);
        log.restart(2, '2', true);
        // Events without an ID have that of the event before.
        log.push(event('new', '2'));
        push(log, 3);
        log.push(event('newer', '3'));
        push(log, 4);
        log.push(event('newest', '4'));
        push(log, 5, 6);
        expect(take(log)).to.equal('new newer newest 6');
      });

      it('events from before the log may arrive again: there is a gap', () => {
        const log = logOf(10, 11, 12);
        // The new holder had received less than this tab has in its log.
        log.restart(7, '7', true);
        push(log, 13);
        expect(take(log)).to.equal('gap 13');
      });

      it('stores older events for other tabs, without taking them', () => {
        const log = new EventLog();
        log.restart(12, '12', false, false, 10, '10');
        push(log, 11, 12, 13);
        expect(log).to.include({ start: 10, end: 13, lastEventId: '13', takenId: '12' });
        expect(take(log)).to.equal('13');
        expect(log.contents).to.deep.equal({ entries: [11, 12, 13].map((id) => event(id)), startId: '10' });
      });
    });

    it('an ID without an event is resumed after, and stored', async () => {
      const feed = new Feed();
      const ids: string[] = [];
      const store = { getItem: () => null, setItem: (_: string, id: string) => void ids.push(id) };
      const [first, second] = await group(feed, 2, { store });
      feed.send('id: 100\n\n');
      await until(() => second?.lastEventId === '100' && ids.length === 2, 'the ID');
      expect(first?.lastEventId).to.equal('100');
      first?.close();
      await until(() => feed.requests.length === 2 && feed.live === 1, 'the next connection');
      expect(feed.requests[1]?.lastEventId).to.equal('100');
      // An ID without a value resets it.
      const event = next(second as EventSource, 'message');
      feed.send('id\ndata: 1\n\n');
      await event;
      expect(second?.lastEventId).to.equal('');
      expect(ids).to.deep.equal(['100', '100', '']);
    });

    it('an ID that the server resets before the first event causes no hand-over', async () => {
      const feed = new Feed();
      const [first, second] = await group(feed, 2, { lastEventId: '5' });
      await until(() => second?.lastEventId === '5', 'the ID');
      feed.send('id\n\n');
      await until(() => second?.lastEventId === '', 'the reset');
      await sleep(50);
      expect(first?.lastEventId).to.equal('');
      expect(feed.requests).to.have.length(1);
    });

    it('close() keeps the ID of the last event that was fired', async () => {
      const feed = new Feed();
      const [first, second] = await group(feed, 2);
      second?.addEventListener('message', () => second.close());
      const seen = [first, second].map((source) => collect(source as EventSource));
      feed.send('id: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\n');
      await until(() => seen[0]?.length === 3, 'the events');
      expect(seen[1]).to.deep.equal([1]);
      expect(second?.lastEventId).to.equal('1');
    });

    it('to an object without events: resumes after the last event ID of the group', async () => {
      const feed = new Feed();
      const [first] = await group(feed, 1);
      for (let index = 0; index < 10; index++) feed.publish();
      await until(() => first?.lastEventId === '10', 'the first events');
      const late = [join(feed), join(feed)];
      await Promise.all(late.map((source) => next(source, 'open')));
      expect(late.map(({ lastEventId }) => lastEventId)).to.deep.equal(['10', '10']);
      const seen = late.map(collect);
      first?.close();
      feed.publish();
      await until(() => seen.every(({ length }) => length === 1), 'the event');
      expect(seen).to.deep.equal([[11], [11]]);
      expect(feed.requests[1]?.lastEventId).to.equal('10');
    });

    for (const hasIds of [true, false]) {
      it(`to an object that lags behind, ${hasIds ? 'with' : 'without'} IDs: no event is repeated`, async () => {
        const feed = new Feed({ hasIds });
        const { members, restore } = makeChannelsDeaf();
        try {
          const sources = await group(feed, 4);
          const seen = sources.map(collect);
          for (let index = 0; index < 10; index++) feed.publish();
          await until(() => seen.every(({ length }) => length === 10), 'the first events');
          Object.assign(members[1] as object, { isDeaf: true });
          for (let index = 0; index < 5; index++) feed.publish();
          await until(() => seen[3]?.length === 15, 'events that the second misses');
          Object.assign(members[1] as object, { isDeaf: false });
          sources[0]?.close();
          await until(() => feed.requests.length === 2 && feed.live === 1, 'the next connection');
          feed.publish();
          await until(() => seen.slice(1).every((numbers) => numbers.at(-1) === 16), 'the last event');
          expect(seen[1]).to.deep.equal(hasIds ? range(1, 16) : [...range(1, 10), 16]);
          expect(seen[2]).to.deep.equal(range(1, 16));
          expect(seen[3]).to.deep.equal(range(1, 16));
        } finally {
          restore();
        }
      });
    }

    it('an object that missed the hand-over and is ahead of the new holder gets each event once', async () => {
      const feed = new Feed();
      const { members, restore } = makeChannelsDeaf();
      try {
        const sources = await group(feed, 3, { comments: true });
        const seen = sources.map(collect);
        for (let index = 0; index < 10; index++) feed.publish();
        await until(() => seen.every(({ length }) => length === 10), 'the first events');
        // Only the first and the third get these. The server doesn't repeat the comments.
        Object.assign(members[1] as object, { isDeaf: true });
        feed.publish();
        for (let index = 0; index < 3; index++) feed.send(': said\n\n');
        await until(() => seen[2]?.length === 11, 'events that the second misses');
        await sleep(20);
        Object.assign(members[2] as object, { isDeaf: true });
        sources[0]?.close();
        Object.assign(members[1] as object, { isDeaf: false });
        for (let index = 0; index < 5; index++) feed.publish();
        await until(() => seen[1]?.length === 16, 'events that the third misses');
        Object.assign(members[2] as object, { isDeaf: false });
        feed.publish();
        await until(() => seen.slice(1).every((numbers) => numbers.at(-1) === 17), 'the last event');
        for (const numbers of seen.slice(1)) expect(numbers).to.deep.equal(range(1, 17));
      } finally {
        restore();
      }
    });

    it('an object that missed events gets them from a holder that joined after them', async () => {
      const feed = new Feed();
      const { members, restore } = makeChannelsDeaf();
      try {
        const { first, queue, seen, errors } = await groupWithLast(feed);
        Object.assign(members[1] as object, { isDeaf: true });
        for (let index = 0; index < 3; index++) feed.publish();
        await until(() => first?.lastEventId === '6', 'events that the second misses');
        await next(join(feed), 'open');
        queue();
        first?.close();
        await until(() => feed.requests.length === 2 && feed.live === 1, 'the hand-over');
        Object.assign(members[1] as object, { isDeaf: false });
        feed.publish();
        await until(() => seen.length === 7, 'all events');
        expect(seen).to.deep.equal(range(1, 7));
        expect(errors).to.deep.equal([]);
        expect(feed.requests[1]?.lastEventId).to.equal('6');
      } finally {
        restore();
      }
    });

    it('a holder that doesn’t know the ID to resume after is replaced by one that does', async () => {
      const feed = new Feed();
      const { members, later, restore } = makeChannelsDeaf();
      try {
        const { first, queue, seen, errors } = await groupWithLast(feed);
        later.isDeaf = true;
        const newcomerSeen = collect(join(feed));
        await until(() => members.length === 3, 'the channel of the new object');
        await sleep(20);
        queue();
        first?.close();
        for (let index = 0; index < 3; index++) feed.publish();
        await until(() => feed.requests.length === 3 && feed.live === 1, 'the second hand-over');
        Object.assign(members[2] as object, { isDeaf: false });
        feed.publish();
        await until(() => seen.length === 7, 'all events');
        expect(seen).to.deep.equal(range(1, 7));
        expect(errors).to.deep.equal([]);
        expect(feed.requests.map(({ lastEventId }) => lastEventId)).to.deep.equal(['', '', '3']);
        feed.publish();
        await until(() => newcomerSeen.at(-1) === 8, 'events of the new object');
      } finally {
        restore();
      }
    });

    it('an object that missed messages catches up, or gets an error of the kind gap', async () => {
      const feed = new Feed();
      const { members, restore } = makeChannelsDeaf();
      try {
        const sources = await group(feed, 2);
        const [quick, seen] = sources.map(collect) as [number[], number[]];
        const kinds: string[] = [];
        sources[1]?.addEventListener('error', ({ kind }) => kinds.push(kind));
        const miss = async (count: number) => {
          Object.assign(members[1] as object, { isDeaf: true });
          for (let index = 0; index < count; index++) feed.publish();
          await until(() => quick.length === feed.length, 'events that the second misses');
          await sleep(20);
          Object.assign(members[1] as object, { isDeaf: false });
          feed.publish();
          await until(() => seen.at(-1) === feed.length, 'the last event');
        };
        await miss(100);
        expect(seen).to.deep.equal(range(1, 101));
        expect(kinds).to.deep.equal([]);
        await miss(2_000);
        expect(kinds).to.deep.equal(['gap']);
        expect(seen).to.deep.equal([...range(1, 101), ...range(1_103, 2_102)]);
        expect(sources[1]?.readyState).to.equal(1);
      } finally {
        restore();
      }
    });

    it('takes the lock from a silent holder', async function () {
      this.timeout(60_000);
      const feed = new Feed();
      const { setTimeout } = globalThis;
      // Shorten the waits of the watchdog.
      const quick = (run: () => void, delay = 0) => setTimeout(run, delay > 1_000 ? delay / 50 : delay);
      globalThis.setTimeout = quick as typeof globalThis.setTimeout;
      try {
        const [first, second] = await group(feed, 2);
        const seen = collect(second as SharedEventSource);
        feed.publish();
        await until(() => seen.length === 1, 'the first event');
        const { held = [] } = await navigator.locks.query();
        const { name } = held.find((lock) => lock.name?.includes(feed.url)) as LockInfo;
        // A holder of the lock that sends no messages.
        const stolen = navigator.locks
          .request(name as string, { steal: true }, () => new Promise(() => {}))
          .catch((error: Error) => error.name);
        await until(() => feed.live === 0, 'the end of the connection');
        feed.publish();
        expect(await stolen).to.equal('AbortError');
        await until(() => seen.length === 2, 'the event');
        await sleep(100);
        expect(feed.live).to.equal(1);
        expect([first?.readyState, second?.readyState]).to.deep.equal([1, 1]);
      } finally {
        globalThis.setTimeout = setTimeout;
      }
    });

    const seed = Math.floor(Math.random() * 2 ** 31);
    it(`objects that join and leave at random (seed ${seed})`, async function () {
      this.timeout(60_000);
      const random = generator(seed);
      const feed = new Feed();
      const members: { source: SharedEventSource; numbers: number[] }[] = [];
      /** The events of each object, and `Number.NaN` for each gap. */
      const all: number[][] = [];
      let most = 0;
      const enter = () => {
        const source = join(feed);
        const numbers = collect(source);
        // An object that takes over before any holder has answered it knows no ID, so the others have a gap.
        source.addEventListener('error', ({ kind }) => {
          if (kind === 'gap') numbers.push(Number.NaN);
        });
        members.push({ source, numbers });
        all.push(numbers);
      };
      enter();
      for (let step = 0; step < 600; step++) {
        const dice = random();
        if (dice < 0.06 && members.length < 12) enter();
        else if (dice < 0.1 && members.length > 1) {
          const at = random() < 0.5 ? 0 : Math.floor(random() * members.length);
          members.splice(at, 1)[0]?.source.close();
        } else if (dice < 0.12) feed.cut();
        else feed.publish();
        most = Math.max(most, feed.live);
        if (random() < 0.4) await sleep(random() * 4);
      }
      // A cut connection reconnects after 3 seconds.
      for (const { source } of members) while (source.readyState !== 1) await sleep(20);
      feed.publish();
      const last = feed.length;
      for (let tries = 0; tries < 200; tries++) {
        if (members.every(({ source }) => source.lastEventId === `${last}`)) break;
        await sleep(50);
      }
      for (const { source, numbers } of members) {
        expect(source.readyState).to.equal(1);
        expect(numbers.at(-1)).to.equal(last);
      }
      for (const numbers of all) {
        const wrong = numbers.filter((number, at) => at > 0 && number - (numbers[at - 1] as number) > 1);
        expect(wrong).to.deep.equal([]);
        const known = numbers.filter((number) => !Number.isNaN(number));
        expect(known).to.deep.equal([...new Set(known)].sort((a, b) => a - b));
      }
      expect(most).to.equal(1);
    });
  });

  describe('late joiners', () => {
    it('get an open event, then only new events', async () => {
      const feed = new Feed();
      const [first] = await group(feed, 1);
      for (let index = 0; index < 10; index++) feed.publish();
      await until(() => first?.lastEventId === '10', 'the first events');
      const late = join(feed);
      const seen = collect(late);
      const opened = await next<Event & { status: number; headers: Headers }>(late, 'open');
      expect(opened.status).to.equal(200);
      expect(opened.headers.get('x-feed')).to.equal('yes');
      feed.publish();
      await until(() => seen.length > 0, 'the event');
      expect(seen).to.deep.equal([11]);
    });

    it('with replay: the last events that the holder has kept', async () => {
      const feed = new Feed();
      const [first] = await group(feed, 1, { replay: 3 });
      for (let index = 0; index < 10; index++) feed.publish();
      await until(() => first?.lastEventId === '10', 'the first events');
      const seen = collect(join(feed, { replay: 3 }));
      await until(() => seen.length === 3, 'the replay');
      feed.publish();
      await until(() => seen.length === 4, 'the event');
      expect(seen).to.deep.equal([8, 9, 10, 11]);
    });

    it('with a lastEventId: the events after it', async () => {
      const feed = new Feed();
      const [first] = await group(feed, 1);
      for (let index = 0; index < 10; index++) feed.publish();
      await until(() => first?.lastEventId === '10', 'the first events');
      const seen = collect(join(feed, { lastEventId: '4' }));
      await until(() => seen.length === 6, 'the events');
      expect(seen).to.deep.equal(range(5, 10));
      expect(feed.requests).to.have.length(1);
    });

    it('with the lastEventId after which the holder connected: the events after it', async () => {
      const feed = new Feed();
      for (let index = 0; index < 10; index++) feed.publish();
      const first = join(feed, { lastEventId: '4' });
      await until(() => first.lastEventId === '10', 'the events of the first');
      const late = join(feed, { lastEventId: '4' });
      const seen = collect(late);
      const errors = record(late, 'error');
      await until(() => seen.length === 6, 'the events');
      expect(seen).to.deep.equal(range(5, 10));
      expect(errors).to.deep.equal([]);
      expect(feed.requests).to.have.length(1);
    });

    it('with a lastEventId that the holder doesn’t know: an error of the kind gap', async () => {
      const feed = new Feed();
      const [first] = await group(feed, 1);
      feed.publish();
      await until(() => first?.lastEventId === '1', 'the first event');
      const late = join(feed, { lastEventId: 'long ago' });
      const error = await next<EventSourceErrorEvent>(late, 'error');
      expect(error).to.include({ kind: 'gap', willReconnect: true });
      expect(late.readyState).to.equal(1);
    });

    it('each object stores its own ID', async () => {
      const feed = new Feed();
      const [first] = await group(feed, 1);
      for (let index = 0; index < 3; index++) feed.publish();
      await until(() => first?.lastEventId === '3', 'the first events');
      const kept: string[] = [];
      const store = { getItem: async () => '1', setItem: (_name: string, id: string) => kept.push(id) };
      const seen = collect(join(feed, { store }));
      await until(() => seen.length === 2, 'the events');
      expect(seen).to.deep.equal([2, 3]);
      expect(kept).to.deep.equal(['2', '3']);
    });
  });

  describe('errors', () => {
    it('every object gets the error, with status, body, delay, retryAfter and willReconnect', async () => {
      const feed = new Feed();
      const init = { reconnect: { statuses: [503], initialDelay: 50, jitter: 0, retryAfter: false } };
      const sources = await group(feed, 2, init);
      feed.refusals.push([503, { 'x-why': 'load', 'retry-after': '7' }, '{"why":"later"}']);
      const failures = sources.map(
        (source) =>
          new Promise<EventSourceErrorEvent>((resolve) => {
            source.addEventListener('error', (error) => error.status && resolve(error));
          }),
      );
      feed.cut();
      for (const failure of failures) {
        const error = await failure;
        expect(error).to.include({ kind: 'status', status: 503, retryAfter: 7_000, willReconnect: true });
        expect(error.delay).to.be.a('number');
        expect(error.json()).to.deep.equal({ why: 'later' });
        expect(error.headers?.get('x-why')).to.equal('load');
        expect(error.message).to.equal((await failures[0])?.message);
      }
      await until(() => sources.every(({ readyState }) => readyState === 1), 'open again');
      expect(feed.live).to.equal(1);
    });

    it('the end of the stream closes every object, after its events', async () => {
      const feed = new Feed();
      const sources = await group(feed, 3, { reconnect: false });
      const seen = sources.map((source) => record(source, 'message', 'error', 'close'));
      feed.publish();
      feed.cut();
      await until(() => seen.every(({ length }) => length === 2), 'the end');
      for (const events of seen) expect(events).to.deep.equal([['message', '1', '1'], ['close']]);
      await sleep(20);
      expect(sources.map(({ readyState }) => readyState)).to.deep.equal([2, 2, 2]);
      expect(feed.requests).to.have.length(1);
    });

    it('a final error closes every object, with one request', async () => {
      const feed = new Feed();
      const sources = await group(feed, 4, { reconnect: { initialDelay: 20, jitter: 0 } });
      feed.refusals.push([401]);
      const failures = sources.map(async (source) => {
        for (;;) {
          const error = await next<EventSourceErrorEvent>(source, 'error');
          if (!error.willReconnect) return error.status;
        }
      });
      feed.cut();
      expect(await Promise.all(failures)).to.deep.equal([401, 401, 401, 401]);
      await sleep(50);
      expect(sources.map(({ readyState }) => readyState)).to.deep.equal([2, 2, 2, 2]);
      expect(feed.requests).to.have.length(2);
    });
  });

  describe('closeAll', () => {
    it('closes all objects of a URL, with any name', async () => {
      const feed = new Feed();
      const other = new Feed();
      const sources = await group(feed, 2);
      sources.push(join(feed, { name: 'x' }), join(feed, { withCredentials: true }));
      const [stays] = await group(other, 1);
      const closed = sources.map((source) => next(source, 'close'));
      await SharedEventSource.closeAll(feed.url);
      await Promise.all(closed);
      expect(sources.map(({ readyState }) => readyState)).to.deep.equal([2, 2, 2, 2]);
      await until(() => feed.live === 0, 'the end of the connections');
      expect(stays?.readyState).to.equal(1);
    });
  });

  describe('options', () => {
    it('that differ cause an error that names them', async () => {
      const feed = new Feed();
      await group(feed, 1, { idleTimeout: 60_000, headers: { a: '1' } });
      for (const [init, name] of [
        [{ idleTimeout: 50_000, headers: { a: '1' } }, 'idleTimeout'],
        [{ idleTimeout: 60_000, headers: { a: '2' } }, 'headers'],
        [{ idleTimeout: 60_000, headers: { a: '1' }, reconnect: { maxAttempts: 3 } }, 'reconnect'],
        [{ idleTimeout: 60_000, headers: { a: '1' }, comments: true }, 'comments'],
      ] as const) {
        const source = join(feed, init);
        const error = await next<EventSourceErrorEvent>(source, 'error');
        expect(error).to.include({ kind: 'request', willReconnect: false });
        expect(error.message).to.include(`"${name}"`);
        expect(source.readyState).to.equal(2);
      }
      expect(feed.requests).to.have.length(1);
    });

    it('that are equivalent cause no error', async () => {
      const feed = new Feed();
      await group(feed, 1, { headers: new Headers({ a: '1', b: '2' }), reconnect: { factor: 2, jitter: 0 } });
      const source = join(feed, {
        headers: new Headers({ B: '2', A: '1' }),
        reconnect: { jitter: 0, factor: 2 },
      });
      await next(source, 'open');
      expect(feed.requests).to.have.length(1);
    });

    it('functions run in the tab that holds the connection', async () => {
      const feed = new Feed();
      const calls: number[] = [];
      for (const index of [0, 1]) {
        const headers = () => {
          calls.push(index);
          return { 'x-tab': `${index}` };
        };
        await next(join(feed, { headers }), 'open');
      }
      expect(calls).to.deep.equal([0]);
      open[0]?.close();
      await until(() => calls.length === 2, 'the next request');
      expect(calls).to.deep.equal([0, 1]);
      expect(feed.requests.map(({ headers }) => headers.get('x-tab'))).to.deep.equal(['0', '1']);
    });

    it('no message contains credentials', async () => {
      const feed = new Feed();
      const init = { headers: { authorization: 'Bearer s3cret' } };
      await group(feed, 1, init);
      const { texts, channel } = await listenIn();
      await next(join(feed, init), 'open');
      feed.publish();
      await until(() => texts.some((text) => text.includes('"1"')), 'the event');
      open[0]?.close();
      await until(() => feed.requests.length === 2 && feed.live === 1, 'the hand-over');
      channel.close();
      expect(feed.requests[1]?.headers.get('authorization')).to.equal('Bearer s3cret');
      expect(texts.join()).not.to.match(/s3cret|bearer/i);
    });

    it('unknown messages are ignored', async () => {
      const feed = new Feed();
      const sources = await group(feed, 2);
      const { channel } = await listenIn();
      for (const stranger of [null, 1, 'text', {}, { kind: 'another' }, { version: 0 }]) {
        channel.postMessage(stranger);
      }
      channel.close();
      const seen = sources.map(collect);
      feed.publish();
      await until(() => seen.every(({ length }) => length === 1), 'the event');
      expect(feed.requests).to.have.length(1);
    });

    it('POST is refused', () => {
      const init = { method: 'POST' } as unknown as SharedEventSourceInit;
      expect(() => new SharedEventSource('http://127.0.0.1:1/', init)).to.throw(TypeError, /POST/);
    });

    it('invalid arguments throw, as with EventSource', () => {
      const Untyped = SharedEventSource as unknown as new (...args: unknown[]) => SharedEventSource;
      expect(() => new Untyped()).to.throw(TypeError);
      expect(() => new Untyped('http://127.0.0.1:1/', 1)).to.throw(TypeError);
      expect(() => new Untyped('http://127.0.0.1:1/', { heartbeat: 1 })).to.throw(TypeError, /heartbeat/);
      expect(() => new Untyped('http://127.0.0.1:1/', { signal: {} })).to.throw(TypeError, /signal/);
      expect(() => new Untyped('http://127.0.0.1:1/', { replay: -1 })).to.throw(TypeError, /replay/);
      expect(() => new Untyped('http://['))
        .to.throw(DOMException)
        .with.property('name', 'SyntaxError');
    });

    it('a signal closes only its object', async () => {
      const feed = new Feed();
      const controller = new AbortController();
      const aborted = join(feed, { signal: controller.signal });
      const other = join(feed);
      await Promise.all([next(aborted, 'open'), next(other, 'open')]);
      controller.abort();
      expect(aborted.readyState).to.equal(2);
      await until(() => feed.requests.length === 2, 'the hand-over');
      expect(other.readyState).not.to.equal(2);
      expect(join(feed, { signal: controller.signal }).readyState).to.equal(2);
    });
  });

  describe('the interface', () => {
    it('is that of EventSource', async () => {
      const feed = new Feed();
      const source = join(feed);
      const native: globalThis.EventSource = source;
      const NativeClass: typeof globalThis.EventSource = SharedEventSource;
      expect(NativeClass).to.equal(SharedEventSource);
      expect(native).to.be.instanceOf(EventSource);
      expect([SharedEventSource.CONNECTING, source.OPEN, SharedEventSource.prototype.CLOSED]).to.deep.equal([
        0, 1, 2,
      ]);
      const ours = new EventSource(feed.url, { fetch: feed.fetch });
      ours.close();
      const members = (object: object) => {
        const names: string[] = [];
        for (const name in object) names.push(name);
        return names.sort();
      };
      expect(members(source)).to.deep.equal(members(ours));
      const calls: string[] = [];
      source.onopen = () => calls.push('replaced');
      source.addEventListener('open', () => calls.push('listener'));
      source.onopen = function (this: unknown) {
        calls.push(this === source ? 'handler' : 'lost');
      };
      await next(source, 'open');
      expect(calls).to.deep.equal(['handler', 'listener']);
    });

    it('promise reactions of one event run before the next one, in every tab', async () => {
      const feed = new Feed();
      const sources = await group(feed, 2);
      const logs = sources.map((source) => {
        const log: string[] = [];
        source.onmessage = async ({ data }) => {
          log.push(data);
          for (let depth = 0; depth < 5; depth++) await undefined;
          log.push(`after ${data}`);
        };
        return log;
      });
      for (let index = 0; index < 5; index++) feed.publish();
      await until(() => logs.every(({ length }) => length === 10), 'all events');
      const expected = range(1, 5).flatMap((number) => [`${number}`, `after ${number}`]);
      for (const log of logs) expect(log).to.deep.equal(expected);
    });

    it('loops read at their own pace', async () => {
      const feed = new Feed();
      const [first, second] = await group(feed, 2);
      const quick = collect(second as SharedEventSource);
      const slow: string[] = [];
      const loop = (async () => {
        for await (const { data } of first as SharedEventSource) {
          await sleep(5);
          slow.push(data);
          if (slow.length === 20) break;
        }
      })();
      for (let index = 0; index < 20; index++) feed.publish();
      await until(() => quick.length === 20, 'the events of the quick one');
      expect(slow.length).to.be.below(20);
      await loop;
      expect(slow.map(Number)).to.deep.equal(range(1, 20));
    });

    it('a loop that is too slow gets an error of the kind gap', async () => {
      const feed = new Feed();
      const [first, second] = await group(feed, 2);
      const quick = collect(second as SharedEventSource);
      const kinds: string[] = [];
      first?.addEventListener('error', ({ kind }) => kinds.push(kind));
      const iterator = (first as SharedEventSource)[Symbol.asyncIterator]();
      for (let index = 0; index < 1_500; index++) feed.publish();
      await until(() => quick.length === 1_500, 'the events of the quick one');
      const slow: number[] = [];
      while (slow.at(-1) !== 1_500) slow.push(Number((await iterator.next()).value.data));
      expect(kinds).to.deep.equal(['gap']);
      expect(slow).to.deep.equal([1, ...range(501, 1_500)]);
    });

    it('close() ends a loop, and a final error is thrown by it', async () => {
      const feed = new Feed();
      const [first, second] = await group(feed, 2, { reconnect: { maxAttempts: 0 } });
      const iterator = (first as SharedEventSource)[Symbol.asyncIterator]();
      const ended = iterator.next();
      first?.close();
      expect(await ended).to.deep.equal({ done: true, value: undefined });
      await until(() => feed.live === 1 && second?.readyState === 1, 'the hand-over');
      const failed = (second as SharedEventSource)[Symbol.asyncIterator]().next();
      feed.cut();
      const error = await failed.then(
        () => undefined,
        (reason) => reason,
      );
      expect(error).to.include({ kind: 'end' });
    });
  });

  describe('runtimes that can’t share', () => {
    for (const missing of ['locks', 'channels']) {
      it(`without ${missing}: each object has its own connection`, async () => {
        const feed = new Feed();
        const { BroadcastChannel } = globalThis;
        const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
        if (missing === 'channels') Reflect.deleteProperty(globalThis, 'BroadcastChannel');
        else {
          const value = { locks: undefined, onLine: true };
          Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
        }
        try {
          const sources = [join(feed), join(feed)];
          await Promise.all(sources.map((source) => next(source, 'open')));
          expect(sources.map(({ isShared }) => isShared)).to.deep.equal([false, false]);
          expect(feed.requests).to.have.length(2);
          const seen = sources.map(collect);
          feed.publish();
          await until(() => seen.every(({ length }) => length === 1), 'the event');
          await SharedEventSource.closeAll(feed.url);
          expect(feed.live).to.equal(0);
        } finally {
          globalThis.BroadcastChannel = BroadcastChannel;
          if (navigator) Object.defineProperty(globalThis, 'navigator', navigator);
          else Reflect.deleteProperty(globalThis, 'navigator');
        }
      });
    }
  });
});
