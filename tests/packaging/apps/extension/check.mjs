/** A Chrome extension: its page and its service worker, with each policy. */
// @ts-check
import { cpSync, writeFileSync } from 'node:fs';
import { setupChromium } from '../../../../tools/browsers.mjs';
import { bundle } from '../../../../tools/bundle.mjs';
import { step } from '../../../../tools/run.mjs';
import { exchanging, untilLoaded } from '../../chromium.mjs';
import { CORE_WASM, install, slimByUrl } from '../../install.mjs';
import { TELLS, WELL, writeAllPrograms } from '../../programs.mjs';

/** @typedef {import('../../table.mjs').Row} Row */
/** @typedef {import('../../chromium.mjs').Results} Results */
/** @typedef {import('../../programs.mjs').Program} Program */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('extension', { init: slimByUrl });
  const policies = { with: "script-src 'self' 'wasm-unsafe-eval'", without: "script-src 'self'" };
  writeAllPrograms(`${folder}/src`);
  await step('extension: build', async () => {
    for (const [name, policy] of Object.entries(policies)) {
      const outdir = `${folder}/${name}`;
      const options = {
        outdir,
        absWorkingDir: folder,
        format: /** @type {const} */ ('esm'),
        sourcemap: false,
      };
      await bundle({ ...options, entryPoints: { background: `${folder}/background.js` } });
      await bundle({ ...options, entryPoints: { page: `${folder}/src/main.js` }, splitting: true });
      for (const path of ['page.html', CORE_WASM])
        cpSync(`${folder}/${path}`, `${outdir}/${path.replace(/.*\//, '')}`);
      writeFileSync(
        `${outdir}/manifest.json`,
        JSON.stringify({
          manifest_version: 3,
          name: `eventsource-wasm, ${name}`,
          version: '1',
          background: { service_worker: 'background.js', type: 'module' },
          content_security_policy: { extension_pages: policy },
          host_permissions: ['http://127.0.0.1/*'],
        }),
      );
    }
  });
  const rows = [];
  for (const [name, policy] of Object.entries(policies)) {
    const { version, page, worker } = await inExtension(`${folder}/${name}`);
    /** @param {Program} program */
    const expected = ({ variant }) => (name === 'with' || variant === 'js' ? WELL : TELLS);
    rows.push({ tool: `Chrome extension, page, \`${policy}\``, version, results: page, expected });
    rows.push({
      tool: `Chrome extension, service worker, \`${policy}\``,
      version,
      results: worker,
      // Its only file contains all three polyfills.
      expected: (/** @type {Program} */ program) => (program.entry === 'polyfill' ? null : expected(program)),
    });
  }
  return rows;
}

/**
 * Runs the programs in a page and in the service worker of an unpacked extension.
 * @param {string} folder
 */
async function inExtension(folder) {
  const executablePath = await setupChromium();
  const { default: puppeteer } = await import('puppeteer-core');
  const browser = await puppeteer.launch({
    executablePath,
    headless: true,
    pipe: true,
    enableExtensions: [folder],
    args: ['--no-sandbox'],
  });
  try {
    const target = await browser.waitForTarget((target) => target.type() === 'service_worker');
    const { host } = new URL(target.url());
    const worker = await target.worker();
    const page = await browser.newPage();
    await page.goto(`chrome-extension://${host}/page.html`);
    await untilLoaded(page);
    /** @param {{ evaluate: typeof page.evaluate } | null} place */
    const runIn = (place) =>
      exchanging(async (urls) => {
        /** @type {Results} */
        const results = {};
        for (const [name, url] of Object.entries(urls))
          results[name] = /** @type {string} */ (
            await place?.evaluate(
              (name, url) =>
                /** @type {any} */ (globalThis)
                  .run(name, url)
                  .catch((/** @type {unknown} */ error) => `${error}`),
              name,
              url,
            )
          );
        return results;
      });
    const version = (await browser.version()).replace(/.*\//, '');
    return { version, page: await runIn(page), worker: await runIn(/** @type {any} */ (worker)) };
  } finally {
    await browser.close();
  }
}
