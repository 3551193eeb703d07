/**
 * What the other commands need on a machine, brought there where that is possible. In: whatever is installed.
 * Out: node_modules, a Rust toolchain that can build for wasm32, its linters, the browsers of the tests, a Python and an
 * nginx for some of their servers. Node's own modules are all that may be imported here: node_modules may not exist yet.
 *
 * The toolchain is the first of these that works; EVENTSOURCE_WASM_TOOLCHAIN=rustup or =debian leaves no choice:
 *   1. the cargo on PATH, if the wasm32 target is installed for it (by rustup or by a distribution);
 *   2. the same after `rustup target add`;
 *   3. Debian's rustc-web, which has no such target but brings the standard library's sources to build it from.
 *
 * Where the standard library's sources are to be had, the release is built with a standard library of its own, made
 * for size and with panics that are mere traps: the module weighs about 30 % less.
 */
// @ts-check
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CACHE, npmInstall } from './npm-install.mjs';
import { ask, command, root, run, StepError, step, UP_TO_DATE } from './steps.mjs';

export const WASM_TARGET = 'wasm32-unknown-unknown';

const DEBIAN_COMPILER = ['rustc-web', 'cargo-web', 'rust-web-src', 'lld-22'];
const DEBIAN_LINTERS = ['rust-web-clippy', 'rustfmt-web'];

const BUILD_STD = ['-Zbuild-std=std,panic_abort'];
const SMALL_PANICS = ['-Zunstable-options', '-Cpanic=immediate-abort'];
/** The shim restores the stack after a trap. */
export const EXPORTS = ['-Clink-arg=--export=__stack_pointer'];
/** No code for messages that are never shown. */
const SMALL_CODE = ['-Zlocation-detail=none', '-Zfmt-debug=none'];
/** Lets a stable compiler take unstable flags. */
const BOOTSTRAP = { RUSTC_BOOTSTRAP: '1' };

/**
 * @typedef {object} Toolchain
 * @property {'path' | 'debian'} name
 * @property {string} cargo
 * @property {Record<string, string>} env for every cargo command
 * @property {string[]} wasmFlags what cargo needs besides to build for wasm32
 * @property {boolean} buildsStd whether the release can be built with a standard library of its own
 * @property {string} targetDir each toolchain has its own, so that changing over rebuilds nothing
 * @property {string} version
 */

/** @type {Promise<unknown> | undefined} */
let nodeModules;

/** Installs the npm packages of the lock file where they are missing or older than it. */
export function setupNodeModules() {
  nodeModules ??= step('npm packages', async () => {
    const installed = 'node_modules/.package-lock.json';
    if (existsSync(installed) && statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs) {
      return UP_TO_DATE;
    }
    return npmInstall('root', root);
  });
  return nodeModules;
}

/** @type {Promise<Toolchain> | undefined} */
let toolchain;

/** The Rust toolchain to build with. */
export function setupToolchain() {
  toolchain ??= findToolchain();
  return toolchain;
}

