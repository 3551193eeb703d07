/** webpack. */
// @ts-check
import { cpSync } from 'node:fs';
import { step } from '../../../../tools/run.mjs';
import { inChromium, serving } from '../../chromium.mjs';
import { install, tool, versionOf } from '../../install.mjs';

/** @typedef {import('../../table.mjs').Row} Row */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('webpack');
  await step('webpack: build', () =>
    tool(folder, 'webpack', ['--mode', 'production', '--entry', './src/main.js']),
  );
  cpSync(`${folder}/index.html`, `${folder}/dist/index.html`);
  const results = await serving(`${folder}/dist`, (origin) => inChromium(() => origin));
  return [{ tool: 'webpack', version: versionOf(folder, 'webpack'), results }];
}
