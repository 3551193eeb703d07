/**
 * `SharedEventSource` in real tabs: random events happen to the tab that holds the connection. `SHARED_SECONDS` is the
 * duration in each browser, `SHARED_SEED` repeats a run.
 */

import { expect } from 'chai';
import type { Browser } from '../../../tools/browsers.mjs';
import { generator } from '../../support/chaos/random.js';
import { lastUse, Site } from './server.js';
import { type Act, engines, type Tab, type Tabs } from './tabs.js';

const { SHARED_BROWSERS = '[]', SHARED_SECONDS = '12', SHARED_SEED } = process.env;
const seconds = Number(SHARED_SECONDS);
const seed = Number(SHARED_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** The state of a tab (see the page in `server.ts`). */
interface State {
  readyState: number;
  isShared: boolean;
  count: number;
  last: number;
  gaps: number;
  froze: number;
  restored: number;
  /** How many WebAssembly modules have been started. */
  modules: number;
  faults: string[];
  /** The messages of errors that ended the connection. */
  errors: string[];
}

/** The limit for a hand-over, in milliseconds. */
const HAND_OVER = 1_000;

/** In milliseconds: longer hand-overs are counted. */
const AIM = 100;

/**
 * After an abort, Chromium's network process can keep reading a response for up to 5 s, to reuse the connection. The
 * page gets none of this data.
 */
const DRAIN: Record<string, number> = { chromium: 5_000 };

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > end) expect.fail(`timed out after 20 s: ${what}`);
    await sleep(20);
  }
}

const stateOf = async (tab: Tab): Promise<State> =>
  JSON.parse(
    (await tab.evaluate(
      'JSON.stringify({ ...tab, readyState: source.readyState, isShared: source.isShared })',
    )) as string,
  );

