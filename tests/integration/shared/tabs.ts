/** Opens, closes, crashes, freezes and discards tabs of real browsers. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import puppeteer, { type Browser, type CDPSession, type Page } from 'puppeteer-core';
import type { Browser as Installed } from '../../../tools/browsers.mjs';
import { startDriver } from '../../support/webdriver.mjs';

export type Act = 'close' | 'crash' | 'navigate' | 'freeze' | 'discard';

export interface Tab {
  readonly id: string;
  /** Evaluates an expression in the page, and awaits its value. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
  /** Kills the tab's process. The tab can't be used any more. */
  crash(): Promise<void>;
  navigate(url: string): Promise<void>;
  back(): Promise<void>;
  freeze(): Promise<void>;
  resume(): Promise<void>;
  /** The browser unloads the page to save memory. The tab can't be used any more. */
  discard(): Promise<void>;
}

export interface Tabs {
  /** The acts that this browser supports. */
  readonly acts: readonly Act[];
  /** An act that is possible only once, because no tab can be controlled after it. */
  readonly lastAct?: Act;
  open(id: string, url: string): Promise<Tab>;
  stop(): Promise<void>;
}

const TIMEOUT = 60_000;

const impossible = async () => {
  throw new Error('not in this browser');
};

/** Puppeteer's flags that turn off features, such as the back/forward cache. */
const ignoreDefaultArgs = [
  '--disable-back-forward-cache',
  ...puppeteer.defaultArgs().filter((arg) => arg.startsWith('--disable-features')),
];

