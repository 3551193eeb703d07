/** Runs the conformance tests against our class in Node. */

import { EventSource } from 'eventsource-wasm';
import { conformanceTests, type EventSourceClass, runTest } from './run.js';

describe('the standard', () => {
  for (const test of conformanceTests.filter(({ globals }) => globals.includes('node'))) {
    it(test.name, async () => {
      const { error } = await runTest(test, EventSource as unknown as EventSourceClass, 15_000);
      if (error !== undefined) throw new Error(error);
    });
  }
});
