/** Finds an nginx with brotli, or unpacks Debian's. */
// @ts-check
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from '../../../tools/packages.mjs';
import { ask, run, StepError, step } from '../../../tools/run.mjs';
import { aptGet } from '../../../tools/system.mjs';

const DEBIAN_NGINX = ['nginx', 'libnginx-mod-http-brotli-filter'];

/** @typedef {{ program: string, modules: string }} Nginx */

/**
 * Finds an nginx with brotli on this system, or unpacks Debian's into this project's cache. It isn't installed, because
 * that would start it as a service.
 * @returns {Promise<Nginx>}
 */
export function setupNginx() {
  return step('nginx', async () => {
    const unpacked = join(CACHE, 'nginx');
    const found = (await nginxIn('/')) ?? (await nginxIn(unpacked));
    if (found) return found;
    const fix = `sudo apt-get install ${DEBIAN_NGINX.join(' ')}`;
    if ((await ask('dpkg-deb', ['--version'])) === undefined)
      throw new StepError(
        'there is no nginx with its module for brotli, and no dpkg to unpack Debian’s with',
        {
          fix: 'install nginx and ngx_brotli by this system’s package manager',
        },
      );
    mkdirSync(unpacked, { recursive: true });
    const download = () => run('apt-get', ['download', ...DEBIAN_NGINX], { cwd: unpacked, fix });
    // The system's package lists may be outdated or missing.
    await download().catch(() => aptGet(['update'], fix).then(download));
    for (const file of readdirSync(unpacked).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg-deb', ['--extract', file, '.'], { cwd: unpacked });
    }
    const made = await nginxIn(unpacked);
    if (!made) throw new StepError(`the nginx in ${unpacked} doesn't run`, { fix });
    return made;
  });
}

/** @param {string} folder @returns {Promise<Nginx | undefined>} */
async function nginxIn(folder) {
  const program = join(folder, 'usr/sbin/nginx');
  const modules = join(folder, 'usr/lib/nginx/modules');
  if (!existsSync(join(modules, 'ngx_http_brotli_filter_module.so'))) return undefined;
  return (await ask(program, ['-v'])) === undefined ? undefined : { program, modules };
}