export const engines: Record<string, (browser: Installed) => Promise<Tabs>> = {
  async chromium({ executable }) {
    const browser = await puppeteer.launch({
      executablePath: executable,
      args: ['--no-sandbox'],
      ignoreDefaultArgs,
      protocolTimeout: TIMEOUT,
    });
    const control = await openDiscards(browser);
    const change = async (url: string, state: 'frozen' | 'discarded') => {
      // Only hidden pages are frozen or discarded.
      await control.bringToFront();
      // Until the other page has been shown: browsers discard tabs that have been hidden for a while.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await control.evaluate(changeState, url, state);
    };
    return {
      acts: ['close', 'crash', 'navigate', 'freeze', 'discard'],
      open: async (id, url) => {
        const page = await browser.newPage();
        await page.goto(url);
        let isDiscarded = false;
        return {
          ...puppeteerTab(id, page),
          // A discarded tab would reload its page when it is shown.
          close: () => (isDiscarded ? closeTarget(browser, url) : page.close()),
          crash: async () => {
            // A crashed page doesn't answer.
            const session = await page.createCDPSession();
            session.send('Page.crash').catch(() => {});
          },
          freeze: () => change(url, 'frozen'),
          // Showing a tab thaws it.
          resume: () => page.bringToFront(),
          discard: async () => {
            isDiscarded = true;
            await detach(page);
            await change(url, 'discarded');
          },
        };
      },
      stop: () => browser.close(),
    };
  },

  async firefox({ executable }) {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: executable,
      protocolTimeout: TIMEOUT,
      // A process for each tab, started when it is needed.
      extraPrefsFirefox: {
        'dom.ipc.processCount.webIsolated': 50,
        'dom.ipc.processPrelaunch.enabled': false,
        'dom.ipc.keepProcessesAlive.webIsolated.perOrigin': 0,
        'browser.tabs.crashReporting.sendReport': false,
      },
    });
    const processes = new Processes(browser.process()?.pid ?? 0, /-contentproc .*\btab$/);
    return {
      acts: ['close', 'crash', 'navigate'],
      open: async (id, url) => {
        let page: Page;
        let pid = 0;
        // A tab can reuse the process of a closed one, and then its process is unknown.
        for (let tries = 0; ; tries++) {
          processes.update();
          page = await browser.newPage();
          await page.goto(url);
          pid = processes.update();
          if (pid !== 0 || tries === 5) break;
          await page.close();
        }
        return {
          ...puppeteerTab(id, page),
          crash: async () => {
            killProcess(pid);
          },
          freeze: impossible,
          resume: impossible,
          discard: impossible,
        };
      },
      stop: () => browser.close(),
    };
  },

  async webkitgtk(installed) {
    const driver = await startDriver(installed);
    const { 'wdio:enforceWebDriverClassic': _, ...alwaysMatch } = driver.capabilities as Record<
      string,
      unknown
    >;
    const command = async (method: string, path: string, body?: object): Promise<unknown> => {
      const response = await fetch(`http://127.0.0.1:${driver.port}${path}`, {
        method,
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.timeout(TIMEOUT),
      });
      const { value } = (await response.json()) as { value: { error?: string; message?: string } };
      if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
      return value;
    };
    const { sessionId } = (await command('POST', '/session', { capabilities: { alwaysMatch } })) as {
      sessionId: string;
    };
    const session = `/session/${sessionId}`;
    await command('POST', `${session}/timeouts`, { script: TIMEOUT, pageLoad: TIMEOUT });
    const processes = new Processes(driver.pid, /WebKitWebProcess/);
    const home = (await command('GET', `${session}/window`)) as string;
    return {
      acts: ['close', 'navigate'],
      // The driver stops working after a crash.
      lastAct: 'crash',
      open: async (id, url) => {
        // A new tab is opened from an existing one.
        await command('POST', `${session}/window`, { handle: home });
        const { handle } = (await command('POST', `${session}/window/new`, { type: 'tab' })) as {
          handle: string;
        };
        const here = async (method: string, path: string, body?: object) => {
          await command('POST', `${session}/window`, { handle });
          return command(method, session + path, body);
        };
        await here('POST', '/url', { url });
        const script =
          'const [expression, done] = arguments; Promise.resolve((0, eval)(expression)).then(done, String)';
        const evaluate = (expression: string) =>
          here('POST', '/execute/async', { script, args: [expression] });
        return {
          id,
          evaluate,
          close: async () => {
            await here('DELETE', '/window');
          },
          navigate: async (url) => {
            await here('POST', '/url', { url });
          },
          back: async () => {
            await here('POST', '/back', {});
          },
          crash: async () => {
            // Processes are reused for other tabs, so find the tab's process by its load.
            killProcess(
              await processes.busiest(() =>
                evaluate('for (const end = Date.now() + 300; Date.now() < end; );'),
              ),
            );
          },
          ...{ freeze: impossible, resume: impossible, discard: impossible },
        };
      },
      stop: async () => {
        await command('DELETE', session).catch(() => {});
        driver.stop();
      },
    };
  },
};

/** A PID of 0 would kill this process and all its children. */
function killProcess(pid: number): void {
  if (pid === 0) throw new Error('the process of the tab is unknown');
  process.kill(pid, 'SIGKILL');
}

/** The processes of a browser that run pages. */
class Processes {
  readonly #root: number;
  readonly #pattern: RegExp;
  #known = new Set<number>();

  constructor(root: number, pattern: RegExp) {
    this.#root = root;
    this.#pattern = pattern;
  }

