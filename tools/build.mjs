/**
 * `npm run build`: the package. In: the crate (Cargo.toml, src/), the shim (src/shim/) and the exports of
 * package.json. Out: build/core.wasm, the glue and the inlined wasm in src/shim/wasm/generated/, and dist/.
 *
 *   cargo ─▶ bindgen ─▶ wasm-opt ─▶ src/shim/wasm/generated/ ─▶ esbuild, tsc ─▶ dist/
 *
 * To add an entry, add it to the exports of package.json as `./name` → `./dist/name.js`; its source is
 * src/shim/name.ts.
 */
// @ts-check
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { forRelease, setupNodeModules, setupToolchain, WASM_TARGET } from './setup.mjs';
import { filesUnder, stampedStep } from './stamps.mjs';
import { command, npmBin, root, run, StepError } from './steps.mjs';

export const OPTIMIZED_WASM = 'build/core.wasm';
export const GLOBAL_SCRIPT = 'dist/global.js';

/** The oldest language and browser that the output runs in. */
export const TARGET = ['es2022', 'safari16'];

/** What every engine that we support has. A module that needs more is refused here, not by a user's browser. */
const WASM_FEATURES = [
  'bulk-memory',
  'bulk-memory-opt',
  'call-indirect-overlong',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
];

/**
 * Functions with one caller are put into it only when they are small: else WebKit of 2022 traps in some that have
 * become large ("Out of bounds table access"), where no other engine does. What it is there isn't known; the tests in
 * WPE WebKit watch it. It costs 1.5 % of the size.
 */
const OPTIMIZATIONS = ['-Oz', '--converge', '--one-caller-inline-max-function-size=20'];

const GENERATED = 'src/shim/wasm/generated';
const BINDGEN_OUT = 'build/bindgen';

/** The entries of the package: what is imported, where its source is, and what it becomes. */
export function packageEntries() {
  /** @type {{ name: string, exports: Record<string, string | { default: string }> }} */
  const { name, exports } = readJson('package.json');
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : [
          {
            specifier: name + path.slice(1),
            source: target.default.replace(/^\.\/dist\/(.+)\.js$/, 'src/shim/$1.ts'),
            output: target.default.slice(2),
          },
        ],
  );
}

/** @type {Promise<void> | undefined} */
let wasmBuilt;
/** @type {Promise<void> | undefined} */
let built;

/** Builds src/shim/wasm/generated/, once per process. */
export function buildWasm() {
  wasmBuilt ??= crateToGenerated();
  return wasmBuilt;
}

/** Builds everything, once per process. */
export function build() {
  built ??= buildWasm().then(shimToDist);
  return built;
}

