/**
 * `npm run release:check`: whether this can be published. In: the repository; `--tag v1.2.3` is the tag it would have,
 * and needs an entry of the changelog. Out: nothing but the steps, or what is wrong.
 */
// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { build, OPTIMIZED_WASM } from './build.mjs';
import { packageEntries, scripts, stubPaths } from './entries.mjs';
import { setupNodeModules } from './setup.mjs';
import { checkSizes } from './size.mjs';
import { command, run, StepError, step } from './steps.mjs';

/** @param {string | undefined} tag */
function checkVersion(tag) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const crate = /^version = "(.+)"/m.exec(readFileSync('Cargo.toml', 'utf8'))?.[1];
  if (crate !== version) throw new StepError(`package.json has the version ${version}, Cargo.toml ${crate}`);
  if (tag === undefined) return;
  if (tag !== `v${version}`) throw new StepError(`the tag is ${tag}, the version ${version}`);
  if (!readFileSync('CHANGELOG.md', 'utf8').includes(`\n## ${version}`))
    throw new StepError(`CHANGELOG.md has no entry "## ${version}"`);
}

async function checkContents() {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json']);
  const report = JSON.parse(stdout);
  /** @type {{ path: string }[]} */
  const files = (Array.isArray(report) ? report[0] : Object.values(report)[0]).files;
  const paths = files.map(({ path }) => path);
  const wanted = [
    ...[
      'package.json',
      'README.md',
      'LICENSE',
      'LICENSE-MIT',
      'LICENSE-APACHE',
      'LICENSE-THIRD-PARTY',
      'dist/core.wasm',
    ],
    ...[...packageEntries(), ...scripts].map(({ output }) => output),
    ...stubPaths(),
  ];
  const missing = wanted.filter((path) => !paths.includes(path));
  const odd = paths.filter((path) => !wanted.includes(path) && !/^dist\/.+\.(js|d\.ts)$/.test(path));
  if (missing.length > 0) throw new StepError(`the package lacks ${missing.join(', ')}`);
  if (odd.length > 0) throw new StepError(`the package has ${odd.join(', ')}, which nobody needs`);
}

/** Builds the module and its twin once more, from nothing, and compares. */
async function checkReproducible() {
  const paths = [OPTIMIZED_WASM, 'dist/js/index.js', 'dist/global.js', 'dist/global-js.js'];
  const before = paths.map(digest);
  for (const path of ['build', 'dist', 'src/shim/wasm/generated'])
    rmSync(path, { recursive: true, force: true });
  for (const target of ['target', 'target/debian'])
    rmSync(`${target}/wasm32-unknown-unknown/release`, { recursive: true, force: true });
  // In a process of its own: this one has built already, and builds once.
  await run(process.execPath, ['tools/build.mjs']);
  const changed = paths.filter((path, index) => digest(path) !== before[index]);
  if (changed.length > 0) throw new StepError(`a second build gives other bytes: ${changed.join(', ')}`);
}

/** @param {string} path */
const digest = (path) =>
  existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'missing';

command(
  import.meta,
  {
    usage: 'npm run release:check -- [--tag v1.2.3] [--no-tests] [--verbose]',
    options: { tag: { type: 'string' }, 'no-tests': { type: 'boolean' } },
  },
  async (flags) => {
    await setupNodeModules();
    await step('version, changelog', () => checkVersion(flags.tag));
    await build();
    await step('contents', checkContents);
    await step('sizes', checkSizes);
    await step('reproducible', checkReproducible);
    if (flags['no-tests']) return;
    await step('npm test', () => run(process.execPath, ['tools/test.mjs']));
  },
);
