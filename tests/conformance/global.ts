/**
 * Runs the conformance tests in the global into which this script is loaded. It receives messages with a port and a
 * `Command`. To the port, it posts a progress message after each test, and at last all `Outcome`s.
 */

import { EventSource as Ours } from 'eventsource-wasm';
import type { EventSourceClass, Global } from './conformance-test.js';
import { conformanceTests, type Outcome, probes, runTest } from './run.js';

export interface Command {
  global: Global;
  which: 'ours' | 'native' | 'platform';
  /** The names of the tests to run. If undefined, the response is the list of names. */
  names: string[] | undefined;
  timeout: number;
}

/** The names of the tests for this global. Empty if the global doesn't have the class. */
export type Names = string[];

const Native = globalThis.EventSource as EventSourceClass | undefined;

Object.assign(globalThis, { conformance: { ours: Ours, native: Native } satisfies Record<string, unknown> });

addEventListener('message', (event) => {
  const done = obey(event as MessageEvent<Command>);
  // Keeps a service worker alive until the tests are done.
  (event as unknown as { waitUntil?(done: Promise<void>): void }).waitUntil?.(done);
});
addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port) port.onmessage = obey;
});

async function obey({ data, ports: [port] }: MessageEvent<Command>): Promise<void> {
  if (!port || !data.which) return;
  const { global, which, names, timeout } = data;
  const isOurs = which !== 'native';
  const EventSource = isOurs ? (Ours as unknown as EventSourceClass) : Native;
  const tests = (which === 'platform' ? probes : conformanceTests).filter(({ globals }) =>
    globals.includes(global),
  );
  if (!names) {
    port.postMessage((EventSource ? tests.map(({ name }) => name) : []) satisfies Names);
    return;
  }
  const outcomes: Outcome[] = [];
  for (const test of tests) {
    if (!EventSource || !names.includes(test.name)) continue;
    outcomes.push(await runTest(test, EventSource, timeout));
    port.postMessage('going on');
  }
  port.postMessage(outcomes);
}
