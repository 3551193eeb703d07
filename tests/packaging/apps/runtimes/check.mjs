/** Node, Deno, Bun and workerd, with the tests of the shim. */
// @ts-check
import { readFileSync } from 'node:fs';
import { run, step } from '../../../../tools/run.mjs';
import { bundleTests, inNode, testsIn } from '../../../support/bundle.mjs';
import { runMocha } from '../../../support/suite.mjs';
import { exchanging } from '../../chromium.mjs';
import { install } from '../../install.mjs';
import { WELL, writePrograms } from '../../programs.mjs';
import { lastLine } from '../../reports.mjs';
import { fiveInWorkerd, inWorkerd, OLD_WORKERD, suiteInWorkerd } from './workerd.mjs';

/** @typedef {import('../../table.mjs').Row} Row */
/** @typedef {import('../../programs.mjs').Program} Program */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('runtimes');
  writePrograms(`${folder}/src-cjs`, { cjs: true });
  const commands = await runtimesIn(folder);
  const workerd = async () => {
    const { version, results } = await step('workerd', () => inWorkerd(folder));
    const old = await step('workerd, 2024-09-01', () => inWorkerd(folder, OLD_WORKERD));
    const five = await step('workerd, five requests', () => fiveInWorkerd(folder));
    const failed = await step('test: workerd', () => suiteInWorkerd(folder));
    const note = `and all tests of the shim but ${failed}, for known reasons`;
    const tool = 'workerd (Cloudflare Workers)';
    return [
      { tool, version, results, note },
      { tool: `${tool}, compatibility date 2024-09-01`, version, results: old.results },
      {
        tool: `${tool}, \`nodejs_compat\`, five requests`,
        version,
        results: { index: five },
        expected: (/** @type {Program} */ { name }) => (name === 'index' ? WELL : null),
      },
    ];
  };
  const all = [...commands.map((command) => () => inRuntime(folder, command)), workerd];
  // Two runtimes at a time, because their tests mostly wait.
  /** @type {Row[][]} */
  const rows = [];
  await Promise.all(
    [0, 1].map(async (first) => {
      for (let at = first; at < all.length; at += 2) rows[at] = (await all[at]?.()) ?? [];
    }),
  );
  return rows.flat();
}

/** @typedef {{ name: string, version: string, program: string, flags: string[], suiteFlags: string[] | undefined }} Runtime */

/**
 * Runs the programs and the shim's tests in a runtime.
 * @param {string} folder
 * @param {Runtime} runtime
 */
async function inRuntime(folder, { name, version, program, flags, suiteFlags }) {
  /** @param {string} file */
  const results = (file, more = /** @type {string[]} */ ([])) =>
    exchanging(async (urls) =>
      lastLine(
        (
          await run(program, [...flags, ...more, file, JSON.stringify(urls)], {
            cwd: folder,
            timeout: 60_000,
          })
        ).stdout,
      ),
    );
  /** @type {Row[]} */
  const rows = [];
  rows.push({
    tool: name,
    version,
    results: await step(name, () => results('main.js')),
    note: 'and all tests of the shim',
  });
  if (suiteFlags) await testShim(`${name} ${version}`, folder, { program, flags: suiteFlags });
  if (name === 'Node') {
    rows.push({ tool: 'Node, `require()`', version, results: await results('main.cjs') });
    // As in Node before 20.19, and in Jest.
    const asCommonJs = '--conditions=require --no-experimental-require-module';
    const results2 = await results('main.cjs', asCommonJs.split(' '));
    rows.push({ tool: 'Node, `require()` of CommonJS', version, results: results2 });
  }
  return rows;
}

/**
 * The runtimes that are started with a command.
 * @param {string} folder
 * @returns {Promise<Runtime[]>} `suiteFlags`: for the tests, which read files and call `gc`
 */
async function runtimesIn(folder) {
  const at = `${folder}/node_modules`;
  const isNewerNode = (/** @type {string} */ name) => /^node\d+$/.test(name);
  const nodes = Object.keys(JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).dependencies).filter(
    isNewerNode,
  );
  const commands = [
    // For the current Node, the suite `node` runs the shim's tests.
    { name: 'Node', program: process.execPath, flags: [], suiteFlags: undefined },
    ...nodes.map((name) => ({
      name: 'Node',
      program: `${at}/${name}/bin/node`,
      flags: [],
      suiteFlags: ['--expose-gc'],
    })),
    {
      name: 'Deno',
      program: `${at}/.bin/deno`,
      flags: ['run', '--no-prompt', '--allow-net=127.0.0.1', '--allow-read', '--allow-env'],
      suiteFlags: ['run', '--allow-all', '--v8-flags=--expose-gc'],
    },
    {
      name: 'Bun',
      // The `bun` package needs an install script to find this program.
      program: `${at}/@oven/bun-${process.platform}-${process.arch}/bin/bun`,
      flags: [],
      suiteFlags: ['--expose-gc'],
    },
  ];
  return Promise.all(
    commands.map(async (command) => {
      const { stdout } = await run(command.program, ['--version']);
      return { ...command, version: /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '' };
    }),
  );
}

/**
 * Runs the shim's tests in a runtime that supports Node programs, with the package that is installed in `folder`.
 * @param {string} name
 * @param {string} folder
 * @param {{ program: string, flags: string[] }} runtime
 */
async function testShim(name, folder, runtime) {
  const files = await bundleTests(testsIn('tests/unit/shim'), `${folder}/suite ${name}`, {
    ...inNode,
    packages: 'bundle',
    external: ['eventsource-wasm', 'eventsource-wasm/*'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return runMocha(name, files, { runtime });
}