async function crateToGenerated() {
  await setupNodeModules();
  const toolchain = await setupToolchain();
  const { cargo, env, targetDir, version } = toolchain;
  const wasm = forRelease(toolchain);
  const rawWasm = `${targetDir}/${WASM_TARGET}/release/eventsource_wasm.wasm`;
  const bindgen = `${targetDir}/debug/bindgen`;
  const cargoFiles = ['Cargo.toml', 'Cargo.lock', '.cargo/config.toml', 'rust-toolchain.toml'];
  const compiler = [version, process.env.RUSTFLAGS, wasm];

  await stampedStep(
    'wasm: cargo build',
    { inputs: [...cargoFiles, ...filesUnder('src', /\.rs$/)], also: compiler, outputs: [rawWasm] },
    () => run(cargo, ['build', '--lib', '--release', ...wasm.flags], { env: wasm.env }),
  );
  await stampedStep(
    'bindgen: cargo build',
    { inputs: ['Cargo.lock', ...filesUnder('tools/bindgen')], also: version, outputs: [bindgen] },
    () => run(cargo, ['build', '--package', 'bindgen'], { env }),
  );
  await stampedStep(
    'wasm: bindgen',
    {
      inputs: [rawWasm, 'Cargo.lock', ...filesUnder('tools/bindgen')],
      outputs: ['core_bg.wasm', 'core.js', 'core.d.ts'].map((name) => `${BINDGEN_OUT}/${name}`),
    },
    () => run(`${root}/${bindgen}`, [rawWasm, BINDGEN_OUT]),
  );
  await stampedStep(
    'wasm: wasm-opt',
    {
      inputs: [`${BINDGEN_OUT}/core_bg.wasm`, 'package-lock.json'],
      also: [WASM_FEATURES, OPTIMIZATIONS],
      outputs: [OPTIMIZED_WASM],
    },
    () =>
      run(npmBin('wasm-opt'), [
        ...OPTIMIZATIONS,
        '--mvp-features',
        ...WASM_FEATURES.map((feature) => `--enable-${feature}`),
        '--strip-debug',
        '--strip-producers',
        '--strip-target-features',
        `${BINDGEN_OUT}/core_bg.wasm`,
        '--output',
        OPTIMIZED_WASM,
      ]),
  );
  await stampedStep(
    'wasm: inline',
    {
      inputs: [OPTIMIZED_WASM, `${BINDGEN_OUT}/core.js`, `${BINDGEN_OUT}/core.d.ts`],
      outputs: ['core.js', 'core.d.ts', 'inline.ts'].map((name) => `${GENERATED}/${name}`),
    },
    () => {
      mkdirSync(GENERATED, { recursive: true });
      for (const name of ['core.js', 'core.d.ts'])
        copyFileSync(`${BINDGEN_OUT}/${name}`, `${GENERATED}/${name}`);
      const base64 = readFileSync(OPTIMIZED_WASM, 'base64');
      // The type is written out, or the declaration would repeat the whole text.
      writeFileSync(`${GENERATED}/inline.ts`, `export const wasmBase64: string =\n  '${base64}';\n`);
    },
  );
}

async function shimToDist() {
  const entries = packageEntries();
  const globalSource = 'src/shim/global.ts';
  const missing = [globalSource, ...entries.map(({ source }) => source)].find((path) => !existsSync(path));
  if (missing)
    throw new StepError(`${missing} doesn't exist; package.json and tools/build.mjs make it an entry`);
  const inputs = [...filesUnder('src/shim'), 'package.json', 'package-lock.json', 'tsconfig.json'];

  await stampedStep(
    'dist: esbuild',
    { inputs, also: TARGET, outputs: [GLOBAL_SCRIPT, ...entries.map(({ output }) => output)] },
    async () => {
      rmSync('dist', { recursive: true, force: true });
      await bundle({
        entryPoints: entries.map(({ source }) => source),
        outdir: 'dist',
        outbase: 'src/shim',
        format: 'esm',
        splitting: true,
        chunkNames: 'chunks/[name]-[hash]',
      });
      await bundle({ entryPoints: [globalSource], outfile: GLOBAL_SCRIPT, format: 'iife', minify: true });
    },
  );
  const declarations = entries.map(({ output }) => output.replace(/\.js$/, '.d.ts'));
  await stampedStep('dist: declarations', { inputs, outputs: declarations }, async () => {
    await run(npmBin('tsc'), ['--project', 'tsconfig.json']);
    // tsc reads declarations but doesn't copy them, and those it wrote may refer to the glue's.
    const copy = `${GENERATED.replace('src/shim', 'dist')}/core.d.ts`;
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(`${GENERATED}/core.d.ts`, copy);
  });
}

/**
 * esbuild, with its complaints as a StepError.
 * @param {import('esbuild').BuildOptions} options
 */
export async function bundle(options) {
  const esbuild = await import('esbuild');
  try {
    await esbuild.build({
      bundle: true,
      sourcemap: true,
      target: TARGET,
      logLevel: 'silent',
      absWorkingDir: root,
      ...options,
    });
  } catch (error) {
    const { errors } = /** @type {import('esbuild').BuildFailure} */ (error);
    if (!errors) throw error;
    const messages = await esbuild.formatMessages(errors, { kind: 'error', color: process.stdout.isTTY });
    throw new StepError(`esbuild can't bundle ${Object.values(options.entryPoints ?? {}).join(', ')}`, {
      output: messages.join(''),
    });
  }
}

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

command(import.meta, { usage: 'npm run build -- [--verbose]' }, async () => {
  await build();
  const { printSizes } = await import('./size.mjs');
  await printSizes();
});
