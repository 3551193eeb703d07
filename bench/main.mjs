/**
 * `npm run bench`: measures speed, memory and size of this package and others in the same run. A complete run writes
 * bench/report.md and the targets in docs/performance.md. A run of some parts or engines, or with `--quick`, writes
 * build/bench/report.md. The samples are in build/bench/results.json.
 */
// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { bundle } from '../tools/bundle.mjs';
import { npmRun } from '../tools/packages.mjs';
import { command, printError, seconds, step } from '../tools/run.mjs';

/** @typedef {import('./engines.mjs').Engine} Engine */

const ENGINES = ['node', 'chromium', 'firefox', 'webkitgtk'];
const BUNDLES = 'build/bench/bundles';

/** The clients of bench/first.ts. */
const COLD_CLIENTS = ['eventsource-wasm', 'native', 'eventsource'];
const COLD_ROUNDS = 13;

/** The fraction of the work that `--quick` does. */
const QUICK = 0.1;

/** The parts that run in an engine. @type {Record<string, (engine: Engine, origin: string, scale: number) => Promise<any>>} */
const parts = {
  parsing: ({ run }, _origin, scale) => run('parsing', 'parsing', [scale]),
  chunks: ({ run }, _origin, scale) => run('chunks', 'chunks', [scale]),
  bursts: ({ run }, origin, scale) => run('bursts', 'bursts', [origin, scale]),
  first: async ({ run }, origin, scale) => {
    /** @type {Record<string, { load: number[], first: number[] }>} */
    const samples = {};
    for (const name of COLD_CLIENTS) samples[name] = { load: [], first: [] };
    for (let round = 0; round < COLD_ROUNDS * scale; round++) {
      for (const name of round % 2 === 0 ? COLD_CLIENTS : [...COLD_CLIENTS].reverse()) {
        const { load, first } = await run('first', 'first', [name, `${origin}/burst?events=1&data={}`]);
        samples[name]?.load.push(load);
        samples[name]?.first.push(first);
      }
    }
    return samples;
  },
  memory: ({ run }, origin, scale) => run('memory', 'memory', [origin, scale]),
};

const PARTS = [...Object.keys(parts), 'size'];

/** The versions of the compared packages. */
function packageVersions() {
  const { devDependencies, version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const names = /^(@microsoft\/fetch-event-source|eventsource.*|socket\.io-client)$/;
  const peers = Object.entries(devDependencies).filter(([name]) => names.test(name));
  return { 'eventsource-wasm': version, ...Object.fromEntries(peers) };
}

function machine() {
  const osRelease = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return {
    cpu: cpus()[0]?.model.trim() ?? '',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: /^PRETTY_NAME="(.*)"/m.exec(osRelease)?.[1] ?? `${type()} ${release()}`,
    /** The load average at the start. Above 0, other processes were running. */
    load: loadavg()[0] ?? 0,
  };
}

/** @param {string[]} partNames @param {string[]} engineNames @param {number} scale */
async function bench(partNames, engineNames, scale) {
  const begin = performance.now();
  await npmRun('build:package');
  // Imported after the set-up, because they import packages that it installs.
  const { startEngine } = await import('./engines.mjs');
  const { sizes } = await import('./sizes.mjs');
  const { writeReport } = await import('./report.mjs');

  /** @type {import('./report.mjs').Report} */
  const report = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    packages: packageVersions(),
    engines: {},
    parts: {},
  };
  /** Runs a step. The others run even if it fails. @param {string} name @param {() => Promise<void>} action */
  const attempt = async (name, action) => {
    try {
      await step(name, action);
    } catch (error) {
      printError(error);
      process.exitCode = 1;
    }
    writeFileSync('build/bench/results.json', `${JSON.stringify(report)}\n`);
  };

  rmSync(BUNDLES, { recursive: true, force: true });
  await bundle({
    entryPoints: Object.keys(parts).map((name) => `bench/${name}.ts`),
    outdir: BUNDLES,
    format: 'esm',
    splitting: true,
    sourcemap: false,
    minify: true,
    platform: 'browser',
  });
  const server = fork('bench/server.mjs', [BUNDLES]);
  const [origin] = await once(server, 'message');
  try {
    for (const engineName of partNames.some((name) => name in parts) ? engineNames : []) {
      const engine = await startEngine(engineName, { folder: BUNDLES, origin });
      report.engines[engineName] = engine.version;
      for (const name of partNames.filter((name) => name in parts)) {
        await attempt(`${name}: ${engineName}`, async () => {
          const result = await parts[name]?.(engine, origin, scale);
          report.parts[name] = { ...report.parts[name], [engineName]: result };
        });
      }
      await engine.stop();
    }
  } finally {
    server.kill();
  }
  if (partNames.includes('size')) {
    await attempt('size', async () => {
      report.parts.size = await sizes();
    });
  }
  const isWhole = partNames.length === PARTS.length && engineNames.length === ENGINES.length && scale === 1;
  const { path, markdown } = await writeReport(report, isWhole);
  console.log(`\n${markdown}\n${path}, after ${seconds(begin)} s`);
}

command(
  import.meta,
  {
    usage: `npm run bench -- [--quick] [${[...PARTS, ...ENGINES].join('] [')}]`,
    options: { quick: { type: 'boolean' } },
    positionals: [...PARTS, ...ENGINES],
  },
  async ({ quick }, words) => {
    /** @param {string[]} all */
    const chosen = (all) => {
      const some = all.filter((name) => words.includes(name));
      return some.length > 0 ? some : all;
    };
    await bench(chosen(PARTS), chosen(ENGINES), quick ? QUICK : 1);
  },
);
