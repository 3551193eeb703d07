/** `node tools/dist.mjs`: bundles the shim into dist/, once for each build variant, and writes the declarations. */
// @ts-check
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { bundle, inVariant } from './bundle.mjs';
import { command, npmBin, run, step } from './run.mjs';
import {
  CJS_DIR,
  checkExports,
  cjsDir,
  cjsVariants,
  entriesOf,
  entryNames,
  OPTIMIZED_WASM,
  PACKAGED_WASM,
  scripts,
  variants,
  writeStubs,
} from './variants.mjs';

const GLOBAL = 'src/shim/global.ts';

const LAZY = 'llm/lazy-features.ts';

/** Marks a copy of a module. */
const COPY = '?lazy';

/**
 * Gives the lazily loaded file copies of all modules that it imports. Otherwise bundlers put them into the main file,
 * because entries export some of them, or into a third file.
 * @type {import('esbuild').Plugin}
 */
const copyLazyModules = {
  name: 'copies for lazy loading',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ path, importer, resolveDir, pluginData }) =>
      importer.endsWith(LAZY) || pluginData === COPY
        ? { path: resolve(resolveDir, path.replace(/js$/, 'ts')), suffix: COPY }
        : undefined,
    );
    onLoad({ filter: /^/ }, ({ path, suffix }) =>
      suffix === COPY
        ? { contents: readFileSync(path), loader: 'ts', resolveDir: dirname(path), pluginData: COPY }
        : undefined,
    );
  },
};

/**
 * Members of internal objects whose names are shortened here, because bundlers don't do it. None of them is an option,
 * a name of the platform, or sent to another tab. Members that begin with an underscore are shortened too.
 */
const internalMembers = `
  onBlock onIgnoredLine onUnfinished untilWanted untilDelivered untilBelow onTaken
  dropsReplayed heedsRetryAfter canResume pausesWhenHidden probesCors
  isFinished isDone hasContent counts grow other matches setFormats fault
  onReconnectionTime onCrash hasReceived readExcerpt isTooLarge isInEvent excerpt
  setPage setNetwork onBytes readIgnored readUnfinished fallBack
  begin decide prepare paused enter act caught isFull sending take
  after complete fail hear lose receive requestLock restart taken setId setOpened
  ping post hold takenId`;
const mangleProps = new RegExp(`^(_[a-z]\\w*|${internalMembers.trim().split(/\s+/).join('|')})$`);

async function buildDist() {
  checkExports();
  for (const variant of variants) {
    await bundle({
      entryPoints: entriesOf(variant),
      outdir: variant.dir,
      format: 'esm',
      splitting: true,
      // In the entries' folder, because both import the module by a relative path.
      chunkNames: 'shared-[hash]',
      packages: 'external',
      // Not minified: that drops annotations which bundlers need to remove unused code.
      mangleProps,
      plugins: [inVariant(variant), copyLazyModules],
    });
  }
  for (const variant of cjsVariants) await toCommonJs(variant);
  writeFileSync(`${CJS_DIR}/package.json`, '{ "type": "commonjs" }\n');
  for (const { variant, output } of scripts) {
    await bundle({
      entryPoints: [GLOBAL],
      outfile: output,
      format: 'iife',
      minify: true,
      mangleProps,
      plugins: [inVariant(variant)],
    });
  }
  copyFileSync(OPTIMIZED_WASM, PACKAGED_WASM);
  writeStubs();
}

/** Bundles the declarations of the entry points with the internal ones that they need. */
async function buildTypes() {
  const internal = 'build/declarations';
  rmSync(internal, { recursive: true, force: true });
  await run(npmBin('tsc'), ['--project', 'tsconfig.json', '--outDir', internal]);
  // tsc doesn't copy existing declarations, but its output refers to those of the glue.
  mkdirSync(`${internal}/wasm/generated`, { recursive: true });
  for (const path of ['core.d.ts', 'generated/core.d.ts'])
    copyFileSync(`src/shim/wasm/${path}`, `${internal}/wasm/${path}`);
  const names = [...entryNames(), 'slim'];
  const { rollup } = await import('rollup');
  const { dts } = await import('rollup-plugin-dts');
  const bundle = await rollup({
    input: Object.fromEntries(names.map((name) => [name, `${internal}/${name}.d.ts`])),
    external: ['react', 'vue'],
    plugins: [dts()],
    // The polyfill exports nothing, and some types are internal.
    onwarn: () => {},
  });
  const output = {
    entryFileNames: '[name].d.ts',
    chunkFileNames: 'types-[hash].d.ts',
    // For projects that compile without the DOM's types: Node's types lack some of the names.
    banner: '/// <reference lib="dom" />',
    // Makes the polyfill, which has no exports, a module.
    footer: 'export {};',
  };
  await bundle.write({ dir: 'dist', ...output });
  // A copy for CommonJS, which may not import types of ES modules.
  await bundle.write({ dir: CJS_DIR, ...output });
  await bundle.close();
}

/**
 * Converts a variant's modules to CommonJS, file by file, so that its entries share one state there too.
 * @param {import('./variants.mjs').Variant} variant
 */
async function toCommonJs(variant) {
  const files = readdirSync(variant.dir).filter((name) => name.endsWith('.js'));
  await bundle({
    entryPoints: files.map((name) => `${variant.dir}/${name}`),
    outdir: cjsDir(variant),
    bundle: false,
    format: 'cjs',
    // Node finds the named exports when an ES module imports these files.
    platform: 'node',
    // Converts `import()` to `require`: Jest supports `import()` only with a flag.
    supported: { 'dynamic-import': false },
    minifyWhitespace: variant.isWasm2js ?? false,
    sourcemap: false,
    // The files are one folder deeper than their modules, so the folder's URL replaces the module's.
    define: { 'import.meta.url': 'moduleUrl' },
    banner:
      variant.source === 'source-file'
        ? { js: "const moduleUrl = require('node:url').pathToFileURL(__dirname).href;" }
        : {},
  });
}

command(
  import.meta,
  { usage: 'node tools/dist.mjs [types]', positionals: ['types'] },
  async (_flags, words) => {
    if (words.length > 0) await step('dist: declarations', buildTypes);
    else await step('dist: esbuild', buildDist);
  },
);
