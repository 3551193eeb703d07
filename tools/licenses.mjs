/**
 * `node tools/licenses.mjs`: checks that LICENSE-THIRD-PARTY lists the crates that are compiled into the module, with
 * their licences. `--fix` writes the file. The tool reads Cargo.lock and the crates' own files.
 */
// @ts-check
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { command, run, StepError } from './run.mjs';
import { setupToolchain, WASM_TARGET } from './toolchain.mjs';

const FILE = 'LICENSE-THIRD-PARTY';

const HEAD = `The WebAssembly module of eventsource-wasm, and its translation to JavaScript, are compiled with what is listed here.
Where there is a choice it is used under the MIT licence, whose conditions are in LICENSE-MIT.
`;

const STANDARD_LIBRARY = `The Rust standard library (MIT OR Apache-2.0), https://github.com/rust-lang/rust
    Copyright (c) The Rust Project Contributors`;

/** @typedef {{ name: string, version: string, license: string | null, repository: string | null, source: string | null, manifest_path: string, authors: string[] }} Crate */

/** Third-party crates that are linked into the module: no macros, no build scripts. @returns {Promise<Crate[]>} */
async function linkedCrates() {
  const { cargo, env } = await setupToolchain();
  const ask = async (/** @type {string[]} */ args) => (await run(cargo, args, { env })).stdout;
  const edges = ['--edges', 'normal,no-proc-macro', '--target', WASM_TARGET, '--package', 'eventsource-wasm'];
  const tree = await ask(['tree', '--locked', ...edges, '--prefix', 'none']);
  const linked = new Set(tree.match(/^\S+ v\S+/gm));
  /** @type {{ packages: Crate[] }} */
  const { packages } = JSON.parse(await ask(['metadata', '--locked', '--format-version', '1']));
  return packages
    .filter(({ name, version, source }) => source && linked.has(`${name} v${version}`))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Licences in addition to MIT, and the crate's file with their text. @type {Record<string, string>} */
const MORE = { 'Unicode-3.0': 'LICENSE-UNICODE' };

/** @param {Crate} crate */
function entryOf({ name, version, license, repository, manifest_path, authors }) {
  const [choice = '', ...more] = (license ?? '').split(' AND ');
  const unknown = more.find((licence) => !MORE[licence]);
  if (!/\bMIT\b/.test(choice) || unknown) {
    throw new StepError(`${name} ${version} has the licence ${license}: not MIT, or more than that`, {
      fix: 'remove it, or add its conditions to tools/licenses.mjs',
    });
  }
  const folder = dirname(manifest_path);
  const read = (/** @type {string} */ file) => readFileSync(`${folder}/${file}`, 'utf8').trim();
  const holders = readdirSync(folder)
    .filter((file) => /^LICEN[CS]E(-MIT)?(\.|$)/i.test(file))
    .flatMap((file) => read(file).match(/^\s*Copyright .*\d.*$/gim) ?? [])
    .map((line) => line.trim());
  if (holders.length === 0) holders.push(`Copyright (c) ${authors.join(', ') || `the authors of ${name}`}`);
  const texts = more.map((licence) => read(/** @type {string} */ (MORE[licence])));
  const lines = [...new Set(holders), ...texts].join('\n').replaceAll(/^(?=.)/gm, '    ');
  return `${name} ${version} (${license}), ${repository}\n${lines}`;
}

command(
  import.meta,
  { usage: 'node tools/licenses.mjs [--fix]', options: { fix: { type: 'boolean' } } },
  async ({ fix }) => {
    const text = `${[HEAD, STANDARD_LIBRARY, ...(await linkedCrates()).map(entryOf)].join('\n')}\n`;
    if (existsSync(FILE) && readFileSync(FILE, 'utf8') === text) return;
    if (!fix) throw new StepError(`${FILE} doesn't match Cargo.lock`, { fix: 'npm run format' });
    writeFileSync(FILE, text);
  },
);
