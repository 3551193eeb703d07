/**
 * Installs npm packages, and runs npm scripts. `node tools/packages.mjs <script>` installs node_modules if it is
 * missing or older than the lock file, then runs the script. Imports only Node's own modules.
 *
 * The installed packages of a lock file are cached for all clones: copying takes a tenth of the time.
 */
// @ts-check
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { command, root, run, StepError, start, step, UP_TO_DATE } from './run.mjs';

/** The cache that all clones of this repository share. */
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'eventsource-wasm');

/** @type {Promise<unknown> | undefined} */
let installed;

/** Installs the repository's own packages, once per process. */
export function setupPackages() {
  installed ??= step('npm packages', async () => {
    const list = 'node_modules/.package-lock.json';
    if (existsSync(list) && statSync(list).mtimeMs >= statSync('package-lock.json').mtimeMs)
      return UP_TO_DATE;
    return npmInstall('root', root);
  });
  return installed;
}

/** @type {Map<string, Promise<void>>} */
const ran = new Map();
/** @type {Promise<unknown>} */
let previous = Promise.resolve();

/** Runs an npm script, once per process and one at a time. @param {string} script @param {string[]} [args] */
export function npmRun(script, args = []) {
  const key = [script, ...args].join(' ');
  const running = ran.get(key) ?? previous.then(() => npmRunNow(script, args));
  ran.set(key, running);
  previous = running.catch(() => {});
  return running;
}

/** @param {string} script @param {string[]} args */
async function npmRunNow(script, args) {
  await setupPackages();
  const child = start('npm', ['run', '--silent', script, ...(args.length > 0 ? ['--', ...args] : [])], {
    stdio: 'inherit',
    // Run all checks of a script, even if the first ones fail.
    env: { ...process.env, WIREIT_FAILURES: 'continue' },
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new StepError(`npm run ${script} ended with ${code ?? signal}`);
}

/**
 * @param {string} name of the cached packages @param {string} folder
 * @param {string[]} [more] packages to install that aren't in the lock file
 * @param {string[]} [own] their names, to leave them out of the cache
 */
export async function npmInstall(name, folder, more = [], own = []) {
  const packages = join(folder, 'node_modules');
  const kept = keptPackages(name, folder);
  const isNew = !existsSync(packages);
  if (isNew && existsSync(kept)) await copy(kept, packages);
  // Not `npm ci`: it refuses a lock file that lacks another platform's optional packages.
  const install = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...more];
  await run('npm', install, { cwd: folder, timeout: 600_000, fix: `npm ${install.join(' ')}` });
  if (isNew && !existsSync(kept)) await keep(packages, kept, own);
}

/** @param {string} name @param {string} folder */
function keptPackages(name, folder) {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'package-lock.json'].map((file) => join(folder, file))) {
    if (existsSync(file)) hash.update(readFileSync(file));
  }
  return join(CACHE, 'packages', name, hash.digest('hex').slice(0, 16));
}

/** @param {string} packages @param {string} kept @param {string[]} own */
async function keep(packages, kept, own) {
  // Remove packages of other lock files.
  rmSync(dirname(kept), { recursive: true, force: true });
  const part = `${kept}.${process.pid}`;
  await copy(packages, part);
  // Without npm's list of installed packages, it checks the folder.
  for (const name of ['.package-lock.json', ...own])
    rmSync(join(part, name), { recursive: true, force: true });
  if (existsSync(part) && !existsSync(kept)) renameSync(part, kept);
}

/** Copies a folder. If that fails, npm installs everything. @param {string} from @param {string} to */
async function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  await run('cp', ['-R', '-P', from, to]).catch(() => rmSync(to, { recursive: true, force: true }));
}

command(
  import.meta,
  { usage: 'node tools/packages.mjs [npm script]', positionals: /./ },
  async (_flags, [script, ...args]) => {
    await setupPackages();
    if (script) await npmRun(script, args);
  },
);
