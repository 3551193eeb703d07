/** Real tabs of real browsers, and what can happen to them. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import puppeteer, { type Browser, type CDPSession, type Page } from 'puppeteer-core';
import type { Browser as Installed } from '../../../tools/browsers.mjs';
import { startDriver } from '../../support/webdriver.mjs';

export type Act = 'close' | 'crash' | 'navigate' | 'freeze' | 'discard';

export interface Tab {
  readonly id: string;
  /** The value of an expression in the page, which can be a promise. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
  /** Its process ends. The tab can't be used any more. */
  crash(): Promise<void>;
  navigate(url: string): Promise<void>;
  back(): Promise<void>;
  freeze(): Promise<void>;
  resume(): Promise<void>;
  /** The browser throws the page away to save memory. The tab can't be used any more. */
  discard(): Promise<void>;
}

export interface Tabs {
  /** What can be done to a tab here. */
  readonly acts: readonly Act[];
  /** What can be done once, as no tab can be asked for anything after it. */
  readonly lastAct?: Act;
  open(id: string, url: string): Promise<Tab>;
  stop(): Promise<void>;
}

const TIMEOUT = 60_000;

const impossible = async () => {
  throw new Error('not in this browser');
};

/** What puppeteer turns off, to which the back/forward cache belongs. */
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
            // Nobody is left to answer it.
            const session = await page.createCDPSession();
            session.send('Page.crash').catch(() => {});
          },
          freeze: () => change(url, 'frozen'),
          // A tab that is shown is thawed.
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
        // A tab can get the process of one that was closed, which then isn't known.
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
      // The driver gives up.
      lastAct: 'crash',
      open: async (id, url) => {
        // Tabs are opened from one that is there.
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
            // Processes are used again for other tabs.
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

/** 0 would be this process and all that it has started. */
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

  /** The one that is new since the last call; 0 if none is. */
  update(): number {
    const found = this.#find();
    const fresh = [...found].filter((pid) => !this.#known.has(pid));
    this.#known = found;
    return fresh.at(-1) ?? 0;
  }

  /** The one that works most in the meantime; 0 if none works. */
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
    const descendants = new Set([this.#root]);
    const found = new Set<number>();
    for (const line of execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')) {
      const [, pid, parent, args = ''] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? [];
      if (!descendants.has(Number(parent))) continue;
      descendants.add(Number(pid));
      if (this.#pattern.test(args)) found.add(Number(pid));
    }
    return found;
  }
}

/** What a process has had of the processors, in Linux's clock ticks; 0 if it has ended. */
function processorTime(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return 0;
  // The second field is a name in parentheses, which can have spaces.
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

/** The page where Chromium freezes and discards tabs, which has to be enabled first. */
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

/** Takes the developer tools away from a page: with them it isn't discarded. */
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

/** What `chrome://discards` has in its page. */
interface DiscardsTab extends Element {
  discardsDetailsProvider_: {
    getTabDiscardsInfo(): Promise<{ infos: { id: number; tabUrl: string }[] }>;
    freezeById(id: number): void;
    discardById(id: number, reason: number): Promise<unknown>;
  };
  getLifeCycleState_(info: object): string;
}

/**
 * Runs in the page of `openDiscards`: until the page has the state, as Chromium doesn't always do it at once. The links of
 * its table are no use: the IDs of tabs change when one is closed, and the table is a second old.
 */
async function changeState(url: string, state: 'frozen' | 'discarded'): Promise<void> {
  const table = document.querySelector('discards-main')?.shadowRoot?.querySelector('discards-tab');
  const { discardsDetailsProvider_: tabs } = table as DiscardsTab;
  for (let tries = 0; tries < 400; tries++) {
    const { infos } = await tabs.getTabDiscardsInfo();
    const info = infos.find(({ tabUrl }) => tabUrl === url);
    if (info && (table as DiscardsTab).getLifeCycleState_(info).includes(state)) return;
    const URGENT = 1;
    if (info && tries % 40 === 0) {
      if (state === 'frozen') tabs.freezeById(info.id);
      else await tabs.discardById(info.id, URGENT);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} doesn't become ${state}`);
}
