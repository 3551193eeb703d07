/**
 * `npm run build`: the package. In: the crate (Cargo.toml, src/), the shim (src/shim/) and the entries
 * (tools/entries.mjs). Out: build/core.wasm, the glue and the inlined wasm in src/shim/wasm/generated/, and dist/.
 *
 *   cargo ─┬▶ bindgen ─▶ pack-wasm.mjs ─┬▶ src/shim/wasm/generated/ ─▶ esbuild, once for each form; tsc ─▶ dist/
 *          └▶ twin.mjs ─────────────────┘
 */
// @ts-check
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import {
  CJS_DIR,
  checkExports,
  cjsDir,
  cjsForms,
  entriesOf,
  forms,
  PACKAGED_WASM,
  scripts,
  stubPaths,
  writeStubs,
} from './entries.mjs';
import { trimDeclarations, trimGlue } from './glue.mjs';
import { packWasm, toText } from './pack-wasm.mjs';
import { EXPORTS, forRelease, forWasm, setupNodeModules, setupToolchain, WASM_TARGET } from './setup.mjs';
import { filesUnder, stampedStep } from './stamps.mjs';
import { command, npmBin, root, run, StepError, step } from './steps.mjs';
import { makeTwin } from './twin.mjs';

export const OPTIMIZED_WASM = 'build/core.wasm';

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
  'simd',
];

/** What the module has that wasm2js translates. */
const WASM2JS_FEATURES = WASM_FEATURES.filter((feature) => feature !== 'simd');

const OPTIMIZATIONS = ['-Oz', '--converge'];

const GENERATED = 'src/shim/wasm/generated';
const BINDGEN_OUT = 'build/bindgen';
const TWIN_OUT = `${GENERATED}/twin`;

/** The package as the tests have it, whose core panics where they want it to (the feature `panics-on-demand`). */
export const PANICKING = {
  name: 'panicking',
  dir: 'build/panicking',
  generated: 'build/panicking/generated',
};

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
  const remapping = await remapped(toolchain, wasm.env);
  const compiler = [version, process.env.RUSTFLAGS, wasm];

  await stampedStep(
    'wasm: cargo build',
    {
      inputs: [...cargoFiles, ...filesUnder('src', /\.rs$/)],
      also: [compiler, remapping],
      outputs: [rawWasm],
    },
    () => run(cargo, ['build', '--lib', '--release', ...wasm.flags], { env: { ...wasm.env, ...remapping } }),
  );
  // Another folder, or each build would compile all crates again.
  const plain = forRelease(toolchain, { simd: false });
  const plainTarget = `${targetDir}/wasm2js`;
  const plainWasm = `${plainTarget}/${WASM_TARGET}/release/eventsource_wasm.wasm`;
  const plainRemapping = await remapped(toolchain, plain.env);
  await stampedStep(
    'wasm2js: cargo build',
    {
      inputs: [...cargoFiles, ...filesUnder('src', /\.rs$/)],
      also: [version, process.env.RUSTFLAGS, plain, plainRemapping],
      outputs: [plainWasm],
    },
    () =>
      run(cargo, ['build', '--lib', '--release', ...plain.flags], {
        env: { ...plain.env, ...plainRemapping, CARGO_TARGET_DIR: plainTarget },
      }),
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
    'wasm: pack',
    {
      inputs: [
        ...['core_bg.wasm', 'core.js', 'core.d.ts'].map((name) => `${BINDGEN_OUT}/${name}`),
        ...['package-lock.json', 'tools/pack-wasm.mjs', 'tools/glue.mjs'],
      ],
      also: [WASM_FEATURES, OPTIMIZATIONS],
      outputs: [
        OPTIMIZED_WASM,
        ...['core.js', 'core.d.ts', 'inline.ts'].map((name) => `${GENERATED}/${name}`),
      ],
    },
    async () => {
      mkdirSync(GENERATED, { recursive: true });
      writeFileSync(
        `${GENERATED}/core.d.ts`,
        trimDeclarations(readFileSync(`${BINDGEN_OUT}/core.d.ts`, 'utf8')),
      );
      const glue = await packWasm({
        wasm: `${BINDGEN_OUT}/core_bg.wasm`,
        glue: trimGlue(readFileSync(`${BINDGEN_OUT}/core.js`, 'utf8')),
        work: BINDGEN_OUT,
        features: WASM_FEATURES,
        optimizations: OPTIMIZATIONS,
        out: OPTIMIZED_WASM,
      });
      writeFileSync(`${GENERATED}/core.js`, glue);
      const { text, frequent } = toText(readFileSync(OPTIMIZED_WASM));
      // The types are written out, or the declarations would repeat the whole text.
      writeFileSync(
        `${GENERATED}/inline.ts`,
        `export const frequentBytes: string = '${frequent}';\nexport const wasmText: string =\n  '${text}';\n`,
      );
    },
  );
  await stampedStep(
    'wasm: twin',
    {
      inputs: [
        plainWasm,
        'package-lock.json',
        'tools/twin.mjs',
        'tools/glue.mjs',
        ...filesUnder('tools/bindgen'),
      ],
      also: WASM2JS_FEATURES,
      outputs: ['core.js', 'module.js'].map((name) => `${TWIN_OUT}/${name}`),
    },
    () =>
      makeTwin({
        rawWasm: plainWasm,
        bindgen: `${root}/${bindgen}`,
        features: WASM2JS_FEATURES,
        work: 'build/twin',
        out: TWIN_OUT,
      }),
  );
}