/** Waits until the tab has received the last event. */
async function caughtUp(tab: Tab, site: Site): Promise<State> {
  let state: State | undefined;
  await until(async () => {
    state = await stateOf(tab);
    return state.readyState === 1 && (state.last === site.last || state.count === 0);
  }, `event ${site.last} in tab ${tab.id}`).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(state)}`);
  });
  return state as State;
}

for (const installed of JSON.parse(SHARED_BROWSERS) as Browser[]) {
  describe(`one connection for all tabs in ${installed.name}`, () => {
    let site: Site;
    let tabs: Tabs;
    let count = 0;

    beforeEach(async function () {
      this.timeout(120_000);
      site = await Site.start();
      tabs = await (engines[installed.name] as (browser: Browser) => Promise<Tabs>)(installed);
    });
    afterEach(async function () {
      this.timeout(60_000);
      await tabs?.stop();
      site.stop();
    });

    const open = (path = '/') => {
      const id = `${++count}`;
      return tabs.open(id, `${site.origin}${path}?tab=${id}`);
    };

    it('20 tabs use one connection, and the site still loads', async function () {
      this.timeout(180_000);
      const all: Tab[] = [];
      while (all.length < 20) all.push(await open());
      for (const tab of all) await caughtUp(tab, site);
      for (let index = 0; index < 10; index++) {
        site.publish(10);
        await sleep(10);
      }
      for (const tab of all) {
        // Every tab has started its module, to be able to take over at once.
        expect(await caughtUp(tab, site)).to.include({ count: 100, gaps: 0, isShared: true, modules: 1 });
      }
      expect(site.connections).to.have.length(1);
      const text = await all[19]?.evaluate("fetch('/other').then((response) => response.text())");
      expect(text).to.include('other');
    });

    // The driver of WebKitGTK can't evaluate expressions in such a page.
    if (installed.name !== 'webkitgtk') {
      it('a tab that may not start the module gets an error, and the others go on', async function () {
        this.timeout(60_000);
        const first = await open();
        await caughtUp(first, site);
        const strict = await open('/strict');
        await until(async () => (await stateOf(strict)).errors.length > 0, 'an error');
        const { readyState, errors } = await stateOf(strict);
        expect(readyState).to.equal(2);
        expect(errors.join()).to.contain("'wasm-unsafe-eval'");
        await first.close();
        const next = await open();
        await caughtUp(next, site);
        site.publish();
        await until(async () => (await stateOf(next)).count === 1, 'the event');
        expect(site.connections.map(({ tab }) => tab)).to.deep.equal([first.id, next.id]);
      });
    }

    if (installed.name === 'chromium') {
      it('a holder that hangs is replaced, and catches up afterwards', async function () {
        this.timeout(120_000);
        // Some tabs share a process, and hang together.
        const all: Tab[] = [];
        while (all.length < 5) all.push(await open());
        for (const tab of all) await caughtUp(tab, site);
        site.publish();
        for (const tab of all) await caughtUp(tab, site);
        const [holder] = all as [Tab];
        const hanging = holder.evaluate('for (const end = Date.now() + 36_000; Date.now() < end; );');
        site.publish();
        const end = performance.now() + 34_000;
        while (site.connections.length < 2 && performance.now() < end) await sleep(50);
        // The visible tab takes over.
        expect(site.connections.map(({ tab }) => tab)).to.deep.equal([holder.id, all.at(-1)?.id]);
        site.publish();
        await hanging;
        await until(() => site.live.length === 1, 'the end of the first connection');
        site.publish();
        for (const tab of all) {
          expect(await caughtUp(tab, site)).to.deep.include({ count: 4, gaps: 0, faults: [] });
        }
        expect(site.connections).to.have.length(2);
      });
    }

    it(`whatever happens to the holder, each event once and in order (seed ${seed}, ${seconds} s)`, async function () {
      this.timeout(seconds * 1_000 + 240_000);
      const random = generator(seed);
      const delays: Partial<Record<Act, number[]>> = {};
      const overlaps: Partial<Record<Act, number>> = {};
      let all: Tab[] = [];
      let gaps = 0;
      let restored = 0;
      while (all.length < 5) all.push(await open());
      for (const tab of all) await caughtUp(tab, site);
      /** Applies the act to the holder, and waits until another tab has connected. */
      const strike = async (act: Act): Promise<Tab> => {
        await until(() => site.live.length === 1, 'a connection');
        const [live] = site.live;
        const holder = all.find(({ id }) => id === live?.tab);
        if (!live || !holder) return expect.fail(`tab ${live?.tab} isn't open`);
        const before = site.connections.length;
        const next = () => site.connections.slice(before).find(({ tab }) => tab !== holder.id);
        site.hidden.clear();
        if (act === 'navigate') await holder.evaluate("location.href = '/other'");
        else await holder[act]();
        await until(() => next() !== undefined, `a hand-over after ${act}`);
        await until(() => live.end !== undefined, `the end of the connection after ${act}`);
        // Firefox closes a page's connections as soon as it begins to navigate, before it unloads the page.
        const end = (act === 'navigate' && site.hidden.get(holder.id)) || lastUse(live);
        const begin = next()?.begin ?? 0;
        delays[act] ??= [];
        delays[act].push(begin - end);
        overlaps[act] = Math.max(overlaps[act] ?? 0, (live.end ?? 0) - begin);
        return holder;
      };
      const publishing = setInterval(() => site.publish(random() < 0.1 ? 20 : 1), 20);
      try {
        const end = performance.now() + seconds * 1_000;
        for (let turn = 0; performance.now() < end; turn++) {
          const act = tabs.acts[turn % tabs.acts.length] as Act;
          const holder = await strike(act);
          const others = all.filter((tab) => tab !== holder);
          await sleep(random() * 300);
          if (act === 'navigate') {
            await holder.back();
          } else if (act === 'freeze') {
            await holder.resume();
          } else {
            if (act !== 'close') await holder.close();
            all = others;
            all.push(await open());
          }
          for (const tab of all) {
            const state = await stateOf(tab).catch(() => undefined);
            expect(state?.faults ?? [], `tab ${tab.id} after ${act}`).to.deep.equal([]);
          }
        }
      } finally {
        clearInterval(publishing);
      }
      for (const tab of all) {
        const state = await caughtUp(tab, site);
        expect(state.faults).to.deep.equal([]);
        expect(state.errors).to.deep.equal([]);
        gaps += state.gaps;
        restored += state.restored;
      }
      if (tabs.lastAct) await strike(tabs.lastAct);
      const milliseconds = (act: Act) => {
        const sorted = (delays[act] ?? []).sort((a, b) => a - b);
        const at = (part: number) => Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN);
        const overlap = Math.round(overlaps[act] ?? 0);
        const slow = sorted.filter((delay) => delay > AIM).length;
        return `${act} ${sorted.length} (${at(0.5)} ms, at most ${at(1)}, ${slow} above ${AIM}; two for ${overlap})`;
      };
      const { open: overlap, used } = site.longestOverlaps;
      console.log(
        `figures: shared, ${installed.name}, seed ${seed}, ${seconds} s: ${(Object.keys(delays) as Act[]).map(milliseconds).join(', ')};` +
          ` ${site.last} events, ${site.connections.length} connections, ${gaps} gaps, ${restored} pages restored, ${site.interruptions} interruptions,` +
          ` two connections for at most ${Math.round(overlap)} ms, in use for ${Math.round(used)} ms`,
      );
      expect(used).to.be.below(HAND_OVER);
      expect(overlap).to.be.below(HAND_OVER + (DRAIN[installed.name] ?? 0));
    });
  });
}
