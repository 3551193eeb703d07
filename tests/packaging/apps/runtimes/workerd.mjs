/** Runs the programs and the shim's tests in a worker in Cloudflare's workerd. */
// @ts-check
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { bundle } from '../../../../tools/bundle.mjs';
import { root, StepError, start } from '../../../../tools/run.mjs';
import { testsIn } from '../../../support/bundle.mjs';
import { scenarioServer } from '../../../support/scenario-server.mjs';
import { exchanging, newExchange } from '../../chromium.mjs';
import { versionOf } from '../../install.mjs';
import { SOURCES, WELL } from '../../programs.mjs';

/** @typedef {import('../../chromium.mjs').Results} Results */

/** The compatibility settings of a worker. With the old date, `fetch` doesn't support `cache`. */
export const NEW_WORKERD = { date: '2026-04-01', flags: '"nodejs_compat"' };
export const OLD_WORKERD = { date: '2024-09-01', flags: '' };

/**
 * Runs the programs in a worker. The bundler uses the condition `workerd` and keeps .wasm files as modules.
 * @param {string} folder
 */
export async function inWorkerd(folder, compatibility = NEW_WORKERD) {
  await bundleForWorkerd(`${folder}/worker.js`, `${folder}/worker`, folder);
  return {
    version: versionOf(folder, 'workerd'),
    results: await exchanging((urls) =>
      servingWorker(
        folder,
        `${folder}/worker`,
        async (origin) => {
          const response = await fetch(origin, { method: 'POST', body: JSON.stringify(urls) });
          if (!response.ok)
            throw new StepError(`workerd answered ${response.status}`, { output: await response.text() });
          return /** @type {Promise<Results>} */ (response.json());
        },
        compatibility,
      ),
    ),
  };
}

/**
 * Sends five requests in sequence to a handler that uses a connection until it closes. State of one request must not
 * break the next.
 * @param {string} folder
 */
export async function fiveInWorkerd(folder) {
  await bundleForWorkerd(`${folder}/sequence.js`, `${folder}/sequence`, folder);
  return servingWorker(folder, `${folder}/sequence`, async (origin) => {
    for (let turn = 1; turn <= 5; turn++) {
      const { url } = await newExchange();
      const signal = AbortSignal.timeout(10_000);
      const text = await fetch(origin, { method: 'POST', body: JSON.stringify({ index: url }), signal })
        .then((response) => response.text())
        .catch((error) => `${error}`);
      if (text !== WELL) return `request ${turn}: ${text}`;
    }
    return WELL;
  });
}

/**
 * Runs the shim's tests in a worker. Exactly the tests in differences.json must fail.
 * @param {string} folder
 */
export async function suiteInWorkerd(folder) {
  const { facts } = await scenarioServer();
  /** @type {Record<string, string>} */
  const known = JSON.parse(readFileSync(`${SOURCES}/workerd/differences.json`, 'utf8'));
  const tests = testsIn('tests/unit/shim').map((path) => `import '${root}/${path}';\n`);
  const contents = `import { runSuite } from './suite.js';\n${tests.join('')}
export default { fetch: async () => Response.json(await runSuite()) };\n`;
  await bundleForWorkerd(
    { contents, resolveDir: `${root}/${SOURCES}/workerd` },
    `${folder}/suite-worker`,
    folder,
    {
      // Keep the test files: `sideEffects` in package.json would allow the bundler to drop them.
      ignoreAnnotations: true,
      define: { __SERVER__: JSON.stringify(facts), __VARIANT__: '""' },
      plugins: [
        {
          name: 'the package that is installed',
          setup: ({ onResolve, resolve }) =>
            onResolve({ filter: /^eventsource-wasm/ }, ({ path, kind, pluginData }) =>
              pluginData ? undefined : resolve(path, { kind, resolveDir: folder, pluginData: true }),
            ),
        },
      ],
    },
  );
  return servingWorker(folder, `${folder}/suite-worker`, async (origin) => {
    const response = await fetch(origin);
    if (!response.ok)
      throw new StepError(`workerd answered ${response.status}`, { output: await response.text() });
    /** @type {{ passed: number, failures: Record<string, string> }} */
    const { passed, failures } = JSON.parse(await response.text());
    const unknown = Object.entries(failures).filter(([title]) => !known[title]);
    const fixed = Object.keys(known).filter((title) => !failures[title]);
    if (unknown.length + fixed.length > 0 || passed === 0) {
      throw new StepError(`${unknown.length} tests fail in workerd, ${fixed.length} no longer do`, {
        output: [...unknown.map((failure) => failure.join(': ')), ...fixed].join('\n'),
      });
    }
    return Object.keys(failures).length;
  });
}

/**
 * @param {string | { contents: string, resolveDir: string }} source
 * @param {string} outdir
 * @param {string} folder from which packages are resolved
 * @param {import('esbuild').BuildOptions} [options]
 */
async function bundleForWorkerd(source, outdir, folder, options) {
  rmSync(outdir, { recursive: true, force: true });
  await bundle({
    ...(typeof source === 'string'
      ? { entryPoints: { worker: source } }
      : { stdin: source, entryNames: 'worker' }),
    outdir,
    absWorkingDir: folder,
    format: 'esm',
    target: 'es2022',
    sourcemap: false,
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*'],
    loader: { '.wasm': 'copy' },
    assetNames: 'core',
    ...options,
  });
}

/**
 * @template T
 * @param {string} folder
 * @param {string} worker the folder with worker.js and core.wasm
 * @param {(origin: string) => Promise<T>} use
 */
async function servingWorker(folder, worker, use, { date, flags } = NEW_WORKERD) {
  writeFileSync(
    `${worker}/config.capnp`,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["private", "local", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "core.wasm", wasm = embed "core.wasm"),
  ],
  compatibilityDate = "${date}",
  compatibilityFlags = [${flags}],
);
`,
  );
  const program = `${folder}/node_modules/@cloudflare/workerd-${process.platform}-${process.arch === 'x64' ? '64' : process.arch}/bin/workerd`;
  const child = start(program, ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: worker,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text) => {
      output += text;
    });
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdio[3]) });
  try {
    const port = await new Promise((resolve, reject) => {
      lines.on('line', (line) => JSON.parse(line).event === 'listen' && resolve(JSON.parse(line).port));
      child.once('close', (code) => reject(new StepError(`workerd ended with ${code}`, { output })));
      child.once('error', reject);
    });
    return await use(`http://127.0.0.1:${port}`);
  } finally {
    child.kill();
  }
}
