/**
 * `npm start`: builds what is missing, and serves the playground with its model server on a local port.
 * `node www/start.mjs build` writes build/www/. `… build --static` writes www/dist/, static files with the model server
 * in the page.
 */
// @ts-check
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { npmRun } from '../tools/packages.mjs';
import { command, filesUnder, root, StepError, step } from '../tools/run.mjs';

const PLAYGROUND = 'build/www';
const STATIC_PLAYGROUND = 'www/dist';
const FIRST_PORT = 8080;
const PORTS_TO_TRY = 20;

/** The policy of www/server/main.mjs, without the directive that `<meta>` doesn't support. */
async function staticPolicy() {
  const { contentSecurityPolicy } = await import('./server/main.mjs');
  return contentSecurityPolicy.replace(/; frame-ancestors [^;]*/, '');
}

/** The URL of the repository on GitHub's runners. Elsewhere empty. */
function repository() {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
  return GITHUB_REPOSITORY ? `${GITHUB_SERVER_URL ?? 'https://github.com'}/${GITHUB_REPOSITORY}` : '';
}

/** Bundles main.ts and its styles, and copies every other file. @param {boolean} isStatic */
async function buildPage(isStatic) {
  const { bundle } = await import('../tools/bundle.mjs');
  const folder = isStatic ? STATIC_PLAYGROUND : PLAYGROUND;
  rmSync(folder, { recursive: true, force: true });
  await bundle({
    entryPoints: ['www/app/main.ts'],
    outdir: folder,
    format: 'esm',
    splitting: true,
    minify: true,
    define: { __STATIC__: `${isStatic}`, __SOURCE__: JSON.stringify(repository()) },
    loader: { '.txt': 'text' },
  });
  const policy = isStatic && (await staticPolicy());
  for (const source of filesUnder('www/app').filter((path) => !/\.(ts|css)$/.test(path))) {
    const copy = join(folder, relative('www/app', source));
    mkdirSync(dirname(copy), { recursive: true });
    if (!policy || !source.endsWith('.html')) {
      copyFileSync(source, copy);
      continue;
    }
    const meta = `<meta http-equiv="content-security-policy" content="${policy}">`;
    const page = readFileSync(source, 'utf8');
    writeFileSync(copy, page.replace('<meta charset="utf-8">', `$&\n    ${meta}`));
  }
}

/**
 * Serves the playground on the given port, or else on the first free one.
 * @param {number} [asked]
 * @returns {Promise<{ origin: string, close(): Promise<void> }>}
 */
async function serve(asked) {
  const { startServer } = await import('./server/main.mjs');
  const last = asked ?? FIRST_PORT + PORTS_TO_TRY;
  for (let port = asked ?? FIRST_PORT; ; port += 1) {
    try {
      return await startServer({ port, host: '127.0.0.1', root: join(root, PLAYGROUND) });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error;
      if (port < last) continue;
      const ports = asked === undefined ? `ports ${FIRST_PORT} to ${last} are` : `port ${port} is`;
      throw new StepError(`${ports} in use`, { fix: 'npm start -- --port 0' });
    }
  }
}

/** @param {string | undefined} text */
function parsePort(text) {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new StepError(`--port takes a number from 0 (any free port) to 65535, not '${text}'`);
}

command(
  import.meta,
  {
    usage: 'npm start -- [--port NUMBER] [--no-build] [--verbose]',
    options: { port: { type: 'string' }, 'no-build': { type: 'boolean' }, static: { type: 'boolean' } },
    positionals: ['build'],
  },
  async (flags, words) => {
    if (words.length > 0) {
      await step(flags.static ? 'static playground' : 'playground', () => buildPage(flags.static ?? false));
      return;
    }
    const port = parsePort(flags.port);
    if (!flags['no-build']) await npmRun('build:playground');
    else if (!existsSync(PLAYGROUND)) {
      throw new StepError(`--no-build, but there is no ${PLAYGROUND} yet`, { fix: 'npm start' });
    }
    const { origin } = await serve(port);
    console.log(`\nThe playground is at ${origin} (end it with Ctrl+C)`);
  },
);