/**
 * Panics carry the path of their source file. This leaves out the part of it that is this machine's, so that the
 * module has the same bytes wherever one compiler builds it.
 * @param {import('./setup.mjs').Toolchain} toolchain
 * @param {Record<string, string>} wasmEnv what the build sets besides: one of cargo's variables hides the others
 */
async function remapped({ name, cargo, env, version }, wasmEnv) {
  const rustc = env.RUSTC ?? 'rustc';
  const sysroot = (await run(rustc, ['--print', 'sysroot'], { env })).stdout.trim();
  const registry = `${process.env.CARGO_HOME ?? `${homedir()}/.cargo`}/registry/src`;
  // Where cargo has never been, it is only known after this where it puts them.
  if (!existsSync(registry)) await step('crates', () => run(cargo, ['fetch', '--locked'], { env }));
  const crates = existsSync(registry) ? readdirSync(registry).map((folder) => `${registry}/${folder}`) : [];
  // The standard library's own, with its sources installed and without.
  const library = [
    `${sysroot}/lib/rustlib/src/rust`,
    ...(name === 'debian' ? [`/usr/src/rustc-${/^release: (\S+)/m.exec(version)?.[1]}`] : []),
    `/rustc/${/^commit-hash: (\S+)/m.exec(version)?.[1]}`,
  ];
  const flags = [...crates, ...library].map((folder) => `--remap-path-prefix=${folder}=`);
  const { CARGO_ENCODED_RUSTFLAGS, RUSTFLAGS, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS } = {
    ...process.env,
    ...wasmEnv,
  };
  const words = (RUSTFLAGS ?? CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS ?? '').split(/ +/);
  const given = CARGO_ENCODED_RUSTFLAGS?.split('\x1f') ?? words;
  return { CARGO_ENCODED_RUSTFLAGS: [...given, ...flags].filter(Boolean).join('\x1f') };
}

/** Builds that of the tests: quick rather than small. */
export async function buildPanicking() {
  await build();
  const toolchain = await setupToolchain();
  const { targetDir, version } = toolchain;
  const wasm = forWasm(toolchain);
  const { dir, generated } = PANICKING;
  const rawWasm = `${targetDir}/${WASM_TARGET}/debug/eventsource_wasm.wasm`;
  const entries = ['index', 'stream', 'fetch-event-source'].map((name) => `src/shim/${name}.ts`);
  await stampedStep(
    'panicking core',
    {
      inputs: ['Cargo.toml', 'Cargo.lock', ...filesUnder('src'), ...filesUnder('tools', /\.(mjs|rs)$/)],
      also: [version, wasm],
      outputs: entries.map((entry) => entry.replace(/^src\/shim\/(.+)\.ts$/, `${dir}/$1.js`)),
    },
    async () => {
      const flags = ['--lib', '--features', 'panics-on-demand', ...wasm.flags];
      const rustFlags = { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: EXPORTS.join(' ') };
      await run(toolchain.cargo, ['build', ...flags], { env: { ...wasm.env, ...rustFlags } });
      await run(`${root}/${targetDir}/debug/bindgen`, [rawWasm, generated]);
      writeFileSync(`${generated}/core.js`, trimGlue(readFileSync(`${generated}/core.js`, 'utf8')));
      const { text, frequent } = toText(readFileSync(`${generated}/core_bg.wasm`));
      writeFileSync(
        `${generated}/inline.js`,
        `export const frequentBytes = '${frequent}';\nexport const wasmText = '${text}';\n`,
      );
      await bundle({
        entryPoints: entries,
        outdir: dir,
        format: 'esm',
        splitting: true,
        plugins: [inForm(PANICKING)],
      });
    },
  );
}

