/** Runs conformance tests in any global. */

import { config } from 'chai';
import { Scenario } from '../support/server/scenario.js';
import type { ConformanceTest, EventSourceClass } from './conformance-test.js';
import { connectingTests } from './connecting.js';
import { interfaceTests } from './interface.js';
import { parsingTests } from './parsing.js';
import { platformTests } from './platform.js';
import { windowTests } from './windows.js';

export type { EventSourceClass };

// Longer messages, because a failure in another global is reported only as text.
config.truncateThreshold = 300;

/** All conformance tests. */
export const conformanceTests: readonly ConformanceTest[] = [
  ...interfaceTests,
  ...connectingTests,
  ...parsingTests,
  ...windowTests,
];

/** Tests of the platform itself, whose failures explain those of conformance tests. */
export const probes: readonly ConformanceTest[] = platformTests;

export interface Outcome {
  name: string;
  /** The error of a failed test. */
  error?: string;
}

/** Runs a test, and closes the connections that it leaves open. */
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
        timer = setTimeout(() => reject(new Error(`timed out after ${timeout} ms`)), timeout);
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