/**
 * Where cargo keeps what it compiles on the way. Other people's crates and the standard library are most of it, and the
 * same for every clone of this repository. (The results are in `targetDir`. A cargo of before 1.91 keeps all there.)
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
  // What an earlier run had to install by apt is taken before rustup is asked again, and waited for, in vain.
  if (!found && wanted !== 'rustup' && (await debianHas(DEBIAN_COMPILER))) found = await debianToolchain();
  if (!found) {
    await step(`Rust for ${WASM_TARGET}`, async () => {
      const reasons = [];
      if (wanted !== 'debian') {
        try {
          await run('rustup', ['target', 'add', WASM_TARGET], { timeout: 60_000 });
          found = await toolchainOnPath();
          if (!found) reasons.push(`the Rust on PATH is older than ${oldestRust()}: rustup update`);
        } catch (error) {
          if (!(error instanceof StepError)) throw error;
          reasons.push(error.message, error.output ?? '');
        }
      }
      if (!found && wanted !== 'rustup') {
        try {
          await aptInstall(DEBIAN_COMPILER);
          found = await debianToolchain();
        } catch (error) {
          if (!(error instanceof StepError)) throw error;
          reasons.push(error.message, error.output ?? '');
        }
      }
      if (!found) {
        throw new StepError(`no Rust ${oldestRust()} or newer that can build for ${WASM_TARGET}`, {
          output: reasons.filter(Boolean).join('\n'),
          mend:
            wanted === 'debian'
              ? `sudo apt-get install ${DEBIAN_COMPILER.join(' ')}`
              : `rustup update stable && rustup target add ${WASM_TARGET} (rustup itself: https://rustup.rs)`,
        });
      }
    });
  }
  if (!found) throw new Error('unreachable: the step above fails when nothing is found');
  console.log(`--  Rust: ${found.version.split('\n', 1)[0]}${found.name === 'debian' ? ', Debian' : ''}`);
  return found;
}

/** @returns {Promise<Toolchain | undefined>} */
async function toolchainOnPath() {
  const [version, libraries] = await Promise.all([
    ask('rustc', ['-vV']),
    ask('rustc', ['--print', 'target-libdir', '--target', WASM_TARGET]),
  ]);
  if (!version || !libraries || !existsSync(libraries) || isTooOld(version)) return undefined;
  const buildsStd = await canBuildStd();
  return {
    name: 'path',
    cargo: 'cargo',
    env: SHARED_BUILDS,
    wasmFlags: [],
    buildsStd,
    targetDir: 'target',
    version,
  };
}

/** Whether the compiler knows how to build a small standard library and its sources are there or to be had. */
async function canBuildStd() {
  const knows = await ask('rustc', [...SMALL_PANICS, '--print', 'cfg', '--target', WASM_TARGET], BOOTSTRAP);
  const sysroot = await ask('rustc', ['--print', 'sysroot']);
  if (knows === undefined || sysroot === undefined) return false;
  const sources = join(sysroot.trim(), 'lib/rustlib/src/rust/library/Cargo.lock');
  if (existsSync(sources)) return true;
  await step("the standard library's sources", async () => {
    try {
      await run('rustup', ['component', 'add', 'rust-src'], { timeout: 60_000 });
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      console.log(
        "--  they can't be had: the module will be larger than it could be (rustup component add rust-src)",
      );
    }
  });
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
      // A cargo or clippy-driver of another toolchain, earlier on PATH, would not fit this compiler.
      PATH: `/usr/bin${delimiter}${process.env.PATH}`,
      CARGO_TARGET_DIR: 'target/debian',
    },
    wasmFlags: BUILD_STD,
    buildsStd: true,
    targetDir: 'target/debian',
    version,
  };
}

/**
 * The arguments and the environment of a cargo command that builds for wasm32.
 * @param {Toolchain} toolchain
 */
export const forWasm = ({ name, env, wasmFlags }) => ({
  flags: ['--target', WASM_TARGET, ...wasmFlags],
  env:
    name === 'debian'
      ? { ...env, RUSTC_BOOTSTRAP: '1', CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: '/usr/bin/wasm-ld-22' }
      : env,
});

/**
 * The same for the release.
 * @param {Toolchain} toolchain
 * @param {{ simd?: boolean }} [options] wasm2js can't translate SIMD
 */
export function forRelease(toolchain, { simd = true } = {}) {
  const { flags, env } = forWasm(toolchain);
  const features = [...EXPORTS, ...(simd ? ['-Ctarget-feature=+simd128'] : [])];
  const withFlags = (/** @type {string[]} */ rustFlags) =>
    rustFlags.length > 0 ? { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: rustFlags.join(' ') } : {};
  if (!toolchain.buildsStd) return { flags, env: { ...env, ...withFlags(features) } };
  const std = [
    ...BUILD_STD.filter((flag) => !flags.includes(flag)),
    '-Zbuild-std-features=optimize_for_size',
  ];
  return {
    flags: [...flags, ...std],
    env: { ...env, ...BOOTSTRAP, ...withFlags([...SMALL_PANICS, ...SMALL_CODE, ...features]) },
  };
}