  /** The process that is new since the last call, or 0. */
  update(): number {
    const found = this.#find();
    const fresh = [...found].filter((pid) => !this.#known.has(pid));
    this.#known = found;
    return fresh.at(-1) ?? 0;
  }

  /** The process that uses the most CPU during `work`, or 0. */
  async busiest(work: () => Promise<unknown>): Promise<number> {
    const before = new Map([...this.#find()].map((pid) => [pid, processorTime(pid)]));
    await work();
    let longest = 0;
    let busiest = 0;
    for (const [pid, start] of before) {
      const time = processorTime(pid) - start;
      if (time <= longest) continue;
      longest = time;
      busiest = pid;
    }
    return busiest;
  }

  #find(): Set<number> {
    const parents = new Map<number, number>();
    const candidates: number[] = [];
    for (const line of execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')) {
      const [, pid, parent, args = ''] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? [];
      parents.set(Number(pid), Number(parent));
      if (this.#pattern.test(args)) candidates.push(Number(pid));
    }
    // Process IDs start again at the maximum, so a child's can be lower than its parent's.
    const isDescendant = (pid: number | undefined): boolean =>
      pid !== undefined && (pid === this.#root || isDescendant(parents.get(pid)));
    return new Set(candidates.filter(isDescendant));
  }
}

/** The CPU time of a process, in Linux's clock ticks, or 0 if it has ended. */
function processorTime(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return 0;
  // The second field is a name in parentheses, which can contain spaces.
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function puppeteerTab(id: string, page: Page) {
  return {
    id,
    evaluate: (expression: string) => page.evaluate(expression),
    close: () => page.close(),
    navigate: async (url: string) => {
      await page.goto(url);
    },
    back: async () => {
      await page.goBack();
    },
  };
}

/** Opens Chromium's page that freezes and discards tabs, which must be enabled first. */
async function openDiscards(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  await page.goto('chrome://chrome-urls');
  const app = await page.waitForSelector('chrome-urls-app >>> cr-button');
  await app?.click();
  for (let tries = 0; tries < 50; tries++) {
    await page.goto('chrome://discards/');
    if (page.url() === 'chrome://discards/') return page;
  }
  throw new Error('chrome://discards is disabled');
}

/** Detaches the developer tools from a page: Chromium doesn't discard a page that is being debugged. */
async function detach(page: Page): Promise<void> {
  const session = (page as unknown as { _client(): CDPSession & { parentSession(): CDPSession } })._client();
  const parent = session.parentSession();
  await parent.send('Target.detachFromTarget', { sessionId: session.id() });
  await parent.detach();
}

async function closeTarget(browser: Browser, url: string): Promise<void> {
  const session = await browser.target().createCDPSession();
  const { targetInfos } = await session.send('Target.getTargets');
  for (const target of targetInfos) {
    if (target.url === url) await session.send('Target.closeTarget', { targetId: target.targetId });
  }
  await session.detach();
}

/** The parts of `chrome://discards` that are used here. */
interface DiscardsTab extends Element {
  discardsDetailsProvider_: {
    getTabDiscardsInfo(): Promise<{ infos: { id: number; tabUrl: string }[] }>;
    freezeById(id: number): void;
    discardById(id: number, reason: number): Promise<unknown>;
  };
  getLifeCycleState_(info: object): string;
}

/**
 * Runs in the page of `openDiscards`. Repeats until the tab has the state, because Chromium may need several attempts.
 * It doesn't click the links of the table: the IDs of tabs change when one is closed, and the table is a second old.
 *
 * Chromium's main process passes on locks and messages between tabs, so it is kept free for the hand-over: the table,
 * which is updated all the time, is removed from the page, and the state is asked for after a pause.
 */
async function changeState(url: string, state: 'frozen' | 'discarded'): Promise<void> {
  const page = globalThis as { table?: DiscardsTab };
  page.table ??= document
    .querySelector('discards-main')
    ?.shadowRoot?.querySelector('discards-tab') as DiscardsTab;
  const { table } = page;
  table.remove();
  const tabs = table.discardsDetailsProvider_;
  for (let tries = 0; tries < 80; tries++) {
    const { infos } = await tabs.getTabDiscardsInfo();
    const info = infos.find(({ tabUrl }) => tabUrl === url);
    if (info && table.getLifeCycleState_(info).includes(state)) return;
    const URGENT = 1;
    if (info && tries % 8 === 0) {
      if (state === 'frozen') tabs.freezeById(info.id);
      else await tabs.discardById(info.id, URGENT);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`${url} doesn't become ${state}`);
}
