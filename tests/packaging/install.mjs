/** Packs the package and installs it into copies of the apps outside of the repository, so that they use nothing of it. */
// @ts-check
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { npmInstall } from '../../tools/packages.mjs';
import { root, run, StepError, start, step } from '../../tools/run.mjs';
import { SOURCES, writePrograms } from './programs.mjs';

const WORK = join(
  tmpdir(),
  `eventsource-wasm-packaging-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`,
);

/** @type {Promise<string> | undefined} */
let packed;

/** The package as npm would publish it. */
export function pack() {
  packed ??= step('npm pack', async () => {
    mkdirSync(WORK, { recursive: true });
    for (const name of readdirSync(WORK)) if (name.endsWith('.tgz')) rmSync(`${WORK}/${name}`);
    await run('npm', ['pack', '--silent', '--pack-destination', WORK]);
    const name = readdirSync(WORK).find((name) => name.endsWith('.tgz'));
    if (!name) throw new StepError('npm pack made no tarball');
    return `${WORK}/${name}`;
  });
  return packed;
}

/**
 * Copies an app with its programs, and installs it.
 * @param {string} name
 * @param {Parameters<typeof writePrograms>[1]} [options]
 */
export const install = (name, options) =>
  installApp(name, `${SOURCES}/apps/${name}`, (folder) => writePrograms(`${folder}/src`, options));

/**
 * Copies an app, installs its tools from its lock file, and the tarball.
 * @param {string} name
 * @param {string} source
 * @param {(folder: string) => void} [prepare]
 * @param {string[]} [places] of the tarball in node_modules
 */
export async function installApp(name, source, prepare, places = ['eventsource-wasm']) {
  const tarball = await pack();
  const folder = `${WORK}/${name}`;
  await step(`${name}: npm install`, async () => {
    mkdirSync(folder, { recursive: true });
    for (const old of readdirSync(folder)) {
      if (old !== 'node_modules') rmSync(`${folder}/${old}`, { recursive: true });
    }
    cpSync(source, folder, { recursive: true });
    prepare?.(folder);
    // Remove an earlier build with the same version.
    for (const place of places) rmSync(`${folder}/node_modules/${place}`, { recursive: true, force: true });
    rmSync(`${folder}/node_modules/.package-lock.json`, { force: true });
    await npmInstall(name, folder, [tarball], places);
  });
  return folder;
}

/** @param {string} folder @param {string} name of a package in it */
export const versionOf = (folder, name) =>
  JSON.parse(readFileSync(`${folder}/node_modules/${name}/package.json`, 'utf8')).version;

/** @param {string} folder @param {string} bin @param {string[]} args @param {Record<string, string>} [env] */
export const tool = (folder, bin, args, env) =>
  run(`${folder}/node_modules/.bin/${bin}`, args, {
    cwd: folder,
    env: { CI: '1', ...env },
    timeout: 240_000,
  });

/**
 * Starts a server that prints its address.
 * @template T
 * @param {string} folder @param {string} bin @param {string[]} args
 * @param {(origin: string) => Promise<T>} use
 */
export async function withServer(folder, bin, args, use) {
  // Not through npx: the process to kill must be the server itself.
  const child = start(`${folder}/node_modules/.bin/${bin}`, args, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  try {
    const origin = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new StepError(`${bin} printed no address`, { output })), 60_000);
      for (const stream of [child.stdout, child.stderr]) {
        const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (stream) });
        lines.on('line', (line) => {
          output += `${line}\n`;
          const found = /http:\/\/(localhost|127\.0\.0\.1):\d+/.exec(line)?.[0];
          if (found) {
            clearTimeout(timer);
            resolve(found);
          }
        });
      }
      child.once('close', (code) => {
        clearTimeout(timer);
        reject(new StepError(`${bin} ended with ${code}`, { output }));
      });
    });
    return await use(origin);
  } finally {
    // Kill the process group, because the server may have children.
    if (child.pid && child.exitCode === null) process.kill(-child.pid);
  }
}

export const slimByUrl = `import { init } from 'eventsource-wasm/slim';\n\ninit('/core.wasm');\n`;
export const slimByVite = `import { init } from 'eventsource-wasm/slim';\nimport core from 'eventsource-wasm/core.wasm?url';\n\ninit(core);\n`;
export const CORE_WASM = 'node_modules/eventsource-wasm/dist/core.wasm';

/** Removes all installed apps, including those of the examples' tests. */
export const removeApps = () => rmSync(WORK, { recursive: true, force: true });
