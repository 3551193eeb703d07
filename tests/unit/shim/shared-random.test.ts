/**
 * The protocol of `SharedEventSource` in a simulated browser: tabs are killed, closed, frozen and hang at random, and all
 * messages between them are late. The test name contains the seed. `RANDOM_LIFE_SEED` sets it, `RANDOM_LIFE_SECONDS` the
 * duration.
 */

import { expect } from 'chai';
import { Participant } from '../../../src/shim/shared/participant.js';
import { SharedEventSource } from '../../../src/shim/shared/shared-event-source.js';
import { generator } from '../../support/chaos/random.js';

declare const __SERVER__: { randomLife: { seed: number; seconds: number } };

const { seed, seconds } = __SERVER__.randomLife;

interface Storage {
  run<T>(store: Tab, callback: () => T): T;
  getStore(): Tab | undefined;
}

const { process } = globalThis as {
  process?: {
    getBuiltinModule?(name: string): { AsyncLocalStorage: new () => Storage } | undefined;
  };
};
const { AsyncLocalStorage } = process?.getBuiltinModule?.('node:async_hooks') ?? {};

/** Timers and the clock run faster by this factor. */
const SPEED = 100;

const { setTimeout } = globalThis;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Calls functions in order, each after a random time. */
class Pipe {
  readonly #items: (() => void)[] = [];
  readonly #random: () => number;
  readonly #isHeld: () => boolean;
  #isRunning = false;

  constructor(random: () => number, isHeld: () => boolean = () => false) {
    this.#random = random;
    this.#isHeld = isHeld;
  }