/** Brings rustfmt and clippy. @param {Toolchain} toolchain */
export function setupLinters({ name, cargo, env }) {
  return step('rustfmt, clippy', async () => {
    if (name === 'debian') {
      if (await debianHas(DEBIAN_LINTERS)) return UP_TO_DATE;
      return aptInstall(DEBIAN_LINTERS);
    }
    const [rustfmt, clippy] = await Promise.all([
      ask(cargo, ['fmt', '--version'], env),
      ask(cargo, ['clippy', '--version'], env),
    ]);
    if (rustfmt && clippy) return UP_TO_DATE;
    const install = ['component', 'add', 'rustfmt', 'clippy'];
    await run('rustup', install, { mend: `rustup ${install.join(' ')}` });
  });
}

/**
 * @typedef {object} Browser
 * @property {string} name
 * @property {string} executable
 * @property {string} [driver] the WebDriver server that starts it
 * @property {string} [display] the X server that it draws on, where it can't do without
 */

/**
 * Where a browser may be: a variable that says it, file names, and the Debian packages that bring it.
 * @type {Record<string, { variable: string, executables: string[], drivers?: string[], display?: string, packages: string[] }>}
 */
const BROWSERS = {
  chromium: {
    variable: 'CHROME_PATH',
    executables: [
      '/usr/bin/chromium',
      ...onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'),
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
    packages: ['chromium'],
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    executables: [
      '/usr/bin/firefox-esr',
      ...onPath('firefox-esr', 'firefox'),
      '/Applications/Firefox.app/Contents/MacOS/firefox',
    ],
    packages: ['firefox-esr'],
  },
  webkitgtk: {
    variable: 'MINIBROWSER_PATH',
    executables: ['4.1', '6.0', '4.0'].flatMap((version) => [
      `/usr/lib/x86_64-linux-gnu/webkit2gtk-${version}/MiniBrowser`,
      `/usr/lib/aarch64-linux-gnu/webkit2gtk-${version}/MiniBrowser`,
      `/usr/libexec/webkit2gtk-${version}/MiniBrowser`,
    ]),
    drivers: onPath('WebKitWebDriver'),
    display: 'Xvfb',
    packages: ['webkit2gtk-driver', 'xvfb'],
  },
  wpe: {
    variable: 'COG_PATH',
    executables: onPath('cog'),
    drivers: onPath('WPEWebDriver'),
    packages: ['wpewebkit-driver', 'cog', 'libwpebackend-fdo-1.0-1'],
  },
};

export const BROWSER_NAMES = Object.keys(BROWSERS);

/** The Chromium that the tests run in: CHROME_PATH, an installed one, or Debian's package. */
export const setupChromium = async () => (await setupBrowser('chromium')).executable;

/** @type {Map<string, Promise<Browser>>} */
const browsers = new Map();

/**
 * A browser that the tests run in: where its variable says, an installed one, or Debian's package.
 * @param {string} name
 */
export function setupBrowser(name) {
  const browser = browsers.get(name) ?? findBrowser(name);
  browsers.set(name, browser);
  return browser;
}

/** @param {string} name @returns {Promise<Browser>} */
async function findBrowser(name) {
  const known = BROWSERS[name];
  if (!known) throw new Error(`no browser is called ${name}`);
  const { variable, packages } = known;
  const set = process.env[variable];
  if (set && !existsSync(set)) {
    throw new StepError(`${variable} is ${set}, which doesn't exist`, { mend: `unset ${variable}` });
  }
  const found = installedBrowser(name);
  if (found) return found;
  await step(`browser: ${name}`, () => aptInstall(packages));
  const installed = installedBrowser(name);
  if (installed) return installed;
  throw new StepError(`${packages.join(', ')} were installed but ${name} is not where it is looked for`, {
    mend: `export ${variable}=<its path>`,
  });
}

/** @param {string} name @returns {Browser | undefined} */
function installedBrowser(name) {
  const known = BROWSERS[name];
  if (!known) return undefined;
  const { variable, executables, drivers, display } = known;
  const exists = (/** @type {string} */ path) => existsSync(path);
  const executable = process.env[variable] || executables.find(exists);
  const driver = drivers?.find(exists);
  const server = display && onPath(display).find(exists);
  if (!executable || (drivers && !driver) || (display && !server)) return undefined;
  return { name, executable, ...(driver && { driver }), ...(server && { display: server }) };
}

/** @param {string[]} names */
function onPath(...names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'];
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/** The oldest Python that tests/integration/servers/sse-starlette/requirements.txt can be installed for. */
const OLDEST_PYTHON = '3.11';
const DEBIAN_PYTHON = ['python3', 'python3-venv'];

/** A Python that can make virtual environments: PYTHON_PATH, the one on PATH, or Debian's. */
export function setupPython() {
  return step('Python', async () => {
    const set = process.env.PYTHON_PATH;
    let reason = '';
    /** @param {string} program @returns {Promise<{ program: string, version: string } | undefined>} */
    const check = async (program) => {
      const version = (await ask(program, ['-V']))?.replace('Python ', '');
      if (!version) reason = `${program} doesn't run`;
      else if (isOlder(version, OLDEST_PYTHON)) reason = `${program} is Python ${version}`;
      // Debian leaves these out of the package of that name.
      else if ((await ask(program, ['-c', 'import ensurepip, venv'])) === undefined)
        reason = `${program} can't make virtual environments: it lacks ensurepip or venv`;
      else return { program, version };
      return undefined;
    };
    const found = await check(set || 'python3');
    if (found) return found;
    const wrong = `Python ${OLDEST_PYTHON} or newer is needed, and ${reason}`;
    if (set) throw new StepError(wrong, { mend: 'unset PYTHON_PATH' });
    await aptInstall(DEBIAN_PYTHON);
    const installed = await check('/usr/bin/python3');
    if (installed) return installed;
    throw new StepError(wrong, { mend: 'export PYTHON_PATH=<the path of a newer one>' });
  });
}

/** The nightly toolchain, by rustup. @param {{ miri?: boolean }} [options] */
export function setupNightly({ miri = false } = {}) {
  const components = miri ? ['--component', 'miri', '--component', 'rust-src'] : [];
  const install = ['toolchain', 'install', 'nightly', '--profile', 'minimal', ...components];
  return step(miri ? 'nightly Rust with Miri' : 'nightly Rust', async () => {
    const found = await ask('cargo', ['+nightly', ...(miri ? ['miri'] : []), '--version']);
    return found === undefined ? run('rustup', install, { mend: `rustup ${install.join(' ')}` }) : UP_TO_DATE;
  });
}

const DEBIAN_NGINX = ['nginx', 'libnginx-mod-http-brotli-filter'];

/** @typedef {{ program: string, modules: string }} Nginx */

/**
 * An nginx that knows brotli: this system's, or Debian's, which is unpacked into this project's cache. It isn't installed:
 * that would start it as a service.
 * @returns {Promise<Nginx>}
 */
export function setupNginx() {
  return step('nginx', async () => {
    const unpacked = join(CACHE, 'nginx');
    const found = (await nginxIn('/')) ?? (await nginxIn(unpacked));
    if (found) return found;
    const mend = `sudo apt-get install ${DEBIAN_NGINX.join(' ')}`;
    if ((await ask('dpkg-deb', ['--version'])) === undefined)
      throw new StepError(
        'there is no nginx with its module for brotli, and no dpkg to unpack Debian’s with',
        {
          mend: 'install nginx and ngx_brotli by this system’s package manager',
        },
      );
    mkdirSync(unpacked, { recursive: true });
    const download = () => run('apt-get', ['download', ...DEBIAN_NGINX], { cwd: unpacked, mend });
    // The system's lists of packages may be too old, or not there.
    await download().catch(() => aptGet(['update'], mend).then(download));
    for (const file of readdirSync(unpacked).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg-deb', ['--extract', file, '.'], { cwd: unpacked });
    }
    const made = await nginxIn(unpacked);
    if (!made) throw new StepError(`the nginx in ${unpacked} doesn't run`, { mend });
    return made;
  });
}

/** @param {string} folder @returns {Promise<Nginx | undefined>} */
async function nginxIn(folder) {
  const program = join(folder, 'usr/sbin/nginx');
  const modules = join(folder, 'usr/lib/nginx/modules');
  if (!existsSync(join(modules, 'ngx_http_brotli_filter_module.so'))) return undefined;
  return (await ask(program, ['-v'])) === undefined ? undefined : { program, modules };
}

/** The installation under way: the system allows one at a time. @type {Promise<void>} */
let installation = Promise.resolve();

/** Installs packages of a Debian machine, as root or by a sudo that asks for no password. @param {string[]} packages */
function aptInstall(packages) {
  const done = installation.then(() => aptInstallNow(packages));
  installation = done.catch(() => {});
  return done;
}

/** @param {string[]} packages */
async function aptInstallNow(packages) {
  const mend = `sudo apt-get update && sudo apt-get install ${packages.join(' ')}`;
  if ((await ask('apt-get', ['--version'])) === undefined) {
    throw new StepError(`${packages.join(', ')}: not there, and there is no apt-get to install it with`, {
      mend: `install ${packages.join(', ')} by this system's package manager`,
    });
  }
  await aptGet(['update'], mend);
  // --no-remove: whether a conflicting package may go is for the machine's owner to say.
  await aptGet(['install', '--yes', '--no-install-recommends', '--no-remove', ...packages], mend);
}

/** As root, or by a sudo that asks for no password. @param {string[]} args @param {string} mend */
async function aptGet(args, mend) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && (await ask('sudo', ['-n', 'true'])) === undefined) {
    throw new StepError(`apt-get ${args.join(' ')} needs root`, { mend });
  }
  const words = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
  const [program, ...rest] = isRoot ? words : ['sudo', '-n', ...words];
  return run(/** @type {string} */ (program), rest, { mend });
}

