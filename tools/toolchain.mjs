/**
 * Finds a Rust toolchain: the first of these that works. EVENTSOURCE_WASM_TOOLCHAIN=rustup or =debian allows one only:
 *   1. the cargo on PATH, if the wasm32 target is installed for it (by rustup or by a distribution);
 *   2. the same after `rustup target add`;
 *   3. Debian's rustc-web, which lacks the target but has the standard library's sources, to build it from source.
 *
 * If the standard library's sources are available, the release is built with a standard library that is optimized for
 * size and whose panics are traps: the module is about 30 % smaller.
 *
 * As a command, it writes build/toolchain.json, on which the cached steps of the build depend.
 */
// @ts-check
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CACHE } from './packages.mjs';
import { ask, command, run, StepError, step, UP_TO_DATE } from './run.mjs';
import { aptInstall, debianHas, isOlder } from './system.mjs';

export const WASM_TARGET = 'wasm32-unknown-unknown';

const DEBIAN_COMPILER = ['rustc-web', 'cargo-web', 'rust-web-src', 'lld-22'];
const DEBIAN_LINTERS = ['rust-web-clippy', 'rustfmt-web'];

const BUILD_STD = ['-Zbuild-std=std,panic_abort'];
const SMALL_PANICS = ['-Zunstable-options', '-Cpanic=immediate-abort'];
/** The shim needs the stack pointer, to restore it after a trap. */
export const EXPORTS = ['-Clink-arg=--export=__stack_pointer'];
/** Removes code for messages that are never shown. */
const SMALL_CODE = ['-Zlocation-detail=none', '-Zfmt-debug=none'];
/** Makes a stable compiler accept unstable flags. */
const BOOTSTRAP = { RUSTC_BOOTSTRAP: '1' };

/**
 * @typedef {object} Toolchain
 * @property {'path' | 'debian'} name
 * @property {string} cargo
 * @property {Record<string, string>} env for every cargo command
 * @property {string[]} wasmFlags additional flags of cargo for wasm32
 * @property {Record<string, string>} wasmEnv
 * @property {boolean} buildsStd whether the release can be built with an optimized standard library
 * @property {string} targetDir a separate folder for each toolchain, so that switching rebuilds nothing
 * @property {string} version
 */

/** @type {Promise<Toolchain> | undefined} */
let toolchain;

/** The Rust toolchain to build with. */
export function setupToolchain() {
  toolchain ??= findToolchain();
  return toolchain;
}

/**
 * Cargo's folder for intermediate output, shared by all clones: most of it is third-party crates and the standard
 * library. The results are in `targetDir`. Cargo before 1.91 stores everything there.
 */
const SHARED_BUILDS = {
  CARGO_BUILD_BUILD_DIR: process.env.CARGO_BUILD_BUILD_DIR ?? join(CACHE, 'cargo'),
};

/** @returns {Promise<Toolchain>} */
async function findToolchain() {
  const wanted = process.env.EVENTSOURCE_WASM_TOOLCHAIN || 'any';
  if (!['any', 'rustup', 'debian'].includes(wanted)) {
    throw new StepError(`EVENTSOURCE_WASM_TOOLCHAIN is '${wanted}'; it can be rustup or debian`);
  }
  let found = wanted === 'debian' ? undefined : await toolchainOnPath();
  // If an earlier run has installed Debian's packages, don't wait for rustup, which failed then.
  if (!found && wanted !== 'rustup' && (await debianHas(DEBIAN_COMPILER))) found = await debianToolchain();
  found ??= await step(`Rust for ${WASM_TARGET}`, () => installToolchain(wanted));
  console.log(`--  Rust: ${found.version.split('\n', 1)[0]}${found.name === 'debian' ? ', Debian' : ''}`);
  return found;
}

