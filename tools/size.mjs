/**
 * How large the package is for those who use it. In: the built dist/ and build/core.wasm. Out: a table with each
 * entry as a consumer's bundler would ship it (bundled, minified, the wasm included where it is inlined), what all of
 * them have in common, and the hashes that pin the classic scripts in a script tag.
 */
// @ts-check
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { OPTIMIZED_WASM } from './build.mjs';
import { packageEntries, scripts } from './entries.mjs';
import { command, StepError } from './steps.mjs';

/** Bytes after brotli that nothing may outgrow, where the standard library is built for size (tools/setup.mjs). */
const CEILINGS = 'tools/ceilings.json';

/** @returns {Promise<{ name: string, raw: number, gzip: number, brotli: number }[]>} */
export async function measureSizes() {
  const { build } = await import('esbuild');
  const core = { specifier: 'the core: wasm and glue', output: 'src/shim/wasm/load.ts' };
  const entries = await Promise.all(
    [...packageEntries(), core].map(async ({ specifier, output }) => {
      const { outputFiles } = await build({
        entryPoints: [output],
        bundle: true,
        minify: true,
        format: 'esm',
        target: 'es2022',
        packages: 'external',
        logLevel: 'error',
        write: false,
      });
      return weigh(specifier, /** @type {import('esbuild').OutputFile} */ (outputFiles[0]).contents);
    }),
  );
  return [
    ...entries,
    ...scripts.map(({ output }) => weigh(output, readFileSync(output))),
    weigh('the wasm alone', readFileSync(OPTIMIZED_WASM)),
  ];
}

export async function printSizes() {
  const sizes = await measureSizes();
  const width = Math.max(...sizes.map(({ name }) => name.length));
  /** @param {string} name @param {(string | number)[]} cells */
  const row = (name, cells) =>
    console.log(name.padEnd(width) + cells.map((cell) => cell.toLocaleString('en').padStart(10)).join(''));
  console.log('');
  row('bytes', ['raw', 'gzip', 'brotli']);
  for (const { name, raw, gzip, brotli } of sizes) row(name, [raw, gzip, brotli]);
  console.log('');
  for (const { output } of scripts) console.log(`${output} integrity="${integrity(output)}"`);
}

/** Fails where something has outgrown its ceiling. */
export async function checkSizes() {
  /** @type {Record<string, number>} */
  const ceilings = JSON.parse(readFileSync(CEILINGS, 'utf8'));
  const sizes = await measureSizes();
  const wrong = sizes.flatMap(({ name, brotli }) => {
    const ceiling = ceilings[name];
    if (ceiling === undefined) return [`${name} has no ceiling; it weighs ${brotli}`];
    return brotli > ceiling ? [`${name} weighs ${brotli}, more than ${ceiling}`] : [];
  });
  if (wrong.length > 0) throw new StepError(`${CEILINGS}: ${wrong.join('; ')}`);
}

/** @param {string} path */
export const integrity = (path) =>
  `sha384-${createHash('sha384').update(readFileSync(path)).digest('base64')}`;

/** @param {string} name @param {Uint8Array} content */
export const weigh = (name, content) => ({
  name,
  raw: content.length,
  gzip: gzipSync(content, { level: 9 }).length,
  brotli: brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  }).length,
});

command(import.meta, { usage: 'node tools/size.mjs [--verbose], after npm run build' }, printSizes);
