/**
 * Probes `fetch` itself, without `EventSource`. Where a probe fails, no class that uses `fetch` can do better, so the
 * tests that depend on it may fail. `differences.json` lists these tests.
 */

import { expect } from 'chai';
import { Scenario } from '../support/server/scenario.js';
import { sleep, table } from './conformance-test.js';

export const platformTests = table();
const { test } = platformTests;

test('fetch sends header values byte by byte', async () => {
  const scenario = await Scenario.of({ steps: ['x'] });
  await fetch(scenario.url, { headers: { 'Last-Event-ID': '\xe2\x80\xa6' } });
  expect((await scenario.requests())[0]?.headers['last-event-id']).to.equal('\xe2\x80\xa6');
});

test('fetch has the response before a byte of its body', async () => {
  const scenario = await Scenario.of({ steps: [{ end: 'hang' }] });
  const controller = new AbortController();
  try {
    const response = fetch(scenario.url, { signal: controller.signal }).then(({ status }) => status);
    expect(await Promise.race([response, sleep(3_000)])).to.equal(200);
  } finally {
    controller.abort();
  }
});
