/** Runs conformance tests, in whatever global. */

import { config } from 'chai';
import { Scenario } from '../support/server/scenario.js';
import type { ConformanceTest, EventSourceClass } from './conformance-test.js';
import { connectingTests } from './connecting.js';
import { interfaceTests } from './interface.js';
import { parsingTests } from './parsing.js';
import { platformTests } from './platform.js';
import { windowTests } from './windows.js';

export type { EventSourceClass };

// A failure is read far from where it happened.
config.truncateThreshold = 300;

/** Every test of the standard's points. */
export const conformanceTests: readonly ConformanceTest[] = [
  ...interfaceTests,
  ...connectingTests,
  ...parsingTests,
  ...windowTests,
];

/** What the platform under the class can do: what a failing test may be explained by. */
export const probes: readonly ConformanceTest[] = platformTests;

export interface Outcome {
  name: string;
  /** What was wrong. None: passed. */
  error?: string;
}

/** Runs a test; what it leaves behind is ended. */
export async function runTest(
  test: ConformanceTest,
  EventSource: EventSourceClass,
  timeout: number,
): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hasFailed = true;
  try {
    await Promise.race([
      test.run(EventSource),
      new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`nothing came within ${timeout} ms`)), timeout);
      }),
    ]);
    hasFailed = false;
    return { name: test.name };
  } catch (error) {
    return { name: test.name, error: `${(error as Error)?.message ?? error}`.slice(0, 400) };
  } finally {
    clearTimeout(timer);
    await Scenario.endAll({ hasFailed });
  }
}