/** Whether all of these Debian packages are installed. @param {string[]} packages */
async function debianHas(packages) {
  const states = (await ask('dpkg-query', ['--status', ...packages]))?.match(
    /^Status: install ok installed$/gm,
  );
  return states?.length === packages.length;
}

/** The oldest Rust that the crate's manifest allows, such as 1.88. */
function oldestRust() {
  const version = /^rust-version = "([\d.]+)"/m.exec(readFileSync('Cargo.toml', 'utf8'))?.[1];
  if (!version) throw new Error('Cargo.toml names no rust-version');
  return version;
}

/** @param {string} version what `rustc -vV` said */
function isTooOld(version) {
  return isOlder(/^release: (\S+)/m.exec(version)?.[1] ?? '0.0', oldestRust());
}

/** Whether a version comes before another by its first two numbers. @param {string} version @param {string} oldest */
function isOlder(version, oldest) {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const [oldMajor = 0, oldMinor = 0] = oldest.split('.').map(Number);
  return major < oldMajor || (major === oldMajor && minor < oldMinor);
}

command(import.meta, { usage: 'node tools/setup.mjs [--verbose]' }, async () => {
  await setupNodeModules();
  await setupLinters(await setupToolchain());
  for (const name of BROWSER_NAMES) console.log(`--  ${name}: ${(await setupBrowser(name)).executable}`);
});
