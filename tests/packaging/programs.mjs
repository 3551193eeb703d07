/** The programs that every app runs: one for each entry point in each build variant. */
// @ts-check
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { StepError } from '../../tools/run.mjs';
import { entryNames } from '../../tools/variants.mjs';

export const SOURCES = 'tests/packaging';

/** The result of a program that succeeds. */
export const WELL = 'Hello world streamed';
/** Matches the error that names both fixes for a policy that blocks WebAssembly. */
export const TELLS = /'wasm-unsafe-eval'.*'eventsource-wasm\/js'/;

/** @typedef {{ name: string, variant: '' | 'slim' | 'js', entry: string, specifier: string }} Program */

/** Entries that need a framework are tested in its example app. */
const ENTRIES_OF_FRAMEWORKS = ['react', 'vue', 'svelte'];

export const entriesForAll = (variant = 'inline') =>
  entryNames(variant).filter((name) => !ENTRIES_OF_FRAMEWORKS.includes(name));

/** A program for each entry in each variant. */
export function allPrograms() {
  return /** @type {const} */ (['', 'slim', 'js']).flatMap((variant) =>
    entriesForAll(variant || 'inline').map((entry) => {
      const parts = [variant, entry === 'index' ? '' : entry].filter(Boolean);
      return {
        name: [variant, entry].filter(Boolean).join('-'),
        variant,
        entry,
        specifier: ['eventsource-wasm', ...parts].join('/'),
      };
    }),
  );
}

/**
 * Writes the programs of an app: src/<name>.js, src/programs.js, which imports them lazily, and src/main.js, which sets
 * `globalThis.run`.
 * @param {string} folder
 * @param {{ init?: string, cjs?: boolean }} [options] `init`: code that an app needs to find core.wasm
 */
export function writePrograms(folder, { init = '', cjs = false } = {}) {
  mkdirSync(folder, { recursive: true });
  /** @param {string} name @param {string} text */
  const write = (name, text) => writeFileSync(`${folder}/${name}.js`, cjs ? toCommonJs(text) : text);
  /** @param {string} path */
  const read = (path) => readFileSync(path, 'utf8');
  if (cjs) writeFileSync(`${folder}/package.json`, '{ "type": "commonjs" }\n');
  write('exchange', read(`${SOURCES}/programs/exchange.js`));
  const programs = allPrograms();
  for (const { name, variant, entry, specifier } of programs) {
    const source = `${SOURCES}/programs/${entry}.js`;
    if (!existsSync(source)) throw new StepError(`${source} doesn't exist: each entry needs a program`);
    const plain = ['eventsource-wasm', ...(entry === 'index' ? [] : [entry])].join('/');
    const text = read(source).replace(/'eventsource-wasm[^']*'/g, (found) =>
      found === `'${plain}'`
        ? `'${specifier}'`
        : found.replace('eventsource-wasm', `eventsource-wasm${variant && `/${variant}`}`),
    );
    write(name, variant === 'slim' ? init + text : text);
  }
  const list = programs.map(({ name }) =>
    cjs ? `  '${name}': () => require('./${name}.js'),\n` : `  '${name}': () => import('./${name}.js'),\n`,
  );
  write('programs', `export const programs = {\n${list.join('')}};\n`);
  write(
    'main',
    `import { programs } from './programs.js';\n\nglobalThis.run = async (name, url) => (await programs[name]()).run(url);\n`,
  );
}

/** @param {string} text */
const toCommonJs = (text) =>
  text
    .replace(/^import (\{.*?\}) from ('.*?');$/gm, 'const $1 = require($2);')
    .replace(/^import ('.*?');$/gm, 'require($1);')
    .replace(/^export const (\w+)/gm, 'const $1 = exports.$1')
    .replace(/^export (async )?function (\w+)/gm, 'exports.$2 = $2;\n$1function $2');

/** Writes all programs as one module, for places without dynamic import. @param {string} folder */
export function writeAllPrograms(folder) {
  const programs = allPrograms();
  const imports = programs.map(({ name }, index) => `import * as program${index} from './${name}.js';\n`);
  const members = programs.map(({ name }, index) => `  '${name}': program${index},\n`);
  writeFileSync(
    `${folder}/all.js`,
    `${imports.join('')}\nexport const programs = {\n${members.join('')}};\n`,
  );
}
