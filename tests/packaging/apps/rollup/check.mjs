/** Rollup. */
// @ts-check
import { cpSync } from 'node:fs';
import { step } from '../../../../tools/run.mjs';
import { inChromium, serving } from '../../chromium.mjs';
import { CORE_WASM, install, slimByUrl, tool, versionOf } from '../../install.mjs';

/** @typedef {import('../../table.mjs').Row} Row */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('rollup', { init: slimByUrl });
  await step('rollup: build', () => tool(folder, 'rollup', ['--config']));
  for (const path of ['index.html', CORE_WASM])
    cpSync(`${folder}/${path}`, `${folder}/dist/${path.replace(/.*\//, '')}`);
  const results = await serving(`${folder}/dist`, (origin) => inChromium(() => origin));
  return [{ tool: 'Rollup', version: versionOf(folder, 'rollup'), results, note: 'slim by `init`' }];
}
