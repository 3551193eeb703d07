/**
 * The conformance tests in a browser: in every kind of global that it has, against ours, against the native class, and
 * against the platform alone. What came out is posted to the test runner, which knows what is expected.
 */

import type { Global } from './conformance-test.js';
import type { Command } from './global.js';
import type { Outcome } from './run.js';

declare const __SERVER__: { origin: string };
/** The names of the tests to run, by what is tested and where; none: all of them. */
declare const __ONLY__: Record<string, string[]> | undefined;

/** What is posted. Without outcomes: there is no such global, or it has no such class; or the browser fell silent. */
interface Results {
  global: Global;
  which: Command['which'];
  isThere: boolean;
  isSilent?: boolean;
  outcomes: Outcome[];
}

/**
 * WPE WebKit 2.38 now and then hears nothing more of its workers, of all at once, with every thread of it idle: then
 * the test runner restarts it. This is how many milliseconds more than a test may take that shows.
 */
const SILENCE = 30_000;
let isSilent = false;

/** Tests per message: browsers stop a service worker that runs for long. */
const TESTS_PER_MESSAGE = 8;

/** Two globals at a time: a test mostly waits, but a browser has only six connections to a host. */
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
          last = results.catch(() => {}); // Told by the test that waits for it.
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
