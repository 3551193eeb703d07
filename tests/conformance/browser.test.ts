/**
 * Runs the conformance tests in a browser: in every kind of global, against our class, the native class, and the
 * platform alone. Posts the results to the test runner, which compares them with the expected ones.
 */

import type { Global } from './conformance-test.js';
import type { Command } from './global.js';
import type { Outcome } from './run.js';

declare const __SERVER__: { origin: string };
/** The names of the tests to run, by class and global. If undefined, all tests run. */
declare const __ONLY__: Record<string, string[]> | undefined;

/** The posted results. Without outcomes, the global or the class doesn't exist, or the browser stopped responding. */
interface Results {
  global: Global;
  which: Command['which'];
  isThere: boolean;
  isSilent?: boolean;
  outcomes: Outcome[];
}

/**
 * WPE WebKit 2.38 sometimes stops receiving messages from all its workers, and the test runner must restart it. This is
 * how many milliseconds after a test's timeout that is assumed.
 */
const SILENCE = 30_000;
let isSilent = false;

/** Tests per message. Browsers stop a service worker that handles a message for too long. */
const TESTS_PER_MESSAGE = 8;

/** Two globals at a time: tests mostly wait, but a browser opens only six connections per host. */
const LANES: readonly (readonly Global[])[] = [
  ['window', 'shared worker'],
  ['dedicated worker', 'service worker'],
];
const CLASSES = ['platform', 'ours', 'native'] as const;

const titleOf = (global: Global, which: Command['which']) => `${which} in a ${global}`;
const isWanted = (global: Global, which: Command['which']) => !__ONLY__ || titleOf(global, which) in __ONLY__;

describe('conformance', () => {
  let frame: HTMLIFrameElement;
  const running = new Map<string, Promise<Results>>();

  before(async () => {
    frame = document.createElement('iframe');
    frame.src = `${__SERVER__.origin}/conformance/page.html`;
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    document.body.append(frame);
    await loaded;
    for (const globals of LANES) {
      let last: Promise<unknown> = Promise.resolve();
      for (const global of globals) {
        for (const which of CLASSES) {
          if (!isWanted(global, which)) continue;
          const results = last.then(() => run(global, which));
          running.set(titleOf(global, which), results);
          last = results.catch(() => {}); // Reported by the test that awaits it.
        }
      }
    }
  });

  function ask<T>(command: Command): Promise<T> {
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const listen = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          isSilent = true;
          reject(new Error(`${titleOf(command.global, command.which)}: silence`));
        }, command.timeout + SILENCE);
      };
      listen();
      port1.onmessage = ({ data }) => {
        if (data === 'going on') return listen();
        clearTimeout(timer);
        if (data.error) reject(new Error(data.error));
        else resolve(data);
      };
      frame.contentWindow?.postMessage(command, '*', [port2]);
    });
  }

  async function run(global: Global, which: Command['which']): Promise<Results> {
    if (isSilent) return { global, which, isThere: true, isSilent, outcomes: [] };
    try {
      return await runAll(global, which);
    } catch (error) {
      if (!isSilent) throw error;
      return { global, which, isThere: true, isSilent, outcomes: [] };
    }
  }

  async function runAll(global: Global, which: Command['which']): Promise<Results> {
    const command = { global, which, timeout: which === 'ours' ? 15_000 : 5_000 };
    const all = await ask<string[] | 'absent'>({ ...command, names: undefined });
    if (all === 'absent') return { global, which, isThere: false, outcomes: [] };
    const names = __ONLY__ ? all.filter((name) => __ONLY__?.[titleOf(global, which)]?.includes(name)) : all;
    const outcomes: Outcome[] = [];
    for (let at = 0; at < names.length; at += TESTS_PER_MESSAGE) {
      outcomes.push(
        ...(await ask<Outcome[]>({ ...command, names: names.slice(at, at + TESTS_PER_MESSAGE) })),
      );
    }
    return { global, which, isThere: all.length > 0, outcomes };
  }

  for (const global of LANES.flat()) {
    for (const which of CLASSES) {
      if (!isWanted(global, which)) continue;
      it(titleOf(global, which), async function () {
        this.timeout(200_000);
        const results = await running.get(titleOf(global, which));
        const session = new URL(location.href).searchParams.get('wtr-session-id');
        const response = await fetch(`/results?session=${session}`, {
          method: 'POST',
          body: JSON.stringify(results),
        });
        if (!response.ok) throw new Error(`the test runner answered ${response.status}`);
      });
    }
  }
});
