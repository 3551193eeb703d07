/** Next.js: the client, a Node route and an edge route. */
// @ts-check
import { step } from '../../../../tools/run.mjs';
import { exchanging, inChromium } from '../../chromium.mjs';
import { install, tool, versionOf, withServer } from '../../install.mjs';

/** @typedef {import('../../table.mjs').Row} Row */
/** @typedef {import('../../chromium.mjs').Results} Results */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('next');
  const version = versionOf(folder, 'next');
  await step('next: build', () => tool(folder, 'next', ['build'], { NEXT_TELEMETRY_DISABLED: '1' }));
  return withServer(folder, 'next', ['start', '--port', '0', '--hostname', '127.0.0.1'], async (origin) => {
    /** @param {string} kind */
    const route = (kind) =>
      exchanging(async (urls) => {
        /** @type {Results} */
        const results = {};
        for (const [name, url] of Object.entries(urls)) {
          const signal = AbortSignal.timeout(5_000);
          results[name] = await fetch(`${origin}/api/${kind}/${name}?url=${encodeURIComponent(url)}`, {
            signal,
          })
            .then((response) => response.text())
            .catch((error) => `${error}`);
        }
        return results;
      });
    return [
      { tool: 'Next, client', version, results: await inChromium(() => origin) },
      { tool: 'Next, Node route', version, results: await route('node') },
      { tool: 'Next, edge route', version, results: await route('edge') },
    ];
  });
}