  push(item: () => void): void {
    this.#items.push(item);
    if (!this.#isRunning) this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#items.length > 0) {
      // Bursts are transported faster.
      if (this.#random() < (this.#items.length > 50 ? 0.01 : 0.5)) await sleep(this.#random() * 3);
      while (this.#isHeld()) await sleep(1);
      this.#items.shift()?.();
    }
    this.#isRunning = false;
  }
}

interface Lock {
  tab: Tab;
  grant(): void;
  steal(): void;
}

/** A simulated browser and its server, which numbers the events and resumes after `Last-Event-ID`. */
class World {
  readonly tabs: Tab[] = [];
  readonly random: () => number;
  readonly hasIds: boolean;
  readonly storage = new (AsyncLocalStorage as new () => Storage)();
  /** The browser's main process: all messages between tabs pass through it. */
  readonly parent: Pipe;
  readonly channels = new Set<Channel>();
  readonly connections = new Set<Connection>();
  readonly key = `http://127.0.0.1:1/${Math.random()}`;
  isHung = false;
  last = 0;
  requests = 0;
  steals = 0;
  #held: Lock | undefined;
  #waiting: Lock[] = [];

  constructor(random: () => number, hasIds: boolean) {
    this.random = random;
    this.hasIds = hasIds;
    this.parent = new Pipe(random, () => this.isHung);
  }

  get tab(): Tab {
    return this.storage.getStore() as Tab;
  }

  publish(): void {
    const event = this.#event(++this.last);
    for (const connection of this.connections) connection.write(event);
  }

  comment(): void {
    for (const connection of this.connections) connection.write(': comment\n\n');
  }

  connect(connection: Connection, lastEventId: string | null): void {
    this.connections.add(connection);
    this.requests++;
    connection.write('retry: 500\n\n');
    const seen = Number(lastEventId ?? this.last);
    for (let number = seen + 1; number <= this.last; number++) connection.write(this.#event(number));
  }

  #event(number: number): string {
    return `${this.hasIds ? `id: ${number}\n` : ''}data: ${number}\n\n`;
  }

  /** `LockManager.request` for one key. */
  request(
    options: { signal?: AbortSignal; steal?: boolean },
    hold: () => Promise<void> | undefined,
  ): Promise<void> {
    const { tab } = this;
    return new Promise((resolve, reject) => {
      const abort = () => reject(new DOMException('aborted', 'AbortError'));
      let isGranted = false;
      let isOver = false;
      const lock: Lock = {
        tab,
        grant: () =>
          tab.down.push(async () => {
            if (!isOver) {
              isGranted = true;
              await tab.run(hold);
            }
            tab.send(() => this.#release(lock));
            resolve();
          }),
        steal: () => tab.down.push(() => tab.run(abort)),
      };
      options.signal?.addEventListener('abort', () => {
        if (isGranted) return;
        isOver = true;
        tab.send(() => this.#release(lock));
        abort();
      });
      tab.send(() => {
        if (!options.steal) {
          this.#waiting.push(lock);
        } else {
          this.steals++;
          this.#held?.steal();
          this.#held = undefined;
          this.#waiting.unshift(lock);
        }
        this.#grant();
      });
    });
  }

  #release(lock: Lock): void {
    this.#waiting = this.#waiting.filter((other) => other !== lock);
    if (this.#held === lock) this.#held = undefined;
    this.#grant();
  }

  #grant(): void {
    if (this.#held) return;
    this.#held = this.#waiting.shift();
    this.#held?.grant();
  }

  /** Call this at the end of a tab's process. */
  bury(tab: Tab): void {
    for (const connection of this.connections)
      if (connection.tab === tab) this.connections.delete(connection);
    for (const channel of this.channels) if (channel.tab === tab) this.channels.delete(channel);
    this.#waiting = this.#waiting.filter((lock) => lock.tab !== tab);
    if (this.#held?.tab === tab) this.#held = undefined;
    this.#grant();
  }
}

let world: World;

class Channel {
  readonly tab = world.tab;
  onmessage: ((event: { data: unknown }) => void) | undefined;
  #isClosed = false;

  constructor() {
    this.tab.send(() => world.channels.add(this));
  }

  postMessage(message: unknown): void {
    if (this.#isClosed) throw new DOMException('closed', 'InvalidStateError');
    const data = structuredClone(message);
    this.tab.note(`> ${JSON.stringify(data)}`);
    this.tab.send(() => {
      for (const channel of world.channels) {
        if (channel === this) continue;
        const { tab } = channel;
        tab.down.push(() => {
          if (channel.#isClosed || tab.isDead || !channel.onmessage) return;
          tab.note(`< ${JSON.stringify(data)}`);
          tab.run(() => channel.onmessage?.({ data }));
        });
      }
    });
  }

  close(): void {
    this.#isClosed = true;
    this.tab.send(() => world.channels.delete(this));
  }
}

class Connection {
  readonly tab: Tab;
  readonly #down: Pipe;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOver = false;

  constructor(tab: Tab) {
    this.tab = tab;
    this.#down = new Pipe(world.random, () => tab.isHung || world.isHung);
  }

  open(signal: AbortSignal, lastEventId: string | null): Promise<Response> {
    const { tab } = this;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        this.#isOver = true;
        reject(signal.reason);
        tab.send(() => world.connections.delete(this));
      });
      tab.send(() => {
        if (this.#isOver) return;
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => {
            this.#controller = controller;
          },
        });
        const headers = { 'content-type': 'text/event-stream' };
        this.#down.push(() => resolve(new Response(body, { headers })));
        world.connect(this, lastEventId);
      });
    });
  }

  write(text: string): void {
    this.#down.push(() => {
      if (!this.#isOver) this.#controller?.enqueue(new TextEncoder().encode(text));
    });
  }

  /** Breaks the connection. */
  cut(): void {
    world.connections.delete(this);
    this.#down.push(() => {
      if (!this.#isOver) this.#controller?.error(new TypeError('cut'));
      this.#isOver = true;
    });
  }
}

