/** Bundles the tests. They import the package by its name, through the same `exports` as a user's bundler. */
// @ts-check
import { rmSync } from 'node:fs';
import { bundle } from '../../tools/bundle.mjs';
import { npmRun } from '../../tools/packages.mjs';
import { filesUnder, root, StepError } from '../../tools/run.mjs';
import { PANICKING } from '../../tools/variants.mjs';
import { scenarioServer } from './scenario-server.mjs';

/**
 * Options for Node. The playground's server reads texts from its own folder, so it isn't bundled.
 * @type {import('esbuild').BuildOptions}
 */
export const inNode = {
  platform: 'node',
  target: 'node20',
  packages: 'external',
  external: [`${root}/www/server/*`],
};

/** @param {string} folder */
export function testsIn(folder) {
  const files = filesUnder(folder, /\.test\.ts$/);
  if (files.length === 0) throw new StepError(`${folder} has no *.test.ts`);
  return files;
}

/** Entries that exist only in the default build. */
const coreless = { 'eventsource-wasm/testing': `${root}/dist/testing.js` };

/**
 * Bundles test files. `__SERVER__` becomes the facts that the scenario server prints.
 * @param {string[]} entryPoints
 * @param {string} outdir
 * @param {import('esbuild').BuildOptions} options
 * @param {'js'} [variant] of the package, instead of the default
 * @returns {Promise<string[]>} the bundled files
 */
export async function bundleTests(entryPoints, outdir, options, variant) {
  const { facts } = await scenarioServer();
  // Remove bundles of deleted test files, so that they don't run again.
  rmSync(outdir, { recursive: true, force: true });
  await bundle({
    entryPoints,
    outdir,
    outbase: 'tests',
    format: 'esm',
    inject: ['tests/support/retries.ts'],
    ...(variant ? { alias: { ...coreless, 'eventsource-wasm': `eventsource-wasm/${variant}` } } : {}),
    ...options,
    define: {
      __SERVER__: JSON.stringify(facts),
      __VARIANT__: JSON.stringify(variant ?? ''),
      ...options.define,
    },
  });
  return filesUnder(outdir, /\.test\.js$/);
}

/**
 * Bundles the tests of the core that panics on demand, into a folder in `outdir`.
 * @param {string} outdir
 * @param {import('esbuild').BuildOptions} options
 */
export async function bundlePanicking(outdir, options) {
  await npmRun('build:panicking');
  return bundleTests(testsIn('tests/unit/border'), `${outdir}/panicking`, {
    ...options,
    alias: { 'eventsource-wasm': `${root}/${PANICKING.dir}` },
    packages: 'bundle',
  });
}