async function shimToDist() {
  checkExports();
  const entries = forms.flatMap(entriesOf);
  const globalSource = 'src/shim/global.ts';
  const missing = [globalSource, ...entries.map(({ source }) => source)].find((path) => !existsSync(path));
  if (missing) throw new StepError(`${missing} doesn't exist; package.json makes it an entry`);
  const inputs = [
    ...['package.json', 'package-lock.json', 'tsconfig.json', 'tools/entries.mjs', 'tools/build.mjs'],
    ...filesUnder('src/shim'),
  ];
  const outputs = [...entries, ...scripts].map(({ output }) => output);

  await stampedStep(
    'dist: esbuild',
    {
      inputs: [...inputs, OPTIMIZED_WASM],
      also: TARGET,
      outputs: [
        ...outputs,
        ...cjsForms.flatMap((form) => entriesOf(form).map(({ name }) => `${cjsDir(form)}/${name}.js`)),
        ...[PACKAGED_WASM, ...stubPaths()],
      ],
    },
    async () => {
      rmSync('dist', { recursive: true, force: true });
      for (const form of forms) {
        await bundle({
          entryPoints: Object.fromEntries(entriesOf(form).map(({ name, source }) => [name, source])),
          outdir: form.dir,
          format: 'esm',
          splitting: true,
          // Beside the entries, from where they import the module by a path relative to both.
          chunkNames: 'shared-[hash]',
          packages: 'external',
          // Readable, but for what no one can read.
          minify: form.isTwin ?? false,
          sourcemap: false,
          plugins: [inForm(form)],
        });
      }
      for (const form of cjsForms) await toCommonJs(form);
      writeFileSync(`${CJS_DIR}/package.json`, '{ "type": "commonjs" }\n');
      for (const { form, output } of scripts) {
        const plugins = [
          inForm(/** @type {import('./entries.mjs').Form} */ (forms.find(({ name }) => name === form))),
        ];
        await bundle({
          entryPoints: [globalSource],
          outfile: output,
          format: 'iife',
          minify: true,
          sourcemap: false,
          plugins,
        });
      }
      copyFileSync(OPTIMIZED_WASM, PACKAGED_WASM);
      writeStubs();
    },
  );
  const declarations = entries.flatMap(({ source }) =>
    ['dist', CJS_DIR].map((folder) => source.replace(/^src\/shim\/(.+)\.ts$/, `${folder}/$1.d.ts`)),
  );
  await stampedStep('dist: declarations', { inputs, outputs: declarations }, async () => {
    await run(npmBin('tsc'), ['--project', 'tsconfig.json']);
    // tsc reads declarations but doesn't copy them, and those it wrote may refer to the glue's.
    const copy = `${GENERATED.replace('src/shim', 'dist')}/core.d.ts`;
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(`${GENERATED}/core.d.ts`, copy);
    // For those who compile without the DOM's types: Node's lack some of the names.
    for (const path of ['dist/event-source/event-source.d.ts', 'dist/types.d.ts', 'dist/wasm/source.d.ts'])
      writeFileSync(path, `/// <reference lib="dom" />\n${readFileSync(path, 'utf8')}`);
    // Nothing refers to these.
    for (const path of filesUnder('dist', /\/(global|wasm\/source-\w+|wasm\/generated\/inline)\.d\.ts$/))
      rmSync(path);
    // The same for files that are CommonJS, which may not import types of ES modules.
    for (const path of filesUnder('dist', /\.d\.ts$/).filter((path) => !path.startsWith(CJS_DIR))) {
      const copy = path.replace('dist', CJS_DIR);
      mkdirSync(dirname(copy), { recursive: true });
      copyFileSync(path, copy);
    }
  });
}

/**
 * Makes CommonJS of the modules of a form, file by file, so that its entries share one state there too.
 * @param {import('./entries.mjs').Form} form
 */
async function toCommonJs(form) {
  const files = readdirSync(form.dir).filter((name) => name.endsWith('.js'));
  await bundle({
    entryPoints: files.map((name) => `${form.dir}/${name}`),
    outdir: cjsDir(form),
    bundle: false,
    format: 'cjs',
    // Named exports that Node finds when an ES module imports these.
    platform: 'node',
    minifyWhitespace: form.isTwin ?? false,
    sourcemap: false,
    // The files are a folder deeper than the modules that they are made of: their folder's URL stands for theirs.
    define: { 'import.meta.url': 'moduleUrl' },
    banner:
      form.source === 'source-file'
        ? { js: "const moduleUrl = require('node:url').pathToFileURL(__dirname).href;" }
        : {},
  });
}

/**
 * Puts the form's files in the place of those that src/shim/wasm/load.ts imports.
 * @param {Pick<import('./entries.mjs').Form, 'name' | 'source' | 'wasm' | 'isTwin'> & { generated?: string }} form
 * @returns {import('esbuild').Plugin}
 */
function inForm({ name, source, wasm, isTwin, generated = isTwin ? TWIN_OUT : undefined }) {
  return {
    name,
    setup({ onResolve }) {
      if (source) {
        onResolve({ filter: /^\.\/source\.js$/ }, ({ importer }) =>
          importer.endsWith('/load.ts') ? { path: `${root}/src/shim/wasm/${source}.ts` } : undefined,
        );
      }
      if (generated) {
        onResolve({ filter: /^\.\/generated\/\w+\.js$/ }, ({ path }) => ({
          path: path.replace('./generated', `${root}/${generated}`),
        }));
      }
      onResolve({ filter: /^\.\/core\.wasm$/ }, () => ({ path: wasm ?? '', external: true }));
    },
  };
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

command(import.meta, { usage: 'npm run build -- [--verbose]' }, async () => {
  await build();
  const { printSizes } = await import('./size.mjs');
  await printSizes();
});
