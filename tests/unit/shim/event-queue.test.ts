/** Tests the queue of events that wait for their tasks. */

import { expect } from 'chai';
import { createEventQueue } from '../../../src/shim/event-source/event-queue.js';
import { sleep } from '../../conformance/conformance-test.js';

const { gc } = globalThis as { gc?: () => void };

describe('the queue of events', () => {
  it('handles all events in order while more are added', async () => {
    const handled: number[] = [];
    const queue = createEventQueue(
      (task) => task(),
      () => false,
    );
    let made = 0;
    const add = () => {
      const number = made++;
      queue.push(() => {
        handled.push(number);
        if (made < 5_000) add();
      });
    };
    for (let index = 0; index < 3; index++) add();
    await queue.untilBelow(1);
    expect(handled).to.deep.equal(Array.from({ length: made }, (_, index) => index));
  });

  it('untilBelow(limit, low) waits only at the limit, and then until fewer than low are waiting', async () => {
    let handled = 0;
    let isBlocked = true;
    const queue = createEventQueue(
      (task) => task(),
      () => isBlocked,
    );
    const add = () => queue.push(() => handled++);
    for (let index = 0; index < 5; index++) add();
    expect(queue.untilBelow(6, 3)).to.equal(undefined);
    const wait = queue.untilBelow(5, 3)?.then(() => handled);
    isBlocked = false;
    queue.resume();
    expect(await wait).to.equal(3);
  });

  it('releases handled events while others wait', async function () {
    // Only Node and Chromium have `gc`, behind a flag.
    if (!gc) return this.skip();
    const queue = createEventQueue(
      (task) => task(),
      () => false,
    );
    let isGone = false;
    const registry = new FinalizationRegistry(() => {
      isGone = true;
    });
    let handled = 0;
    let isEnding = false;
    const add = (data: object) =>
      queue.push(() => {
        if (data) handled++;
        if (!isEnding) add({});
      });
    // Two events before it, so that the queue isn't empty when it is handled.
    add({});
    add({});
    const register = (data: object) => {
      registry.register(data, undefined);
      add(data);
    };
    register({});
    const end = performance.now() + 10_000;
    while (!isGone && performance.now() < end) {
      await sleep(20);
      gc();
    }
    isEnding = true;
    expect(handled).to.be.above(1_024);
    expect(isGone).to.equal(true);
  });

  /** Node's `vm` can stop a script as Firefox does when its page is left: no `catch` or `finally` runs. */
  const { process, Deno, Bun } = globalThis as { process?: NodeJS.Process; Deno?: unknown; Bun?: unknown };
  const vm = Deno || Bun ? undefined : process?.getBuiltinModule?.('node:vm');
  for (const how of ['throws', ...(vm ? ['is stopped'] : [])]) {
    it(`an item that ${how} is reported before the next one`, async () => {
      const calls: unknown[] = [];
      const queue = createEventQueue(
        (task) => task(),
        () => false,
        () => calls.push('interruption'),
      );
      const global = globalThis as { pushed?: () => void };
      global.pushed = () =>
        queue.push(() => {
          calls.push(1);
          if (how === 'throws') throw new Error('expected');
          for (;;);
        });
      const reported: unknown[] = [];
      const report = (error: unknown) => reported.push(error);
      const { reportError } = globalThis;
      globalThis.reportError = report;
      try {
        if (how === 'throws') global.pushed();
        else expect(() => vm?.runInThisContext('pushed()', { timeout: 1_000 })).to.throw('timed out');
        queue.push(() => calls.push(2));
        queue.push(() => calls.push(3));
        await queue.untilBelow(1);
      } finally {
        globalThis.reportError = reportError;
        delete global.pushed;
      }
      expect(calls).to.deep.equal([1, 'interruption', 2, 3]);
      expect(reported).to.have.length(how === 'throws' ? 1 : 0);
    });
  }
});
