/** Starts and stops the scenario server of the tests (server/main.ts). */
// @ts-check
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { bundle } from '../../tools/bundle.mjs';
import { root, StepError, start, step } from '../../tools/run.mjs';

/** @typedef {{ origin: string, chaos: { seed: number, runs: number }, randomLife: { seed: number, seconds: number } }} Facts */
/** @typedef {{ child: import('node:child_process').ChildProcess, facts: Facts }} ScenarioServer */

/** @type {Promise<ScenarioServer> | undefined} */
let server;

/** The scenario server. The first call starts it. */
export function scenarioServer() {
  server ??= step('scenario server', startScenarioServer);
  return server;
}

/** @returns {Promise<ScenarioServer>} */
async function startScenarioServer() {
  const source = 'tests/support/server/main.ts';
  const outfile = 'build/tests/server/main.js';
  await bundle({
    entryPoints: [source],
    outfile,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    // The playground's server reads texts from its own folder, so it isn't bundled.
    external: [`${root}/www/server/*`],
  });
  const child = start(process.execPath, [outfile], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdout) });
  const signal = AbortSignal.timeout(180_000);
  const line = await Promise.race([
    once(lines, 'line', { signal }).then(([text]) => text),
    once(child, 'close', { signal }).then(([code]) => `(it ended with ${code})`),
  ]).catch(() => '(nothing within 180 s)');
  try {
    const facts = JSON.parse(line);
    if (typeof facts.origin === 'string') return { child, facts };
  } catch {}
  child.kill();
  throw new StepError(`${source} should print a line of JSON with its origin, but: ${line}`);
}

/** Stops the scenario server. Returns false if its process had already ended. */
export async function stopScenarioServer() {
  const started = await server?.catch(() => undefined);
  if (!started) return true;
  const { child } = started;
  if (child.exitCode !== null || child.signalCode !== null) return false;
  const closed = once(child, 'close');
  child.kill();
  const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await closed;
  clearTimeout(force);
  return true;
}
