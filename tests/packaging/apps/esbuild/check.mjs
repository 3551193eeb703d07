/** esbuild. */
// @ts-check
import { cpSync } from 'node:fs';
import { step } from '../../../../tools/run.mjs';
import { inChromium, serving } from '../../chromium.mjs';
import { CORE_WASM, install, slimByUrl, tool, versionOf } from '../../install.mjs';

/** @typedef {import('../../table.mjs').Row} Row */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('esbuild', { init: slimByUrl });
  const flags = ['--bundle', '--splitting', '--format=esm', '--minify', '--outdir=dist'];
  await step('esbuild: build', () => tool(folder, 'esbuild', ['src/main.js', ...flags]));
  for (const path of ['index.html', CORE_WASM])
    cpSync(`${folder}/${path}`, `${folder}/dist/${path.replace(/.*\//, '')}`);
  const results = await serving(`${folder}/dist`, (origin) => inChromium(() => origin));
  return [{ tool: 'esbuild', version: versionOf(folder, 'esbuild'), results, note: 'slim by `init`' }];
}
