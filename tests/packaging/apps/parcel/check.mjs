/** Parcel. */
// @ts-check
import { step } from '../../../../tools/run.mjs';
import { inChromium, serving } from '../../chromium.mjs';
import { install, tool, versionOf } from '../../install.mjs';

/** @typedef {import('../../table.mjs').Row} Row */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('parcel');
  await step('parcel: build', () =>
    tool(folder, 'parcel', ['build', 'index.html', '--no-cache', '--public-url', './']),
  );
  const results = await serving(`${folder}/dist`, (origin) => inChromium(() => origin));
  return [{ tool: 'Parcel', version: versionOf(folder, 'parcel'), results }];
}
