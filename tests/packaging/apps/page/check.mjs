/** Pages without tools: an import map, and script tags. */
// @ts-check
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { scripts } from '../../../../tools/variants.mjs';
import { chromiumVersion, inChromium, serving } from '../../chromium.mjs';
import { install } from '../../install.mjs';
import { allPrograms, WELL } from '../../programs.mjs';

/** @typedef {import('../../table.mjs').Row} Row */

/** The `integrity` of a script. @param {string} path */
const integrity = (path) => `sha384-${createHash('sha384').update(readFileSync(path)).digest('base64')}`;

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('page');
  const base = '/node_modules/eventsource-wasm/';
  const imports = Object.fromEntries(
    allPrograms().map(({ specifier, variant, entry }) => [
      specifier,
      `${base}dist/${variant && `${variant}/`}${entry}.js`,
    ]),
  );
  /** @param {string} head */
  const html = (head) => `<!doctype html><title>eventsource-wasm</title>${head}`;
  const importMap = html(
    `<script type="importmap">${JSON.stringify({ imports })}</script><script type="module" src="/src/main.js"></script>`,
  );
  const withMap = await serving(folder, (origin) => inChromium(() => origin), {
    pages: { '/': importMap },
  });

  const classic = allPrograms().filter(({ name }) => name === 'polyfill' || name === 'js-polyfill');
  const pages = Object.fromEntries(
    scripts.map(({ variant, output }) => [
      variant.name === 'js' ? '/js-polyfill' : '/polyfill',
      html(
        `<script src="${base}${output}" integrity="${integrity(output)}" crossorigin="anonymous"></script>
         <script>const early = EventSource;</script>
         <script type="module">
           import { exchange } from '/src/exchange.js';
           globalThis.run = (name, url) => exchange(early, url);
         </script>`,
      ),
    ]),
  );
  const byScript = await serving(folder, (origin) => inChromium((name) => `${origin}/${name}`, classic), {
    pages,
  });
  const version = await chromiumVersion();
  return [
    { tool: 'page with an import map', version, results: withMap },
    {
      tool: 'page with a script tag',
      version,
      results: byScript,
      expected: (program) => (classic.some(({ name }) => name === program.name) ? WELL : null),
      note: '`dist/global.js` and `dist/global-js.js`, with `integrity`',
    },
  ];
}
