/**
 * The conformance tests in the global that this script is loaded into, whatever its kind. In: messages with a port and
 * a `Command`. Out, to the port: word that it is going on after each test, and at last an `Outcome` for each.
 */

import { EventSource as Ours } from 'eventsource-wasm';
import type { EventSourceClass, Global } from './conformance-test.js';
import { conformanceTests, type Outcome, probes, runTest } from './run.js';

export interface Command {
  global: Global;
  which: 'ours' | 'native' | 'platform';
  /** The names of the tests; none: only say which there are. */
  names: string[] | undefined;
  timeout: number;
}

/** The names of the tests for this global; empty where it has no such class. */
export type Names = string[];

const Native = globalThis.EventSource as EventSourceClass | undefined;

Object.assign(globalThis, { conformance: { ours: Ours, native: Native } satisfies Record<string, unknown> });

addEventListener('message', (event) => {
  const done = obey(event as MessageEvent<Command>);
  // A service worker is kept alive so long.
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
