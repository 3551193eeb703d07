/**
 * `npm run docs`: the documentation's site. In: docs/*.md, the TSDoc of src/shim, and the playground. Out:
 * docs/.vitepress/dist, static files for any host. With `--dev`, a server that follows changes of the pages instead.
 * With `--no-playground`, nothing is compiled.
 */
// @ts-check
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const docs = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
const site = `${docs}.vitepress/dist`;

/** @param {string} folder @param {string} program @param {string[]} args */
function run(folder, program, ...args) {
  const { status } = spawnSync(program, args, {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(`${program} ${args.join(' ')} failed`);
    process.exit(1);
  }
}

/** Installs what docs/package-lock.json names, if it isn't. The repository's own packages don't include it. */
function install() {
  const [lock, stamp] = [`${docs}package-lock.json`, `${docs}node_modules/.installed`];
  const wanted = readFileSync(lock, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  run(docs, 'npm', 'ci', '--no-audit', '--no-fund');
  writeFileSync(stamp, wanted);
}

const { values } = parseArgs({
  options: { dev: { type: 'boolean' }, 'no-playground': { type: 'boolean' } },
});

install();
rmSync(`${docs}reference`, { recursive: true, force: true });
run(docs, 'npx', '--no-install', 'typedoc', '--logLevel', 'Warn');
if (values.dev) {
  run(docs, 'npx', '--no-install', 'vitepress', 'dev', '.');
} else {
  // It fails on a dead link.
  run(docs, 'npx', '--no-install', 'vitepress', 'build', '.');
  if (!values['no-playground']) {
    run(root, 'npm', 'run', 'build:www');
    cpSync(`${root}www/dist`, `${site}/playground`, { recursive: true });
  }
  console.log(`The site is in ${site}`);
}
