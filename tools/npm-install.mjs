/**
 * `npm install`, by way of what it installed before from the same lock file, in this clone or another: to copy that takes
 * a tenth of the time. In: a folder with a package.json and, where it has dependencies, its lock file. Out: its
 * node_modules. Node's own modules are all that may be imported here: this installs the repository's node_modules, too.
 */
// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './steps.mjs';

/** What all clones of this repository share. */
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'eventsource-wasm');

/**
 * @param {string} name under which the packages are kept
 * @param {string} folder
 * @param {string[]} [more] packages that aren't in the lock file; `own` is what they are called
 * @param {string[]} [own]
 */
export async function npmInstall(name, folder, more = [], own = []) {
  const packages = join(folder, 'node_modules');
  const kept = keptPackages(name, folder);
  const isNew = !existsSync(packages);
  if (isNew && existsSync(kept)) await copy(kept, packages);
  // Not `npm ci`: it refuses a lock file that was made where some other platform's optional packages could not
  // be had. This installs what the lock file says and leaves the file alone.
  const install = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...more];
  await run('npm', install, { cwd: folder, timeout: 600_000, mend: `npm ${install.join(' ')}` });
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
  // Those of another lock file.
  rmSync(dirname(kept), { recursive: true, force: true });
  const part = `${kept}.${process.pid}`;
  await copy(packages, part);
  // npm's own list of what is there would be believed.
  for (const name of ['.package-lock.json', ...own])
    rmSync(join(part, name), { recursive: true, force: true });
  // Nobody sees half of it.
  if (existsSync(part) && !existsSync(kept)) renameSync(part, kept);
}

/** Where that can't be done, npm does the whole work. @param {string} from @param {string} to */
async function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  await run('cp', ['-R', '-P', from, to]).catch(() => rmSync(to, { recursive: true, force: true }));
}