/** A tab. It checks that it gets each event once and in order, except for reported gaps. */
class Tab {
  static count = 0;
  readonly id = ++Tab.count;
  isDead = false;
  isHung = false;
  readonly numbers: number[] = [];
  readonly faults: string[] = [];
  readonly notes: string[] = [];
  gaps = 0;
  source!: SharedEventSource;
  participant: Participant | undefined;
  readonly down: Pipe;
  readonly #up: Pipe;

  constructor() {
    this.down = new Pipe(world.random, () => this.isHung);
    this.#up = new Pipe(world.random);
    this.run(() => this.#open());
    world.tabs.push(this);
  }

  run<T>(callback: () => T): T {
    return world.storage.run(this, callback);
  }

  note(text: string): void {
    this.notes.push(text);
    if (this.notes.length > 60) this.notes.shift();
  }

  /** Sends a message to the main process. */
  send(item: () => void): void {
    if (!this.isDead) this.#up.push(() => world.parent.push(item));
  }

  kill(): void {
    this.send(() => world.bury(this));
    this.isDead = true;
    world.tabs.splice(world.tabs.indexOf(this), 1);
  }

  close(): void {
    this.run(() => this.source.close());
    this.kill();
  }

  async freeze(): Promise<void> {
    // It hasn't joined yet.
    if (!this.participant) return;
    this.note('freeze');
    this.run(() => this.participant?.leave());
    this.isHung = true;
    await sleep(world.random() < 0.5 ? world.random() * 20 : world.random() * 300);
    this.isHung = false;
    if (this.isDead) return;
    this.note('resume');
    this.run(() => this.participant?.join());
  }

  async hang(): Promise<void> {
    this.isHung = true;
    await sleep(world.random() * 400);
    this.isHung = false;
  }

  #open(): void {
    const { hasIds } = world;
    this.source = new SharedEventSource(world.key, {
      comments: true,
      fetch: (_url, init) =>
        new Connection(this).open(
          init?.signal as AbortSignal,
          new Headers(init?.headers).get('last-event-id'),
        ),
    });
    let isAfterGap = true;
    this.source.onmessage = ({ data }) => {
      if (this.isDead) return;
      const number = Number(data);
      const last = this.numbers.at(-1) ?? 0;
      this.note(`event ${number}`);
      // After a gap, an event can be an earlier one: groups of tabs that lost contact can be at different events.
      if (!isAfterGap && this.numbers.length > 0 && (hasIds ? number !== last + 1 : number <= last))
        this.faults.push(`${number} after ${last}`);
      isAfterGap = false;
      this.numbers.push(number);
    };
    this.source.onerror = ({ kind, message, willReconnect }) => {
      this.note(`error ${kind}`);
      if (kind === 'gap') {
        this.gaps++;
        isAfterGap = true;
      } else if (!willReconnect && !this.isDead) {
        this.faults.push(message);
      }
    };
  }
}

/** Replaces the platform's timers, clock, channels and locks. Returns a function that restores them. */
function install(): () => void {
  const { BroadcastChannel } = globalThis;
  const { join } = Participant.prototype;
  const { now } = Date;
  const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Participant.prototype.join = function () {
    world.tab.participant = this;
    join.call(this);
  };
  const begin = now();
  const start = performance.now();
  Date.now = () => begin + Math.floor((performance.now() - start) * SPEED);
  globalThis.setTimeout = ((callback: () => void, milliseconds = 0) => {
    const tab = world.storage.getStore();
    const run = () => {
      if (tab?.isHung) setTimeout(run, 1);
      else if (!tab?.isDead) callback();
    };
    return setTimeout(run, milliseconds / SPEED);
  }) as typeof setTimeout;
  globalThis.BroadcastChannel = Channel as never;
  const locks = {
    request: (_key: string, ...rest: Parameters<World['request']>) => world.request(...rest),
  };
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });
  return () => {
    Participant.prototype.join = join;
    Date.now = now;
    globalThis.setTimeout = setTimeout;
    globalThis.BroadcastChannel = BroadcastChannel;
    if (navigator) Object.defineProperty(globalThis, 'navigator', navigator);
    else Reflect.deleteProperty(globalThis, 'navigator');
  };
}

