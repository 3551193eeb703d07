/**
 * `npm start`: the playground. In: www/, and the package, which is built where it isn't up to date. Out: build/www/
 * served on a local port together with a model server to talk to.
 */
// @ts-check
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, bundle } from './build.mjs';
import { setupNodeModules } from './setup.mjs';
import { filesUnder, stampedStep } from './stamps.mjs';
import { command, root, StepError } from './steps.mjs';

const PLAYGROUND = 'build/www';
const FIRST_PORT = 8080;
const PORTS_TO_TRY = 20;

/** The playground on any static host: it plays its model server in the page. */
const STATIC_PLAYGROUND = 'www/dist';

/** The policy of www/server/main.mjs, as far as a page can say it itself. */
async function staticPolicy() {
  const { contentSecurityPolicy } = await import('../www/server/main.mjs');
  return contentSecurityPolicy.replace(/; frame-ancestors [^;]*/, '');
}

/** The repository, as GitHub's runners name it. */
function repository() {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
  return GITHUB_REPOSITORY ? `${GITHUB_SERVER_URL ?? 'https://github.com'}/${GITHUB_REPOSITORY}` : '';
}

/** Builds the package and build/www/: main.ts and its styles bundled, every other file as it is. */
export const buildPlayground = () => buildPage(PLAYGROUND, false);

/** Builds the package and www/dist/, which needs no server of its own. */
export const buildStaticPlayground = () => buildPage(STATIC_PLAYGROUND, true);

/** @param {string} folder @param {boolean} isStatic */
async function buildPage(folder, isStatic) {
  await build();
  const sources = filesUnder('www/app');
  const define = { __STATIC__: `${isStatic}`, __SOURCE__: JSON.stringify(repository()) };
  await stampedStep(
    isStatic ? 'static playground: esbuild' : 'playground: esbuild',
    {
      inputs: [
        ...[...sources, ...filesUnder('www/server'), ...filesUnder('www/texts')],
        ...[...filesUnder('dist', /\.js$/), 'package-lock.json', 'tools/start.mjs'],
      ],
      also: define,
      outputs: ['index.html', 'main.js'].map((name) => join(folder, name)),
    },
    async () => {
      rmSync(folder, { recursive: true, force: true });
      await bundle({
        entryPoints: ['www/app/main.ts'],
        outdir: folder,
        format: 'esm',
        splitting: true,
        minify: true,
        define,
        loader: { '.txt': 'text' },
      });
      const policy = isStatic && (await staticPolicy());
      for (const source of sources.filter((path) => !/\.(ts|css)$/.test(path))) {
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
    },
  );
}

/**
 * Serves the playground on the port asked for, or else on the first that is free.
 * @param {number} [asked]
 * @returns {Promise<{ origin: string, close(): Promise<void> }>}
 */
async function serve(asked) {
  const { startServer } = await import('../www/server/main.mjs');
  for (let port = asked ?? FIRST_PORT; ; port += 1) {
    try {
      return await startServer({ port, host: '127.0.0.1', root: join(root, PLAYGROUND) });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error;
      if (asked !== undefined)
        throw new StepError(`port ${port} is taken`, { mend: 'npm start -- --port 0' });
      if (port === FIRST_PORT + PORTS_TO_TRY) {
        throw new StepError(`ports ${FIRST_PORT} to ${port} are taken`, { mend: 'npm start -- --port 0' });
      }
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
    usage: 'npm start -- [--port NUMBER] [--no-build] [--static] [--verbose]; --static only builds www/dist',
    options: { port: { type: 'string' }, 'no-build': { type: 'boolean' }, static: { type: 'boolean' } },
  },
  async (flags) => {
    const port = parsePort(flags.port);
    await setupNodeModules();
    if (flags.static) {
      await buildStaticPlayground();
      return;
    }
    if (!flags['no-build']) await buildPlayground();
    else if (!existsSync(PLAYGROUND)) {
      throw new StepError(`--no-build, but there is no ${PLAYGROUND} yet`, { mend: 'npm start' });
    }
    const { origin } = await serve(port);
    console.log(`\nThe playground is at ${origin} (end it with Ctrl+C)`);
  },
);
