/** Measures the size of each entry point and each other package: bundled, minified, and compressed by brotli. */
// @ts-check
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from '../tools/run.mjs';
import { packageEntries } from '../tools/variants.mjs';

/** The import from each package that is measured. @type {Record<string, string>} */
const PEERS = {
  '@microsoft/fetch-event-source': 'fetchEventSource',
  'eventsource-parser': 'createParser',
  'eventsource-client': 'createEventSource',
  eventsource: 'EventSource',
  'socket.io-client': 'io',
};

/** @param {string} contents */
async function brotliSize(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    external: ['react', 'vue'],
    logLevel: 'error',
    write: false,
  });
  return brotliCompressSync(outputFiles[0]?.contents ?? '').length;
}

/** Smallest first. @returns {Promise<{ brotli: Record<string, number> }>} */
export async function sizes() {
  /** @type {[name: string, size: number][]} */
  const rows = [];
  for (const { specifier, output } of packageEntries())
    rows.push([specifier, await brotliSize(`export * from './${output}'`)]);
  for (const [name, value] of Object.entries(PEERS))
    rows.push([name, await brotliSize(`export { ${value} } from '${name}'`)]);
  return { brotli: Object.fromEntries(rows.sort(([, a], [, b]) => a - b)) };
}
