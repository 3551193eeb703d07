/**
 * `node tools/core.mjs`: compiles the crate. Output: build/core.wasm, and in src/shim/wasm/generated/ the glue, the
 * module as text, and the wasm2js build. `node tools/core.mjs panicking` builds the tests' core, which panics on
 * demand.
 *
 *   cargo, with SIMD    ─▶ bindgen ─▶ pack-wasm.mjs ─▶ core.js, inline.ts, build/core.wasm
 *   cargo, without SIMD ─▶ wasm2js.mjs ─▶ wasm2js/
 */
// @ts-check
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { bundle, inVariant } from './bundle.mjs';
import { packWasm, runBindgen, toText } from './pack-wasm.mjs';
import { trimGlue } from './patch-generated.mjs';
import { command, root, run, step } from './run.mjs';
import { EXPORTS, forRelease, forWasm, setupToolchain, WASM_TARGET } from './toolchain.mjs';
import { GENERATED, OPTIMIZED_WASM, PANICKING, WASM2JS_OUT } from './variants.mjs';
import { makeWasm2js } from './wasm2js.mjs';

/** Features of all supported engines. If the module needs others, the build fails, instead of a user's browser. */
const WASM_FEATURES = [
  'bulk-memory',
  'bulk-memory-opt',
  'multivalue',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'sign-ext',
  'simd',
];

/** The features that wasm2js can translate. */
const WASM2JS_FEATURES = WASM_FEATURES.filter((feature) => feature !== 'simd');

/**
 * The linker puts the stack at address 0 and data above it, so no pointer to an object is below 1024. This allows
 * moving offsets into loads and stores.
 */
const OPTIMIZATIONS = [
  '--low-memory-unused',
  '--optimize-added-constants-propagate',
  '-Oz',
  '--converge',
  '--always-inline-max-function-size=4',
];

const BINDGEN_OUT = 'build/bindgen';

/** @param {string} targetDir */
const bindgenIn = (targetDir) => `${root}/${targetDir}/bindgen/bindgen`;

async function buildCore() {
  const toolchain = await setupToolchain();
  const { cargo, env, targetDir } = toolchain;
  const bindgen = bindgenIn(targetDir);
  const withSimd = await cargoBuild('cargo build', toolchain, forRelease(toolchain), targetDir);
  // A separate folder, because otherwise each build would compile all crates again.
  const plain = forRelease(toolchain, { simd: false });
  const withoutSimd = await cargoBuild('cargo build without SIMD', toolchain, plain, `${targetDir}/wasm2js`);
  const profile = ['--profile', 'bindgen', '--package', 'bindgen'];
  await step('bindgen: cargo build', () => run(cargo, ['build', ...profile], { env }));
  await step('wasm: bindgen', () => runBindgen(bindgen, withSimd, BINDGEN_OUT));
  await step('wasm: pack', async () => {
    mkdirSync(GENERATED, { recursive: true });
    writeFileSync(`${GENERATED}/core.d.ts`, "export * from '../core.js';\n");
    const glue = await packWasm({
      wasm: `${BINDGEN_OUT}/core_bg.wasm`,
      glue: trimGlue(readFileSync(`${BINDGEN_OUT}/core.js`, 'utf8')),
      work: BINDGEN_OUT,
      features: WASM_FEATURES,
      optimizations: OPTIMIZATIONS,
      out: OPTIMIZED_WASM,
    });
    writeFileSync(`${GENERATED}/core.js`, glue);
    // An explicit type, because otherwise the declarations would repeat the whole text.
    writeFileSync(`${GENERATED}/inline.ts`, toText(readFileSync(OPTIMIZED_WASM), ': string'));
  });
  await step('wasm2js', () =>
    makeWasm2js({
      rawWasm: withoutSimd,
      bindgen,
      features: WASM2JS_FEATURES,
      work: 'build/wasm2js',
      out: WASM2JS_OUT,
    }),
  );
}

/**
 * @param {string} name
 * @param {import('./toolchain.mjs').Toolchain} toolchain
 * @param {ReturnType<typeof forRelease>} release
 * @param {string} targetDir
 */
async function cargoBuild(name, toolchain, { flags, env }, targetDir) {
  const variables = { ...env, ...(await remapped(toolchain, env)), CARGO_TARGET_DIR: targetDir };
  await step(name, () => run(toolchain.cargo, ['build', '--lib', '--release', ...flags], { env: variables }));
  return `${targetDir}/${WASM_TARGET}/release/eventsource_wasm.wasm`;
}

/**
 * Flags that remove the machine's part of source paths, which panics contain. Then one compiler produces the same bytes
 * on every machine.
 * @param {import('./toolchain.mjs').Toolchain} toolchain
 * @param {Record<string, string>} wasmEnv the build's own variables, because only one of cargo's variables takes effect
 */
async function remapped({ name, cargo, env, version }, wasmEnv) {
  const rustc = env.RUSTC ?? 'rustc';
  const sysroot = (await run(rustc, ['--print', 'sysroot'], { env })).stdout.trim();
  const registry = `${process.env.CARGO_HOME ?? `${homedir()}/.cargo`}/registry/src`;
  // The folder is missing if cargo has never run.
  if (!existsSync(registry)) await step('crates', () => run(cargo, ['fetch', '--locked'], { env }));
  const crates = existsSync(registry) ? readdirSync(registry).map((folder) => `${registry}/${folder}`) : [];
  // The standard library's paths, with installed sources and without.
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

/** Builds the package whose core panics on demand (the feature `panics-on-demand`), without optimizations. */
async function buildPanicking() {
  const toolchain = await setupToolchain();
  const { targetDir } = toolchain;
  const wasm = forWasm(toolchain);
  const { dir, generated, entries } = PANICKING;
  await step('panicking core', async () => {
    const flags = ['--lib', '--features', 'panics-on-demand', ...wasm.flags];
    const rustFlags = { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: EXPORTS.join(' ') };
    await run(toolchain.cargo, ['build', ...flags], { env: { ...wasm.env, ...rustFlags } });
    const rawWasm = `${targetDir}/${WASM_TARGET}/debug/eventsource_wasm.wasm`;
    await runBindgen(bindgenIn(targetDir), rawWasm, generated);
    writeFileSync(`${generated}/core.js`, trimGlue(readFileSync(`${generated}/core.js`, 'utf8')));
    writeFileSync(`${generated}/inline.js`, toText(readFileSync(`${generated}/core_bg.wasm`)));
    await bundle({
      entryPoints: entries.map((name) => `src/shim/${name}.ts`),
      outdir: dir,
      format: 'esm',
      splitting: true,
      plugins: [inVariant(PANICKING)],
    });
  });
}

command(
  import.meta,
  { usage: 'node tools/core.mjs [panicking]', positionals: ['panicking'] },
  async (_flags, words) => (words.length > 0 ? buildPanicking() : buildCore()),
);
