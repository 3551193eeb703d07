/** The machine's package manager and programs. Imports only Node's own modules. */
// @ts-check
import { delimiter, join } from 'node:path';
import { ask, run, StepError } from './run.mjs';

/** @param {string[]} names */
export function onPath(...names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'];
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/** The current installation. apt allows only one at a time. @type {Promise<void>} */
let installation = Promise.resolve();

/** Installs Debian packages, as root or by passwordless sudo. @param {string[]} packages */
export function aptInstall(packages) {
  const done = installation.then(() => aptInstallNow(packages));
  installation = done.catch(() => {});
  return done;
}

/** @param {string[]} packages */
async function aptInstallNow(packages) {
  const fix = `sudo apt-get update && sudo apt-get install ${packages.join(' ')}`;
  if ((await ask('apt-get', ['--version'])) === undefined) {
    throw new StepError(`${packages.join(', ')}: not there, and there is no apt-get to install it with`, {
      fix: `install ${packages.join(', ')} by this system's package manager`,
    });
  }
  await aptGet(['update'], fix);
  // --no-remove: only the machine's owner may remove a conflicting package.
  await aptGet(['install', '--yes', '--no-install-recommends', '--no-remove', ...packages], fix);
}

/** Runs apt-get, as root or by passwordless sudo. @param {string[]} args @param {string} fix */
export async function aptGet(args, fix) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && (await ask('sudo', ['-n', 'true'])) === undefined) {
    throw new StepError(`apt-get ${args.join(' ')} needs root`, { fix });
  }
  const words = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
  const [program, ...rest] = isRoot ? words : ['sudo', '-n', ...words];
  return run(/** @type {string} */ (program), rest, { fix });
}

/** Whether all of these Debian packages are installed. @param {string[]} packages */
export async function debianHas(packages) {
  const states = (await ask('dpkg-query', ['--status', ...packages]))?.match(
    /^Status: install ok installed$/gm,
  );
  return states?.length === packages.length;
}

/** Whether a version is older than another. @param {string} version @param {string} oldest */
export const isOlder = (version, oldest) => version.localeCompare(oldest, 'en', { numeric: true }) < 0;
