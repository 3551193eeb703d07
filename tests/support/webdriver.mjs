/**
 * Starts the WebDriver of a `Browser` (tools/browsers.mjs). Returns its port, the capabilities to request, and `stop`.
 * The driver ends with this process at the latest.
 */
// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('../../tools/browsers.mjs').Browser} Browser */

/** @type {Record<string, (executable: string) => object>} */
const CAPABILITIES = {
  webkitgtk: (binary) => ({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary, args: ['--automation'] },
  }),
  wpe: (binary) => ({
    browserName: 'cog',
    'wpe:browserOptions': { binary, args: ['--automation', '--platform=headless'] },
  }),
};

/** The process groups of the started programs. They end with this process. @type {Set<number>} */
const groups = new Set();
process.once('exit', () => {
  for (const group of groups) endGroup(group);
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
}

/** @param {number} group */
function endGroup(group) {
  groups.delete(group);
  try {
    process.kill(-group);
  } catch {
    // It has already ended.
  }
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
function startProgram(program, args, options) {
  const child = spawn(program, args, { detached: true, ...options });
  child.once('error', (error) => console.error(`${program}: ${error.message}`));
  if (child.pid !== undefined) groups.add(child.pid);
  return child;
}

/** @param {Browser} browser */
export async function startDriver({ name, executable, driver, display }) {
  const capabilities = CAPABILITIES[name]?.(executable);
  if (!capabilities || !driver) throw new Error(`${name} isn't spoken to by WebDriver`);
  const port = await freePort();
  const screen = display === undefined ? undefined : await startXServer(display);
  const env = { ...process.env, LIBGL_ALWAYS_SOFTWARE: '1', ...(screen && { DISPLAY: screen.name }) };
  const child = startProgram(driver, [`--port=${port}`], { stdio: 'ignore', env });
  for (let tries = 0; tries < 100; tries++) {
    if (await fetch(`http://127.0.0.1:${port}/status`).catch(() => undefined)) break;
    await sleep(100);
  }
  return {
    port,
    pid: child.pid ?? 0,
    capabilities: { 'wdio:enforceWebDriverClassic': true, ...capabilities },
    stop() {
      for (const { pid } of [child, ...(screen ? [screen.child] : [])]) if (pid !== undefined) endGroup(pid);
    },
  };
}

/** Starts an X server, which chooses its display. @param {string} program */
async function startXServer(program) {
  const args = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  const child = startProgram(program, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const pipe = /** @type {import('node:stream').Readable} */ (child.stdio[3]);
  const [number] = await once(pipe, 'data', { signal: AbortSignal.timeout(20_000) });
  return { name: `:${String(number).trim()}`, child };
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}
