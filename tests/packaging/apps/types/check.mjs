/** TypeScript with each entry and each module resolution. */
// @ts-check
import { readFileSync, writeFileSync } from 'node:fs';
import { install, tool, versionOf } from '../../install.mjs';
import { allPrograms, WELL } from '../../programs.mjs';

/** @typedef {import('../../table.mjs').Row} Row */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('types');
  for (const { name, specifier } of allPrograms())
    writeFileSync(
      `${folder}/${name}.ts`,
      readFileSync(`${folder}/consumer.ts.txt`, 'utf8').replaceAll('SPECIFIER', specifier),
    );
  const rows = [];
  for (const [resolution, module, compiler = 'typescript'] of [
    ['bundler', 'esnext'],
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    // TypeScript 7 no longer supports it.
    ['node', 'commonjs', 'typescript5'],
  ]) {
    for (const [libs, types] of [
      ['es2022,dom,dom.iterable', ''],
      ['es2022', 'node'],
    ]) {
      const flags = ['--strict', '--noEmit', '--exactOptionalPropertyTypes', '--target', 'es2022'];
      const how = ['--module', module, '--moduleResolution', resolution, '--lib', libs];
      how.push(...(types ? ['--types', types] : ['--typeRoots', 'none']));
      const files = allPrograms().map(({ name }) => `${name}.ts`);
      const tsc = `../${compiler}/bin/tsc`;
      const said = await tool(folder, tsc, [...flags, .../** @type {string[]} */ (how), ...files]).then(
        () => '',
        (error) => error.output || `${error}`,
      );
      // One run for all entries, so one error fails them all.
      const results = Object.fromEntries(allPrograms().map(({ name }) => [name, said || WELL]));
      const lib = types ? 'Node’s types without the DOM' : 'DOM';
      const version = versionOf(folder, /** @type {string} */ (compiler));
      rows.push({ tool: `TypeScript, ${resolution}, ${lib}`, version, results });
    }
  }
  return rows;
}