/** @param {string} wanted @returns {Promise<Toolchain>} */
async function installToolchain(wanted) {
  /** @type {string[]} */
  const reasons = [];
  /** @param {() => Promise<unknown>} install @param {() => Promise<Toolchain | undefined>} find */
  const attempt = async (install, find) => {
    try {
      await install();
      return await find();
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      reasons.push(error.message, error.output ?? '');
    }
  };
  const addTarget = () => run('rustup', ['target', 'add', WASM_TARGET], { timeout: 60_000 });
  const found =
    (wanted !== 'debian' && (await attempt(addTarget, toolchainOnPath))) ||
    (wanted !== 'rustup' && (await attempt(() => aptInstall(DEBIAN_COMPILER), debianToolchain)));
  if (found) return found;
  throw new StepError(`no Rust ${oldestRust()} or newer that can build for ${WASM_TARGET}`, {
    output: reasons.filter(Boolean).join('\n'),
    fix:
      wanted === 'debian'
        ? `sudo apt-get install ${DEBIAN_COMPILER.join(' ')}`
        : `rustup update stable && rustup target add ${WASM_TARGET} (rustup itself: https://rustup.rs)`,
  });
}

/** @returns {Promise<Toolchain | undefined>} */
async function toolchainOnPath() {
  const [version, libraries] = await Promise.all([
    ask('rustc', ['-vV']),
    ask('rustc', ['--print', 'target-libdir', '--target', WASM_TARGET]),
  ]);
  if (!version || !libraries || !existsSync(libraries) || isTooOld(version)) return undefined;
  return {
    name: 'path',
    cargo: 'cargo',
    env: SHARED_BUILDS,
    wasmFlags: [],
    wasmEnv: {},
    buildsStd: await canBuildStd(),
    targetDir: 'target',
    version,
  };
}

/** Whether the compiler can build a small standard library, and its sources are installed or available. */
async function canBuildStd() {
  const knows = await ask('rustc', [...SMALL_PANICS, '--print', 'cfg', '--target', WASM_TARGET], BOOTSTRAP);
  const sysroot = await ask('rustc', ['--print', 'sysroot']);
  if (knows === undefined || sysroot === undefined) return false;
  const sources = join(sysroot.trim(), 'lib/rustlib/src/rust/library/Cargo.lock');
  if (existsSync(sources)) return true;
  const install = ['component', 'add', 'rust-src'];
  await step("the standard library's sources", () => run('rustup', install, { timeout: 60_000 })).catch(() =>
    console.log(`--  the module will be larger than it could be (rustup ${install.join(' ')})`),
  );
  return existsSync(sources);
}

/** @returns {Promise<Toolchain>} */
async function debianToolchain() {
  const version = (await run('/usr/bin/rustc', ['-vV'])).stdout.trim();
  if (isTooOld(version)) {
    throw new StepError(`Debian's ${version.split('\n', 1)[0]} is older than ${oldestRust()}`);
  }
  return {
    name: 'debian',
    cargo: '/usr/bin/cargo',
    env: {
      ...SHARED_BUILDS,
      RUSTC: '/usr/bin/rustc',
      // Otherwise a cargo or clippy-driver of another toolchain on PATH might be used with this compiler.
      PATH: `/usr/bin${delimiter}${process.env.PATH}`,
      CARGO_TARGET_DIR: 'target/debian',
    },
    wasmFlags: BUILD_STD,
    wasmEnv: { ...BOOTSTRAP, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: '/usr/bin/wasm-ld-22' },
    buildsStd: true,
    targetDir: 'target/debian',
    version,
  };
}

/**
 * The arguments and the environment of a cargo command that builds for wasm32.
 * @param {Toolchain} toolchain
 */
export const forWasm = ({ env, wasmFlags, wasmEnv }) => ({
  flags: ['--target', WASM_TARGET, ...wasmFlags],
  env: { ...env, ...wasmEnv },
});

/**
 * The arguments and the environment for the release.
 * @param {Toolchain} toolchain
 * @param {{ simd?: boolean }} [options] wasm2js can't translate SIMD
 */