/** One run. Returns what went wrong. */
async function live(random: () => number, hasIds: boolean): Promise<string[]> {
  world = new World(random, hasIds);
  const { tabs } = world;
  const all: Tab[] = [];
  const enter = () => all.push(new Tab());
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const faults = () => all.flatMap((tab) => tab.faults.map((fault) => `tab ${tab.id}: ${fault}`));
  while (tabs.length < 4) enter();
  for (let step = 0; step < 60 && faults().length === 0; step++) {
    // Mostly the tab that has the connection.
    const holder = random() < 0.8 ? [...world.connections].at(-1)?.tab : undefined;
    const tab = holder && !holder.isDead ? holder : pick(tabs);
    const dice = random();
    if (dice < 0.12) tab.kill();
    else if (dice < 0.24) tab.close();
    else if (dice < 0.4 && !tab.isHung) tab.freeze();
    else if (dice < 0.48 && !tab.isHung) tab.hang();
    else if (dice < 0.54) for (const connection of world.connections) connection.cut();
    else if (dice < 0.57 && !world.isHung) {
      world.isHung = true;
      setTimeout(() => {
        world.isHung = false;
      }, random() * 200);
    }
    while (tabs.length < 3 || (tabs.length < 6 && random() < 0.2)) enter();
    // More than a log can hold.
    if (random() < 0.01) for (let count = 0; count < 1_200; count++) world.publish();
    for (let count = random() * 12; count > 0; count--) {
      if (random() < 0.1) world.comment();
      else world.publish();
      if (random() < 0.5) await sleep(random() * 6);
    }
  }
  const end = performance.now() + 20_000;
  const isSettled = () =>
    tabs.every((tab) => tab.source.readyState === 1 && tab.numbers.at(-1) === world.last) &&
    world.connections.size === 1;
  while (faults().length === 0 && !isSettled() && performance.now() < end) {
    world.publish();
    await sleep(50);
  }
  const found = faults();
  if (found.length === 0 && !isSettled()) {
    const states = tabs.map((tab) => `${tab.id}: ${tab.source.readyState}, ${tab.numbers.at(-1)}`);
    found.push(`not settled: ${world.last}, ${world.connections.size} connections; ${states.join('; ')}`);
  }
  for (const tab of all) {
    if (tab.faults.length > 0) console.error(`tab ${tab.id}:\n${tab.notes.join('\n')}`);
  }
  for (const tab of all) tab.run(() => tab.source.close());
  return found;
}

// The protocol doesn't depend on the runtime, and the simulation needs one realm for all tabs.
if (AsyncLocalStorage && !('Deno' in globalThis || 'Bun' in globalThis)) {
  describe('SharedEventSource in a simulated browser', () => {
    let restore: () => void;
    before(() => {
      restore = install();
    });
    after(() => restore());

    it(`each event once and in order, whatever happens to the tabs (seed ${seed}, ${seconds} s)`, async function () {
      this.timeout((seconds + 60) * 1_000);
      this.retries(0);
      const random = generator(seed);
      let lives = 0;
      let gaps = 0;
      let steals = 0;
      let events = 0;
      let requests = 0;
      for (const end = performance.now() + seconds * 1_000; performance.now() < end; lives++) {
        const hasIds = random() < 0.8;
        expect(await live(random, hasIds), `life ${lives}, ${hasIds ? 'with' : 'without'} IDs`).to.deep.equal(
          [],
        );
        events += world.last;
        steals += world.steals;
        requests += world.requests;
        for (const tab of world.tabs) gaps += tab.gaps;
      }
      console.info(
        `figures: ${lives} simulated browsers, ${events} events, ${requests} requests, ${steals} stolen locks, ${gaps} gaps`,
      );
    });
  });
}
