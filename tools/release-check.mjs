/**
 * `npm run release:check`: checks whether this version can be published. `--tag v1.2.3` is the release's tag, which
 * needs an entry in the changelog. `--no-tests` skips `npm test`.
 */
// @ts-check
import { readFileSync, rmSync } from 'node:fs';
import { npmRun } from './packages.mjs';
import { command, run, StepError, step } from './run.mjs';
import { OPTIMIZED_WASM, scripts, stubPaths } from './variants.mjs';

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

/** Checks the fields that npm needs to publish with provenance, and those that the package's page shows. */
function checkManifest() {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const missing = ['repository', 'homepage', 'bugs', 'author', 'license', 'description', 'keywords'].filter(
    (key) => !manifest[key]?.url && !manifest[key]?.length,
  );
  if (missing.length > 0) throw new StepError(`package.json lacks ${missing.join(', ')}`);
  if (manifest.private) throw new StepError('package.json is private');
  const { GITHUB_REPOSITORY } = process.env;
  if (GITHUB_REPOSITORY && !manifest.repository.url.includes(`github.com/${GITHUB_REPOSITORY}.git`))
    throw new StepError(`repository is ${manifest.repository.url}, this is ${GITHUB_REPOSITORY}`);
}

/** Checks the files that npm would publish. publint and attw check that all files in `exports` exist. */
async function checkContents() {
  const { stdout } = await run('npm', ['publish', '--dry-run', '--access', 'public', '--json']);
  const report = JSON.parse(stdout);
  /** @type {string[]} */
  const paths = (report.files ?? Object.values(report)[0].files).map((/** @type {any} */ { path }) => path);
  const wanted = [
    ...['package.json', 'README.md', 'CHANGELOG.md', 'dist/core.wasm', 'dist/cjs/package.json'],
    ...['', '-MIT', '-APACHE', '-THIRD-PARTY'].map((name) => `LICENSE${name}`),
    ...stubPaths(),
  ];
  const missing = wanted.filter((path) => !paths.includes(path));
  const odd = paths.filter((path) => !wanted.includes(path) && !/^dist\/.+\.(js|js\.map|d\.ts)$/.test(path));
  if (missing.length > 0) throw new StepError(`the package lacks ${missing.join(', ')}`);
  if (odd.length > 0) throw new StepError(`the package has ${odd.join(', ')}, which isn't needed`);
}

/** Builds everything again from scratch, and compares the output. */
async function checkReproducible() {
  const paths = [OPTIMIZED_WASM, 'dist/js/index.js', ...scripts.map(({ output }) => output)];
  const read = () => paths.map((path) => readFileSync(path, 'latin1'));
  const before = read();
  for (const path of ['.wireit', 'build', 'dist', 'src/shim/wasm/generated'])
    rmSync(path, { recursive: true, force: true });
  for (const target of ['target', 'target/debian', 'target/wasm2js', 'target/debian/wasm2js'])
    rmSync(`${target}/wasm32-unknown-unknown/release`, { recursive: true, force: true });
  await run('npm', ['run', 'build']);
  const after = read();
  const changed = paths.filter((_, index) => after[index] !== before[index]);
  if (changed.length > 0) throw new StepError(`a second build gives other bytes: ${changed.join(', ')}`);
}

command(
  import.meta,
  {
    usage: 'npm run release:check -- [--tag v1.2.3] [--no-tests] [--verbose]',
    options: { tag: { type: 'string' }, 'no-tests': { type: 'boolean' } },
  },
  async (flags) => {
    await npmRun('build:all');
    await step('version, changelog', () => checkVersion(flags.tag));
    await step('manifest', checkManifest);
    await step('npm publish --dry-run', checkContents);
    await npmRun('lint:package');
    await npmRun('lint:licenses');
    await step('reproducible', checkReproducible);
    if (flags['no-tests']) return;
    await step('npm test', () => run('npm', ['test']));
  },
);
