/** Angular, compiled like its builder does: without native `async` functions, which zone.js can't track. */
// @ts-check
import { cpSync, writeFileSync } from 'node:fs';
import { bundle } from '../../../../tools/bundle.mjs';
import { step } from '../../../../tools/run.mjs';
import { inChromium, serving } from '../../chromium.mjs';
import { CORE_WASM, install, slimByUrl, tool, versionOf } from '../../install.mjs';

/** @typedef {import('../../table.mjs').Row} Row */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('angular', { init: slimByUrl });
  await step('angular: build', async () => {
    await tool(folder, 'ngc', ['--project', 'tsconfig.json']);
    writeFileSync(
      `${folder}/main.js`,
      "import { programs } from './src/programs.js';\nimport './compiled/main.js';\n\nglobalThis.programs = programs;\n",
    );
    await bundle({
      entryPoints: { main: `${folder}/main.js` },
      outdir: `${folder}/dist`,
      absWorkingDir: folder,
      format: 'esm',
      splitting: true,
      sourcemap: false,
      supported: { 'async-await': false, 'object-rest-spread': false },
    });
  });
  cpSync(`${folder}/${CORE_WASM}`, `${folder}/core.wasm`);
  const results = await serving(folder, (origin) => inChromium(() => origin));
  return [{ tool: 'Angular, zone.js', version: versionOf(folder, '@angular/core'), results }];
}