export function forRelease(toolchain, { simd = true } = {}) {
  const { flags, env } = forWasm(toolchain);
  const features = [...EXPORTS, ...(simd ? ['-Ctarget-feature=+simd128'] : [])];
  const withRustFlags = (/** @type {string[]} */ rustFlags) => ({
    ...env,
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: rustFlags.join(' '),
  });
  if (!toolchain.buildsStd) return { flags, env: withRustFlags(features) };
  return {
    flags: ['--target', WASM_TARGET, ...BUILD_STD, '-Zbuild-std-features=optimize_for_size'],
    env: { ...BOOTSTRAP, ...withRustFlags([...SMALL_PANICS, ...SMALL_CODE, ...features]) },
  };
}

/** Installs rustfmt and clippy. @param {Toolchain} toolchain */
export function setupLinters({ name, cargo, env }) {
  return step('rustfmt, clippy', async () => {
    if (name === 'debian') return (await debianHas(DEBIAN_LINTERS)) ? UP_TO_DATE : aptInstall(DEBIAN_LINTERS);
    const versions = ['fmt', 'clippy'].map((linter) => ask(cargo, [linter, '--version'], env));
    if ((await Promise.all(versions)).every(Boolean)) return UP_TO_DATE;
    const install = ['component', 'add', 'rustfmt', 'clippy'];
    await run('rustup', install, { fix: `rustup ${install.join(' ')}` });
  });
}

/** The oldest Rust that the crate's manifest allows, such as 1.88. */
function oldestRust() {
  const version = /^rust-version = "([\d.]+)"/m.exec(readFileSync('Cargo.toml', 'utf8'))?.[1];
  if (!version) throw new Error('Cargo.toml names no rust-version');
  return version;
}

/** @param {string} version the output of `rustc -vV` */
const isTooOld = (version) => isOlder(/^release: (\S+)/m.exec(version)?.[1] ?? '0.0', oldestRust());

/** Installs the nightly toolchain by rustup. @param {{ miri?: boolean }} [options] */
export function setupNightly({ miri = false } = {}) {
  const components = miri ? ['--component', 'miri', '--component', 'rust-src'] : [];
  const install = ['toolchain', 'install', 'nightly', '--profile', 'minimal', ...components];
  return step(miri ? 'nightly Rust with Miri' : 'nightly Rust', async () => {
    const found = await ask('cargo', ['+nightly', ...(miri ? ['miri'] : []), '--version']);
    return found === undefined ? run('rustup', install, { fix: `rustup ${install.join(' ')}` }) : UP_TO_DATE;
  });
}

const CARGO_TOOLS = join(CACHE, 'cargo-tools');

/**
 * Installs a tool from the crate registry.
 * @param {string} name
 * @param {string} version
 * @returns {Promise<Record<string, string>>} the environment in which cargo finds it
 */
export async function setupCargoTool(name, version) {
  const env = { PATH: `${CARGO_TOOLS}/bin${delimiter}${process.env.PATH}` };
  await step(`${name} ${version}`, async () => {
    if ((await ask(name, ['--version'], env))?.endsWith(version)) return UP_TO_DATE;
    const install = ['install', name, '--version', version, '--locked', '--debug', '--root', CARGO_TOOLS];
    return run('cargo', install, { timeout: 1_800_000, fix: `cargo ${install.join(' ')}` });
  });
  return env;
}

command(import.meta, { usage: 'node tools/toolchain.mjs [--verbose]' }, async () => {
  const { name, buildsStd, version } = await setupToolchain();
  const { RUSTFLAGS } = process.env;
  const { binaryen } = JSON.parse(readFileSync('package.json', 'utf8')).devDependencies;
  const text = `${JSON.stringify({ name, buildsStd, version, RUSTFLAGS, binaryen }, null, 2)}\n`;
  mkdirSync('build', { recursive: true });
  writeFileSync('build/toolchain.json', text);
});
