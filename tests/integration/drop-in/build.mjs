/**
 * Compiles and bundles each project of tests/integration/drop-in twice: with its original client and with this package
 * as the replacement.
 */
// @ts-check
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../../tools/bundle.mjs';
import { npmBin, root, run, step } from '../../../tools/run.mjs';

const PROJECTS = 'tests/integration/drop-in/projects';
const FOLDER = 'build/drop-in';

/** The original packages and their replacements. @type {Record<string, string>} */
const REPLACEMENTS = {
  '@microsoft/fetch-event-source': 'eventsource-wasm/fetch-event-source',
  'eventsource-parser': 'eventsource-wasm/stream',
  'eventsource-parser/stream': 'eventsource-wasm/stream',
};

/** Compiler options: `strict` alone, and with the strictest extra checks. */
const STRICTNESS = {
  strict: { strict: true },
  strictest: {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
  },
};

/** @returns {Promise<Record<'theirs' | 'ours', string>>} the folders of the modules */
export async function buildDropIns() {
  const files = readdirSync(PROJECTS).map((name) => `${PROJECTS}/${name}`);
  const folders = { theirs: `${FOLDER}/theirs`, ours: `${FOLDER}/ours` };
  for (const [which, outdir] of Object.entries(folders)) {
    const isOurs = which === 'ours';
    await bundle({
      entryPoints: files,
      outdir,
      format: 'esm',
      platform: 'node',
      ...(isOurs ? { alias: REPLACEMENTS } : {}),
    });
    for (const [name, options] of Object.entries(STRICTNESS)) {
      await step(`drop-in: tsc with ${which}, ${name}`, () =>
        compile(`${FOLDER}/${which}-${name}.json`, options, isOurs),
      );
    }
  }
  return folders;
}

/** @param {string} config @param {object} strictness @param {boolean} isOurs */
function compile(config, strictness, isOurs) {
  /** @param {string} name of an entry */
  const types = (name) => join(root, 'dist', `${name.replace('eventsource-wasm/', '')}.d.ts`);
  const paths = Object.fromEntries(Object.entries(REPLACEMENTS).map(([from, to]) => [from, [types(to)]]));
  const settings = {
    compilerOptions: {
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      noEmit: true,
      skipLibCheck: true,
      ...strictness,
      ...(isOurs ? { paths } : {}),
    },
    include: [`${root}/${PROJECTS}/*.ts`],
  };
  writeFileSync(config, JSON.stringify(settings, null, 2));
  return run(npmBin('tsc'), ['--project', config]);
}
