/**
 * `npm run bench`: how fast, how heavy and how hungry the package is beside others. In: the names of parts and of
 * engines, or none for all. Out: with none, the report in bench/report/ and what docs/performance.md quotes
 * of it; otherwise the same report of these parts alone, in build/bench/report/.
 */
// @ts-check
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { createInterface } from 'node:readline';
import { bundle } from '../tools/bundle.mjs';
import { npmRun } from '../tools/packages.mjs';
import { command, start, step } from '../tools/run.mjs';

/** @typedef {import('./engines.mjs').Engine} Engine */

const ENGINES = ['node', 'chromium', 'firefox', 'webkitgtk'];
const BUNDLES = 'build/bench/bundles';
const COLD_ROUNDS = 9;
const MEMORY_EVENTS = 10_000_000;
const MEMORY_OBJECTS = 10_000;

/** Clients whose first event is waited for in a page that has used nothing yet, by the file in bench/clients/. */
const COLD_CLIENTS = ['eventsource-wasm', 'native', 'eventsource', 'fetch-event-source', 'microsoft'];

/** @typedef {{ engine: Engine, origins: string[] }} Place */

/** The parts that run in an engine. @type {Record<string, (place: Place) => Promise<any>>} */
const parts = {
  parsing: async ({ engine }) => (await engine.run('parsing', 'parsing', [])).result,
  delivery: async ({ engine, origins }) => (await engine.run('delivery', 'bursts', [origins[0]])).result,
  first: async ({ engine, origins }) => {
    /** @type {Record<string, number[]>} */
    const cold = {};
    /** @type {Record<string, number[]>} */
    const loading = {};
    const names = COLD_CLIENTS.filter((name) => name !== 'microsoft' || engine.name !== 'node');
    for (let round = 0; round < COLD_ROUNDS; round++) {
      for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
        const { load, result } = await engine.run(`client-${name}`, 'firstEvent', [origins[0]]);
        const key = COLD_NAMES[name] ?? name;
        cold[key] = [...(cold[key] ?? []), result];
        loading[key] = [...(loading[key] ?? []), load];
      }
    }
    const warm = (await engine.run('delivery', 'warmFirstEvents', [origins[0]])).result;
    return { cold, load: loading, warm };
  },
  latency: async ({ engine, origins }) => (await engine.run('delivery', 'latency', [origins])).result,
  memory: async ({ engine, origins }) => [
    (await engine.run('memory', 'overEvents', [origins[0], MEMORY_EVENTS])).result,
    ...(await engine.run('memory', 'overObjects', [origins[0], MEMORY_OBJECTS])).result,
  ],
};

/** @type {Record<string, string>} */
const COLD_NAMES = {
  'fetch-event-source': 'eventsource-wasm/fetch-event-source',
  microsoft: '@microsoft/fetch-event-source',
};

const PARTS = [...Object.keys(parts), 'size'];

/** What the benchmark is bundled from. */
const entryPoints = () => ({
  parsing: 'bench/parsing.ts',
  delivery: 'bench/delivery.ts',
  memory: 'bench/memory.ts',
  ...Object.fromEntries(COLD_CLIENTS.map((name) => [`client-${name}`, `bench/clients/${name}.ts`])),
});

/** @returns {Promise<{ origins: string[], stop: () => Promise<void> }>} */
async function startServer() {
  const child = start(process.execPath, ['bench/server.mjs', BUNDLES], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdout) });
  const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(10_000) });
  const { origins } = JSON.parse(line);
  return {
    origins,
    async stop() {
      const closed = once(child, 'close');
      child.kill();
      await closed;
    },
  };
}

/** The versions of what is compared, as they are installed. */
function packageVersions() {
  const { devDependencies, version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const names = [
    'eventsource',
    'eventsource-parser',
    '@microsoft/fetch-event-source',
    'eventsource-client',
    'openai',
    'socket.io-client',
    'ai',
  ];
  return {
    'eventsource-wasm': version,
    ...Object.fromEntries(names.map((name) => [name, devDependencies[name]])),
  };
}

function machine() {
  const osRelease = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return {
    cpu: cpus()[0]?.model.trim() ?? '',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: /^PRETTY_NAME="(.*)"/m.exec(osRelease)?.[1] ?? `${type()} ${release()}`,
    /** How many processes wanted a core when it began: above 0 something else was running. */
    load: loadavg()[0],
  };
}

/**
 * @param {string[]} partNames
 * @param {string[]} engineNames
 */
async function bench(partNames, engineNames) {
  await npmRun('build:package');
  const about = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    packages: packageVersions(),
  };
  // Not before: they import what the set-up has installed.
  const { startEngine } = await import('./engines.mjs');
  const { sizes } = await import('./sizes.mjs');
  const { summarized } = await import('./statistics.mjs');
  const { writeReport } = await import('./report.mjs');

  /** @type {import('./report.mjs').Report} */
  const report = { ...about, engines: {}, parts: {} };
  const inEngines = partNames.filter((name) => name !== 'size');
  if (inEngines.length > 0) {
    rmSync(BUNDLES, { recursive: true, force: true });
    const options = { outdir: BUNDLES, format: /** @type {const} */ ('esm'), sourcemap: false };
    await bundle({ entryPoints: entryPoints(), ...options, minify: true, platform: 'browser' });
    const server = await startServer();
    try {
      for (const engineName of engineNames) {
        const [origin = ''] = server.origins;
        const engine = await startEngine(engineName, { folder: BUNDLES, origin });
        report.engines[engineName] = engine.version;
        try {
          for (const name of inEngines) {
            const result = await step(`${name}: ${engineName}`, () =>
              parts[name]?.({ engine, origins: server.origins }),
            );
            report.parts[name] = { ...report.parts[name], [engineName]: summarized(result) };
          }
        } finally {
          await engine.stop();
        }
      }
    } finally {
      await server.stop();
    }
  }
  if (partNames.includes('size')) report.parts.size = await step('size', sizes);
  const isWhole = partNames.length === PARTS.length && engineNames.length === ENGINES.length;
  const folder = isWhole ? 'bench/report' : 'build/bench/report';
  const markdown = await step(`report: ${folder}`, () => writeReport(report, folder, isWhole));
  console.log(`\n${markdown}`);
}

command(
  import.meta,
  {
    usage: `npm run bench -- [${[...PARTS, ...ENGINES].join('] [')}]`,
    positionals: [...PARTS, ...ENGINES],
  },
  async (_flags, words) => {
    /** @param {string[]} all */
    const chosen = (all) => {
      const some = all.filter((name) => words.includes(name));
      return some.length > 0 ? some : all;
    };
    await bench(chosen(PARTS), chosen(ENGINES));
  },
);
