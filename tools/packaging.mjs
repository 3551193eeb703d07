/**
 * `npm run test:packaging`: the packed package in the tools and runtimes of its users. In: names of apps (the folders
 * of tests/packaging/apps), or none for all. Out: a table, tool × entry, and exit code 1 if any cell isn't as it
 * should be; with `--write` the table goes into docs/compatibility.md. Apps are copied and installed outside of the repository,
 * where nothing of it can be found by accident; `--keep` leaves them there for the next time.
 */
// @ts-check
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { createInterface } from 'node:readline';
import { build, bundle } from './build.mjs';
import { entryNames, hasEntry, scripts } from './entries.mjs';
import { npmInstall } from './npm-install.mjs';
import { setupChromium, setupNodeModules } from './setup.mjs';
import { integrity } from './size.mjs';
import { command, printError, root, run, StepError, start, step } from './steps.mjs';
import { scenarioServer, stopScenarioServer, testInRuntime, testsIn } from './test.mjs';

const SOURCES = 'tests/packaging';
const WORK = join(
  tmpdir(),
  `eventsource-wasm-packaging-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`,
);

/** What each program gives when all is well. */
const WELL = 'Hello world streamed';
/** An error that tells the two ways out of a policy that allows no WebAssembly. */
const TELLS = /'wasm-unsafe-eval'.*'eventsource-wasm\/js'/;

/** @typedef {{ name: string, form: '' | 'slim' | 'js', entry: string, specifier: string }} Program */

/** What works in a framework alone is tested in its example. */
const ENTRIES_OF_FRAMEWORKS = ['react', 'vue', 'svelte'];

const entriesForAll = () => entryNames().filter((name) => !ENTRIES_OF_FRAMEWORKS.includes(name));

/** @param {string} form */
const entriesOfForm = (form) => entriesForAll().filter((entry) => hasEntry(entry, form));

/** A program for each entry in each form. */
function allPrograms() {
  return /** @type {const} */ (['', 'slim', 'js']).flatMap((form) =>
    entriesOfForm(form).map((entry) => {
      const parts = [form, entry === 'index' ? '' : entry].filter(Boolean);
      return {
        name: [form, entry].filter(Boolean).join('-'),
        form,
        entry,
        specifier: ['eventsource-wasm', ...parts].join('/'),
      };
    }),
  );
}

/**
 * Writes the programs of an app: src/<name>.js, src/programs.js, which imports each when it is asked for, and
 * src/main.js, which gives them to the page.
 * @param {string} folder
 * @param {{ init?: string, cjs?: boolean }} [options] `init` is what an app has to add to find core.wasm
 */
function writePrograms(folder, { init = '', cjs = false } = {}) {
  mkdirSync(folder, { recursive: true });
  /** @param {string} name @param {string} text */
  const write = (name, text) => writeFileSync(`${folder}/${name}.js`, cjs ? toCommonJs(text) : text);
  /** @param {string} path */
  const read = (path) => readFileSync(path, 'utf8');
  if (cjs) writeFileSync(`${folder}/package.json`, '{ "type": "commonjs" }\n');
  write('exchange', read(`${SOURCES}/programs/exchange.js`));
  const programs = allPrograms();
  for (const { name, form, entry, specifier } of programs) {
    const source = `${SOURCES}/programs/${entry}.js`;
    if (!existsSync(source)) throw new StepError(`${source} doesn't exist: each entry needs a program`);
    const plain = ['eventsource-wasm', ...(entry === 'index' ? [] : [entry])].join('/');
    const text = read(source).replace(/'eventsource-wasm[^']*'/g, (found) =>
      found === `'${plain}'`
        ? `'${specifier}'`
        : found.replace('eventsource-wasm', `eventsource-wasm${form && `/${form}`}`),
    );
    write(name, form === 'slim' ? init + text : text);
  }
  const list = programs.map(({ name }) =>
    cjs ? `  '${name}': () => require('./${name}.js'),\n` : `  '${name}': () => import('./${name}.js'),\n`,
  );
  write('programs', `export const programs = {\n${list.join('')}};\n`);
  write(
    'main',
    `import { programs } from './programs.js';\n\nglobalThis.run = async (name, url) => (await programs[name]()).run(url);\n`,
  );
}

/** @param {string} text */
const toCommonJs = (text) =>
  text
    .replace(/^import (\{.*?\}) from ('.*?');$/gm, 'const $1 = require($2);')
    .replace(/^import ('.*?');$/gm, 'require($1);')
    .replace(/^export const (\w+)/gm, 'const $1 = exports.$1')
    .replace(/^export (async )?function (\w+)/gm, 'exports.$2 = $2;\n$1function $2');

/** The programs as one module, for places where a module can't be imported while a program runs. @param {string} folder */
function writeAllPrograms(folder) {
  const programs = allPrograms();
  const imports = programs.map(({ name }, index) => `import * as program${index} from './${name}.js';\n`);
  const members = programs.map(({ name }, index) => `  '${name}': program${index},\n`);
  writeFileSync(
    `${folder}/all.js`,
    `${imports.join('')}\nexport const programs = {\n${members.join('')}};\n`,
  );
}

/** @type {Promise<string> | undefined} */
let packed;

/** The package as npm would publish it. */
function pack() {
  packed ??= step('npm pack', async () => {
    mkdirSync(WORK, { recursive: true });
    for (const name of readdirSync(WORK)) if (name.endsWith('.tgz')) rmSync(`${WORK}/${name}`);
    await run('npm', ['pack', '--silent', '--pack-destination', WORK]);
    const name = readdirSync(WORK).find((name) => name.endsWith('.tgz'));
    if (!name) throw new StepError('npm pack made no tarball');
    return `${WORK}/${name}`;
  });
  return packed;
}

/**
 * Copies an app with its programs, and installs it.
 * @param {string} name
 * @param {Parameters<typeof writePrograms>[1]} [options]
 */
const install = (name, options) =>
  installApp(name, `${SOURCES}/apps/${name}`, (folder) => writePrograms(`${folder}/src`, options));

/**
 * Copies an app, installs its tools from its lock file, and the tarball.
 * @param {string} name
 * @param {string} source
 * @param {(folder: string) => void} [prepare]
 * @param {string[]} [places] of the tarball in node_modules
 */
export async function installApp(name, source, prepare, places = ['eventsource-wasm']) {
  const tarball = await pack();
  const folder = `${WORK}/${name}`;
  await step(`${name}: npm install`, async () => {
    mkdirSync(folder, { recursive: true });
    for (const old of readdirSync(folder)) {
      if (old !== 'node_modules') rmSync(`${folder}/${old}`, { recursive: true });
    }
    cpSync(source, folder, { recursive: true });
    prepare?.(folder);
    // Not one of an earlier time under the same version.
    for (const place of places) rmSync(`${folder}/node_modules/${place}`, { recursive: true, force: true });
    rmSync(`${folder}/node_modules/.package-lock.json`, { force: true });
    await npmInstall(name, folder, [tarball], places);
  });
  return folder;
}

/** @param {string} folder @param {string} name of a package in it */
const versionOf = (folder, name) =>
  JSON.parse(readFileSync(`${folder}/node_modules/${name}/package.json`, 'utf8')).version;

/** @param {string} folder @param {string} bin @param {string[]} args @param {Record<string, string>} [env] */
export const tool = (folder, bin, args, env) =>
  run(`${folder}/node_modules/.bin/${bin}`, args, {
    cwd: folder,
    env: { CI: '1', ...env },
    timeout: 240_000,
  });

const TYPES = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
});

/**
 * Serves a folder while `use` runs.
 * @template T
 * @param {string} folder
 * @param {(origin: string) => Promise<T>} use
 * @param {{ headers?: Record<string, string>, pages?: Record<string, string> }} [options] `pages` are made up
 */
async function serving(folder, use, { headers = {}, pages = {} } = {}) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    const file = join(folder, path === '/' ? 'index.html' : path);
    const content = pages[path] ?? (existsSync(file) && extname(file) ? readFileSync(file) : undefined);
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': TYPES[extname(path) || '.html'] ?? 'application/octet-stream',
      ...headers,
    });
    response.end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return await use(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** @type {Promise<import('puppeteer-core').Browser> | undefined} */
let browser;

async function launch() {
  const executablePath = await setupChromium();
  const { default: puppeteer } = await import('puppeteer-core');
  return puppeteer.launch({ executablePath, headless: true, args: ['--no-sandbox'] });
}

/** A URL that answers a program, and the question what came to it. */
async function newExchange(entry = 'index') {
  const { facts } = await scenarioServer();
  const [hello, heard, unheard] = ['Hello', 'world streamed', 'world at once'].map((content) =>
    entry === 'llm'
      ? `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`
      : `data: ${content}\n\n`,
  );
  const end = entry === 'llm' ? 'data: [DONE]\n\n' : '';
  const steps = [hello, { heard: heard + end, unheard: unheard + end }];
  const response = await fetch(`${facts.origin}/scenarios`, {
    method: 'POST',
    body: JSON.stringify([{ steps }]),
  });
  const { id } = await response.json();
  const log = `${facts.origin}/scenarios/${id}`;
  const wasSent = async () => {
    const { seen } = await (await fetch(log)).json();
    const requests = seen.filter((/** @type {any} */ { isPreflight }) => !isPreflight);
    // One connection for all tabs is a GET.
    const [method, body] = entry === 'shared' ? ['GET', ''] : ['POST', 'ping'];
    return requests.length === 1 && requests[0].method === method && requests[0].body === body;
  };
  return { url: `${log}/stream`, wasSent };
}

/** @typedef {Record<string, string>} Results what each program gave, by its name */

/**
 * Lets programs run and looks at what came to the server besides what they give.
 * @param {(urls: Record<string, string>) => Promise<Results>} runAll
 * @returns {Promise<Results>}
 */
async function exchanging(runAll, programs = allPrograms()) {
  const exchanges = await Promise.all(
    programs.map(async ({ name, entry }) => ({ name, ...(await newExchange(entry)) })),
  );
  const results = await runAll(Object.fromEntries(exchanges.map(({ name, url }) => [name, url])));
  for (const { name, wasSent } of exchanges) {
    if (results[name] === WELL && !(await wasSent())) results[name] = 'it was not sent as it should be';
  }
  return results;
}

/**
 * Each program in a page of its own.
 * @param {(name: string) => string} address
 */
function inChromium(address, programs = allPrograms()) {
  return exchanging(async (urls) => {
    browser ??= launch();
    // In a window of its own: a page that another one hides gets no animation frames, and may close its connections.
    const context = await (await browser).createBrowserContext();
    const page = await context.newPage();
    /** @type {Results} */
    const results = {};
    try {
      /** @type {string[]} */
      let complaints = [];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(`${error}`));
      for (const [name, url] of Object.entries(urls)) {
        complaints = [];
        try {
          await page.goto(address(name));
          await untilLoaded(page);
          results[name] = await page.evaluate(
            (name, url) =>
              Promise.race([
                /** @type {any} */ (globalThis)
                  .run(name, url)
                  .catch((/** @type {unknown} */ error) => `${error}`),
                new Promise((resolve) => setTimeout(resolve, 20_000, 'nothing for 20 s')),
              ]),
            name,
            url,
          );
        } catch (error) {
          results[name] = [error, ...complaints].join('\n');
        }
      }
    } finally {
      await context.close();
    }
    return results;
  }, programs);
}

/**
 * Waits for the programs of a page. It is asked again and again, as a reload may leave a question without an answer;
 * Puppeteer's own wait asks by animation frames.
 * @param {import('puppeteer-core').Page} page
 */
async function untilLoaded(page) {
  const end = performance.now() + 20_000;
  while (!(await page.evaluate('Boolean(globalThis.run)').catch(() => false))) {
    if (performance.now() > end) throw new StepError('the page has no programs after 20 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What a program printed as its last line. @param {string} output @returns {Results} */
const lastLine = (output) => JSON.parse(output.trim().split('\n').at(-1) ?? '');

/** @typedef {{ tool: string, version: string, results: Results, expected?: (program: Program) => RegExp | string | null, note?: string }} Row */

/** What is in a test runner's report, by test. @param {any} report @returns {Results} */
const fromReport = (report) =>
  Object.fromEntries(
    report.testResults.flatMap((/** @type {any} */ { assertionResults, message }) =>
      assertionResults.length > 0
        ? assertionResults.map((/** @type {any} */ { title, status, failureMessages }) => [
            title,
            status === 'passed' ? WELL : failureMessages.join('\n'),
          ])
        : allPrograms().map(({ name }) => [name, message]),
    ),
  );

/**
 * Runs a test runner, whose report is what counts: it fails when a test does.
 * @param {string} folder @param {string} bin @param {string[]} args @param {Record<string, string>} [env]
 */
const testing = (folder, bin, args, env) =>
  exchanging((urls) => reportOf(folder, bin, args, { URLS: JSON.stringify(urls), ...env }));

/** @param {string} folder @param {string} bin @param {string[]} args @param {Record<string, string>} env */
async function reportOf(folder, bin, args, env) {
  const report = `${folder}/report-${args.join('').replace(/\W/g, '')}.json`;
  const failed = await tool(folder, bin, [...args, `--outputFile=${report}`], env).catch((error) => error);
  if (!existsSync(report)) throw failed;
  return fromReport(JSON.parse(readFileSync(report, 'utf8')));
}

/**
 * Runs the tests that docs/testing.md shows, as they stand there. Fails unless all pass.
 * @param {string} folder
 * @param {string[]} sections whose first block of code is a file of tests, with its name in the first line
 * @param {(files: string[], report: string) => Promise<unknown>} runTests
 */
async function runDocumented(folder, sections, runTests) {
  const page = readFileSync('docs/testing.md', 'utf8');
  const documented = 'documented';
  mkdirSync(`${folder}/${documented}`, { recursive: true });
  const files = sections.map((section) => {
    const code = page.split(`\n## ${section}\n`)[1]?.match(/^```js\n(\/\/ (\S+)\n[\s\S]*?)^```$/m);
    if (!code?.[1]) throw new StepError(`docs/testing.md has no test in the section ${section}`);
    writeFileSync(`${folder}/${documented}/${code[2]}`, code[1]);
    return `${documented}/${code[2]}`;
  });
  const report = `${folder}/report-documented.json`;
  rmSync(report, { force: true });
  const error = await runTests(files, report).then(
    () => undefined,
    (error) => error,
  );
  if (!existsSync(report)) throw error ?? new StepError('the test runner wrote no report');
  const { numPassedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(`${folder}/${documented}`, { recursive: true });
  if (error || testResults.length !== files.length || numPassedTests < files.length) {
    const failures = Object.entries(fromReport({ testResults })).filter(([, result]) => result !== WELL);
    const output = failures.map((failure) => failure.join(': ')).join('\n');
    throw new StepError('the tests of docs/testing.md fail', {
      output: output || `${error?.output ?? error}`,
    });
  }
}

/**
 * Starts a server that prints its address.
 * @template T
 * @param {string} folder @param {string} bin @param {string[]} args
 * @param {(origin: string) => Promise<T>} use
 */
async function withServer(folder, bin, args, use) {
  // Not through npx: what is killed has to be the server itself.
  const child = start(`${folder}/node_modules/.bin/${bin}`, args, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  try {
    const origin = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new StepError(`${bin} printed no address`, { output })), 60_000);
      for (const stream of [child.stdout, child.stderr]) {
        const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (stream) });
        lines.on('line', (line) => {
          output += `${line}\n`;
          const found = /http:\/\/(localhost|127\.0\.0\.1):\d+/.exec(line)?.[0];
          if (found) {
            clearTimeout(timer);
            resolve(found);
          }
        });
      }
      child.once('close', (code) => {
        clearTimeout(timer);
        reject(new StepError(`${bin} ended with ${code}`, { output }));
      });
    });
    return await use(origin);
  } finally {
    // It may have children of its own.
    if (child.pid && child.exitCode === null) process.kill(-child.pid);
  }
}

const slimByUrl = `import { init } from 'eventsource-wasm/slim';\n\ninit('/core.wasm');\n`;
const slimByVite = `import { init } from 'eventsource-wasm/slim';\nimport core from 'eventsource-wasm/core.wasm?url';\n\ninit(core);\n`;
const CORE_WASM = 'node_modules/eventsource-wasm/dist/core.wasm';

/** What a worker asks of its runtime. An old date has a \`fetch\` that knows no `cache`. */
const NEW_WORKERD = { date: '2026-04-01', flags: '"nodejs_compat"' };
const OLD_WORKERD = { date: '2024-09-01', flags: '' };

/** The rows of each app. @type {Record<string, () => Promise<Row[]>>} */
const apps = {
  async vite() {
    const folder = await install('vite');
    const version = versionOf(folder, 'vite');
    await step('vite: build', () => tool(folder, 'vite', ['build', '--base', './']));
    const built = await serving(`${folder}/dist`, (origin) => inChromium(() => origin));
    /** @param {string} policy */
    const underPolicy = (policy) =>
      serving(`${folder}/dist`, (origin) => inChromium(() => origin), {
        headers: { 'content-security-policy': policy },
      });
    const strict = await underPolicy("script-src 'self'");
    const wasm = await underPolicy("script-src 'self' 'wasm-unsafe-eval'");
    // To the scenario server, which is another origin.
    const byDefault = await underPolicy("default-src 'self' 'wasm-unsafe-eval'; connect-src *");
    const strictByDefault = await underPolicy("default-src 'self'; connect-src *");
    writePrograms(`${folder}/src`, { init: slimByVite });
    rmSync(`${folder}/node_modules/.vite`, { recursive: true, force: true });
    const served = await withServer(folder, 'vite', ['--port', '0', '--host', '127.0.0.1'], (origin) =>
      inChromium(() => origin),
    );
    const chromium = (await (await /** @type {NonNullable<typeof browser>} */ (browser)).version()).replace(
      /.*\//,
      '',
    );
    return [
      { tool: 'Vite, build', version, results: built },
      { tool: 'Vite, dev server', version, results: served, note: 'slim by `init`' },
      { tool: "page with `script-src 'self' 'wasm-unsafe-eval'`", version: chromium, results: wasm },
      {
        tool: "page with `script-src 'self'`",
        version: chromium,
        results: strict,
        expected: ({ form }) => (form === 'js' ? WELL : TELLS),
      },
      { tool: "page with `default-src 'self' 'wasm-unsafe-eval'`", version: chromium, results: byDefault },
      {
        tool: "page with `default-src 'self'`",
        version: chromium,
        results: strictByDefault,
        expected: ({ form }) => (form === 'js' ? WELL : TELLS),
      },
    ];
  },
  async webpack() {
    const folder = await install('webpack');
    await step('webpack: build', () =>
      tool(folder, 'webpack', ['--mode', 'production', '--entry', './src/main.js']),
    );
    cpSync(`${folder}/index.html`, `${folder}/dist/index.html`);
    const results = await serving(`${folder}/dist`, (origin) => inChromium(() => origin));
    return [{ tool: 'webpack', version: versionOf(folder, 'webpack'), results }];
  },
  async rollup() {
    const folder = await install('rollup', { init: slimByUrl });
    await step('rollup: build', () => tool(folder, 'rollup', ['--config']));
    for (const path of ['index.html', CORE_WASM])
      cpSync(`${folder}/${path}`, `${folder}/dist/${path.replace(/.*\//, '')}`);
    const results = await serving(`${folder}/dist`, (origin) => inChromium(() => origin));
    return [{ tool: 'Rollup', version: versionOf(folder, 'rollup'), results, note: 'slim by `init`' }];
  },
  async esbuild() {
    const folder = await install('esbuild', { init: slimByUrl });
    const flags = ['--bundle', '--splitting', '--format=esm', '--minify', '--outdir=dist'];
    await step('esbuild: build', () => tool(folder, 'esbuild', ['src/main.js', ...flags]));
    for (const path of ['index.html', CORE_WASM])
      cpSync(`${folder}/${path}`, `${folder}/dist/${path.replace(/.*\//, '')}`);
    const results = await serving(`${folder}/dist`, (origin) => inChromium(() => origin));
    return [{ tool: 'esbuild', version: versionOf(folder, 'esbuild'), results, note: 'slim by `init`' }];
  },
  async parcel() {
    const folder = await install('parcel');
    await step('parcel: build', () =>
      tool(folder, 'parcel', ['build', 'index.html', '--no-cache', '--public-url', './']),
    );
    const results = await serving(`${folder}/dist`, (origin) => inChromium(() => origin));
    return [{ tool: 'Parcel', version: versionOf(folder, 'parcel'), results }];
  },
  async next() {
    const folder = await install('next');
    const version = versionOf(folder, 'next');
    await step('next: build', () => tool(folder, 'next', ['build'], { NEXT_TELEMETRY_DISABLED: '1' }));
    return withServer(folder, 'next', ['start', '--port', '0', '--hostname', '127.0.0.1'], async (origin) => {
      /** @param {string} kind */
      const route = (kind) =>
        exchanging(async (urls) => {
          /** @type {Results} */
          const results = {};
          for (const [name, url] of Object.entries(urls)) {
            const signal = AbortSignal.timeout(5_000);
            results[name] = await fetch(`${origin}/api/${kind}/${name}?url=${encodeURIComponent(url)}`, {
              signal,
            })
              .then((response) => response.text())
              .catch((error) => `${error}`);
          }
          return results;
        });
      return [
        { tool: 'Next, client', version, results: await inChromium(() => origin) },
        { tool: 'Next, Node route', version, results: await route('node') },
        { tool: 'Next, edge route', version, results: await route('edge') },
      ];
    });
  },
  async vitest() {
    const folder = await install('vitest');
    const version = versionOf(folder, 'vitest');
    await step('vitest: docs/testing.md', () =>
      runDocumented(folder, ['Vitest', 'msw'], (files, report) =>
        tool(folder, 'vitest', ['run', '--reporter=json', `--outputFile=${report}`, ...files]),
      ),
    );
    const rows = [];
    for (const environment of ['happy-dom', 'jsdom']) {
      const results = await step(`vitest: ${environment}`, () =>
        testing(folder, 'vitest', ['run', '--reporter=json', `--environment=${environment}`]),
      );
      rows.push({ tool: `Vitest, ${environment} ${versionOf(folder, environment)}`, version, results });
    }
    return rows;
  },
  async jest() {
    const folder = await install('jest');
    await step('jest: docs/testing.md', () =>
      runDocumented(folder, ['Jest'], (files, report) =>
        tool(folder, 'jest', ['--json', `--outputFile=${report}`, '--env=node', ...files], {
          NODE_OPTIONS: '--experimental-vm-modules',
        }),
      ),
    );
    const results = await step('jest: jsdom', () =>
      testing(folder, 'jest', ['--json', '--env=jest-fixed-jsdom', '--testPathIgnorePatterns=/default/'], {
        NODE_OPTIONS: '--experimental-vm-modules',
      }),
    );
    const version = versionOf(folder, 'jest');
    // No configuration and no flag: CommonJS.
    const plain = join(folder, 'default');
    writePrograms(`${plain}/src`, { cjs: true });
    const byDefault = await step('jest: default configuration', () =>
      testing(folder, 'jest', ['--json', '--rootDir=default']),
    );
    const alone = ['--json', '--rootDir=default'];
    const URLS = JSON.stringify(Object.fromEntries(allPrograms().map(({ name }) => [name, ''])));
    const imported = await step('jest: plain jsdom', () =>
      reportOf(folder, 'jest', [...alone, '--testMatch=**/imports.js', '--env=jsdom'], { URLS }),
    );
    const timers = await step('jest: fake timers', () =>
      testing(folder, 'jest', [...alone, '--testMatch=**/timers.js']),
    );
    return [
      { tool: 'Jest, jsdom', version, results, note: 'with jest-fixed-jsdom' },
      { tool: 'Jest, default configuration', version, results: byDefault, note: '`require`' },
      { tool: 'Jest, plain jsdom', version, results: imported, note: 'imported alone: it has no `fetch`' },
      {
        tool: 'Jest, after fake timers',
        version,
        results: timers,
        expected: (program) => (program.name === 'index' ? WELL : null),
      },
    ];
  },
  /** Compiled as Angular's own builder compiles: without native `async` functions, which zone.js can't follow. */
  async angular() {
    const folder = await install('angular', { init: slimByUrl });
    await step('angular: build', async () => {
      await tool(folder, 'ngc', ['--project', 'tsconfig.json']);
      writeFileSync(
        `${folder}/main.js`,
        "import { programs } from './src/programs.js';\nimport './compiled/main.js';\n\nglobalThis.programs = programs;\n",
      );
      await bundle({
        entryPoints: { main: `${folder}/main.js` },
        outdir: `${folder}/dist`,
        absWorkingDir: folder,
        format: 'esm',
        splitting: true,
        sourcemap: false,
        supported: { 'async-await': false, 'object-rest-spread': false },
      });
    });
    cpSync(`${folder}/${CORE_WASM}`, `${folder}/core.wasm`);
    const results = await serving(folder, (origin) => inChromium(() => origin));
    return [{ tool: 'Angular, zone.js', version: versionOf(folder, '@angular/core'), results }];
  },
  async extension() {
    const folder = await install('extension', { init: slimByUrl });
    const policies = { with: "script-src 'self' 'wasm-unsafe-eval'", without: "script-src 'self'" };
    writeAllPrograms(`${folder}/src`);
    await step('extension: build', async () => {
      for (const [name, policy] of Object.entries(policies)) {
        const outdir = `${folder}/${name}`;
        const options = {
          outdir,
          absWorkingDir: folder,
          format: /** @type {const} */ ('esm'),
          sourcemap: false,
        };
        await bundle({ ...options, entryPoints: { background: `${folder}/background.js` } });
        await bundle({ ...options, entryPoints: { page: `${folder}/src/main.js` }, splitting: true });
        for (const path of ['page.html', CORE_WASM])
          cpSync(`${folder}/${path}`, `${outdir}/${path.replace(/.*\//, '')}`);
        writeFileSync(
          `${outdir}/manifest.json`,
          JSON.stringify({
            manifest_version: 3,
            name: `eventsource-wasm, ${name}`,
            version: '1',
            background: { service_worker: 'background.js', type: 'module' },
            content_security_policy: { extension_pages: policy },
            host_permissions: ['http://127.0.0.1/*'],
          }),
        );
      }
    });
    const rows = [];
    for (const [name, policy] of Object.entries(policies)) {
      const { version, page, worker } = await inExtension(`${folder}/${name}`);
      /** @param {Program} program */
      const expected = ({ form }) => (name === 'with' || form === 'js' ? WELL : TELLS);
      rows.push({ tool: `Chrome extension, page, \`${policy}\``, version, results: page, expected });
      rows.push({
        tool: `Chrome extension, service worker, \`${policy}\``,
        version,
        results: worker,
        // Its one file has all three polyfills.
        expected: (/** @type {Program} */ program) =>
          program.entry === 'polyfill' ? null : expected(program),
      });
    }
    return rows;
  },
  /** Libraries in whose place or through whose options ours is used. */
  async libraries() {
    const tarball = await pack();
    const dependents = {
      '@modelcontextprotocol/sdk': ['eventsource', 'eventsource-parser'],
      '@ai-sdk/provider-utils': ['eventsource-parser'],
    };
    // Where npm may put what these depend on.
    const places = Object.entries(dependents).flatMap(([dependent, names]) =>
      names.map((name) => [`${dependent}/node_modules/${name}`, name]),
    );
    /** @param {string} folder */
    const override = (folder) => {
      const path = `${folder}/package.json`;
      const overrides = { eventsource: `file:${tarball}`, 'eventsource-parser': `file:${tarball}` };
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), overrides }));
    };
    const folder = await installApp('libraries', `${SOURCES}/apps/libraries`, override, [
      ...['eventsource-wasm', ...places.flat()],
    ]);
    for (const names of places) {
      const place = names.map((name) => `${folder}/node_modules/${name}`).find((path) => existsSync(path));
      const { name } = JSON.parse(readFileSync(`${place}/package.json`, 'utf8'));
      if (name !== 'eventsource-wasm') throw new StepError(`${place} is ${name}`);
    }
    const { mcp, ai, trpc, tanstack } = await step('libraries', async () =>
      lastLine((await run(process.execPath, ['main.js'], { cwd: folder, timeout: 60_000 })).stdout),
    );
    /** @param {string} title @param {string} name @param {Results} results @param {string} [note] */
    const row = (title, name, results, note) => ({
      tool: title,
      version: versionOf(folder, name),
      results,
      expected: (/** @type {Program} */ program) => (program.name in results ? WELL : null),
      ...(note ? { note } : {}),
    });
    const byOverride = "in place of its dependency, by npm's `overrides`";
    return [
      row('MCP SDK', '@modelcontextprotocol/sdk', /** @type {any} */ (mcp), byOverride),
      row('AI SDK', 'ai', { stream: /** @type {string} */ (ai) }, byOverride),
      row('tRPC', '@trpc/client', { index: /** @type {string} */ (trpc) }, '`httpSubscriptionLink`'),
      row(
        'TanStack Query',
        '@tanstack/query-core',
        { stream: /** @type {string} */ (tanstack) },
        '`streamedQuery`',
      ),
    ];
  },
  /** No tool at all: pages with an import map or script tags. */
  async page() {
    const folder = await install('page');
    const base = '/node_modules/eventsource-wasm/';
    const imports = Object.fromEntries(
      allPrograms().map(({ specifier, form, entry }) => [
        specifier,
        `${base}dist/${form && `${form}/`}${entry}.js`,
      ]),
    );
    /** @param {string} head */
    const html = (head) => `<!doctype html><title>eventsource-wasm</title>${head}`;
    const importMap = html(
      `<script type="importmap">${JSON.stringify({ imports })}</script><script type="module" src="/src/main.js"></script>`,
    );
    const withMap = await serving(folder, (origin) => inChromium(() => origin), {
      pages: { '/': importMap },
    });

    const classic = allPrograms().filter(({ name }) => name === 'polyfill' || name === 'js-polyfill');
    const pages = Object.fromEntries(
      scripts.map(({ form, output }) => [
        form === 'js' ? '/js-polyfill' : '/polyfill',
        html(
          `<script src="${base}${output}" integrity="${integrity(output)}" crossorigin="anonymous"></script>
           <script>const early = EventSource;</script>
           <script type="module">
             import { exchange } from '/src/exchange.js';
             globalThis.run = (name, url) => exchange(early, url);
           </script>`,
        ),
      ]),
    );
    const byScript = await serving(folder, (origin) => inChromium((name) => `${origin}/${name}`, classic), {
      pages,
    });
    const version = (await (await /** @type {NonNullable<typeof browser>} */ (browser)).version()).replace(
      /.*\//,
      '',
    );
    return [
      { tool: 'page with an import map', version, results: withMap },
      {
        tool: 'page with a script tag',
        version,
        results: byScript,
        expected: (program) => (classic.some(({ name }) => name === program.name) ? WELL : null),
        note: '`dist/global.js` and `dist/global-js.js`, with `integrity`',
      },
    ];
  },
  /** What TypeScript makes of each entry, and what the checkers of packages make of all. */
  async types() {
    const folder = await install('types');
    const tarball = await pack();
    await step('publint', () => tool(folder, 'publint', [tarball, '--strict']));
    await step('arethetypeswrong', () =>
      tool(folder, 'attw', [
        ...[tarball, '--profile', 'strict'],
        // The module and the classic scripts are not to be imported.
        ...['--exclude-entrypoints', 'core.wasm', ...scripts.map(({ output }) => output)],
      ]),
    );
    for (const { name, specifier } of allPrograms())
      writeFileSync(
        `${folder}/${name}.ts`,
        readFileSync(`${folder}/consumer.ts.txt`, 'utf8').replaceAll('SPECIFIER', specifier),
      );
    const rows = [];
    for (const [resolution, module, compiler = 'typescript'] of [
      ['bundler', 'esnext'],
      ['node16', 'node16'],
      ['nodenext', 'nodenext'],
      // TypeScript 7 has it no more.
      ['node', 'commonjs', 'typescript5'],
    ]) {
      for (const [libs, types] of [
        ['es2022,dom,dom.iterable', ''],
        ['es2022', 'node'],
      ]) {
        const flags = ['--strict', '--noEmit', '--exactOptionalPropertyTypes', '--target', 'es2022'];
        const how = ['--module', module, '--moduleResolution', resolution, '--lib', libs];
        how.push(...(types ? ['--types', types] : ['--typeRoots', 'none']));
        const files = allPrograms().map(({ name }) => `${name}.ts`);
        const tsc = `../${compiler}/bin/tsc`;
        const said = await tool(folder, tsc, [...flags, .../** @type {string[]} */ (how), ...files]).then(
          () => '',
          (error) => error.output || `${error}`,
        );
        // One run for all of them, and so one complaint fails them all.
        const results = Object.fromEntries(allPrograms().map(({ name }) => [name, said || WELL]));
        const lib = types ? 'Node’s types without the DOM' : 'DOM';
        const version = versionOf(folder, /** @type {string} */ (compiler));
        rows.push({ tool: `TypeScript, ${resolution}, ${lib}`, version, results });
      }
    }
    return rows;
  },
  async runtimes() {
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
    // Two at a time: they mostly wait.
    /** @type {Row[][]} */
    const rows = [];
    await Promise.all(
      [0, 1].map(async (first) => {
        for (let at = first; at < all.length; at += 2) rows[at] = (await all[at]?.()) ?? [];
      }),
    );
    return rows.flat();
  },
};

/** @typedef {{ name: string, version: string, program: string, flags: string[], suiteFlags: string[] | undefined }} Runtime */

/**
 * The programs in a page and in the service worker of an unpacked extension.
 * @param {string} folder
 */
async function inExtension(folder) {
  const executablePath = await setupChromium();
  const { default: puppeteer } = await import('puppeteer-core');
  const browser = await puppeteer.launch({
    executablePath,
    headless: true,
    pipe: true,
    enableExtensions: [folder],
    args: ['--no-sandbox'],
  });
  try {
    const target = await browser.waitForTarget((target) => target.type() === 'service_worker');
    const { host } = new URL(target.url());
    const worker = await target.worker();
    const page = await browser.newPage();
    await page.goto(`chrome-extension://${host}/page.html`);
    await untilLoaded(page);
    /** @param {{ evaluate: typeof page.evaluate } | null} place */
    const runIn = (place) =>
      exchanging(async (urls) => {
        /** @type {Results} */
        const results = {};
        for (const [name, url] of Object.entries(urls))
          results[name] = /** @type {string} */ (
            await place?.evaluate(
              (name, url) =>
                /** @type {any} */ (globalThis)
                  .run(name, url)
                  .catch((/** @type {unknown} */ error) => `${error}`),
              name,
              url,
            )
          );
        return results;
      });
    const version = (await browser.version()).replace(/.*\//, '');
    return { version, page: await runIn(page), worker: await runIn(/** @type {any} */ (worker)) };
  } finally {
    await browser.close();
  }
}

/**
 * The programs and the tests of the shim in a runtime.
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
  if (suiteFlags) await testInRuntime(`${name} ${version}`, folder, { program, flags: suiteFlags });
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
 * The runtimes that are started by a command.
 * @param {string} folder
 * @returns {Promise<Runtime[]>} `suiteFlags`: for tests, which read files and ask for garbage to be collected
 */
async function runtimesIn(folder) {
  const at = `${folder}/node_modules`;
  const isNewerNode = (/** @type {string} */ name) => /^node\d+$/.test(name);
  const nodes = Object.keys(JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).dependencies).filter(
    isNewerNode,
  );
  const commands = [
    // In the Node that runs this, the tests of the shim are the suite `node`.
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
      // Its own package would have to run a script to find the program of this platform.
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
 * The programs in a worker, whose bundler knows the condition `workerd` and leaves .wasm to be a module.
 * @param {string} folder
 */
async function inWorkerd(folder, compatibility = NEW_WORKERD) {
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
 * A handler that answers when its connection has closed, five times in sequence: what one request leaves behind must
 * not stop the next.
 * @param {string} folder
 */
async function fiveInWorkerd(folder) {
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
 * The tests of the shim in a worker. Those that fail have to be those of which it is known why.
 * @param {string} folder
 */
async function suiteInWorkerd(folder) {
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
      // The package's manifest says of most files that nothing is lost without them.
      ignoreAnnotations: true,
      define: { __SERVER__: JSON.stringify(facts), __FORM__: '""' },
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
    const mended = Object.keys(known).filter((title) => !failures[title]);
    if (unknown.length + mended.length > 0 || passed === 0) {
      throw new StepError(`${unknown.length} tests fail in workerd, ${mended.length} no longer do`, {
        output: [...unknown.map((failure) => failure.join(': ')), ...mended].join('\n'),
      });
    }
    return Object.keys(failures).length;
  });
}

/**
 * @param {string | { contents: string, resolveDir: string }} source
 * @param {string} outdir
 * @param {string} folder of which the packages are taken
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

/** The head of the table: an entry, or a form with all its entries. */
function columns() {
  return [
    ...entriesForAll().map((entry) => ({
      title: `\`.${entry === 'index' ? '' : `/${entry}`}\``,
      has: (/** @type {Program} */ program) => program.form === '' && program.entry === entry,
    })),
    { title: '`./slim`', has: (/** @type {Program} */ { form }) => form === 'slim' },
    { title: '`./js`', has: (/** @type {Program} */ { form }) => form === 'js' },
  ];
}

/**
 * A row's cell: of all programs of the column.
 * @param {Row} row @param {Program[]} programs
 */
function cell({ results, expected = () => WELL }, programs) {
  const cells = programs.map((program) => {
    const wanted = expected(program);
    if (wanted === null) return '–';
    const result = results[program.name] ?? 'it was not run';
    if (wanted === WELL) return result === WELL ? 'ok' : 'failed';
    return /** @type {RegExp} */ (wanted).test(result) ? 'says what to do' : 'failed';
  });
  if (cells.includes('failed')) return 'failed';
  return [...new Set(cells.filter((text) => text !== '–'))].join(', ') || '–';
}

/** @param {Row[]} rows */
function markdown(rows) {
  const head = ['tool', 'version', ...columns().map(({ title }) => title), ''];
  const body = rows.map((row) => [
    row.tool,
    row.version,
    ...columns().map(({ has }) => cell(row, allPrograms().filter(has))),
    row.note ?? '',
  ]);
  const widths = head.map((_title, index) =>
    Math.max(3, ...[head, ...body].map((cells) => cells[index]?.length ?? 0)),
  );
  /** @param {string[]} cells */
  const line = (cells) => `| ${cells.map((text, index) => text.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join(
    '\n',
  );
}

const BEGIN = '<!-- npm run test:packaging -- --write -->';
const END = '<!-- end -->';

/** @param {string} table */
function writeCompatibility(table) {
  const text = readFileSync('docs/compatibility.md', 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new StepError(`docs/compatibility.md has no ${BEGIN} … ${END}`);
  writeFileSync('docs/compatibility.md', `${before}${BEGIN}\n\n${table}\n\n${END}${after}`);
}

const all = Object.keys(apps);

/** What was installed, which the examples' tests share. */
export const removeApps = () => rmSync(WORK, { recursive: true, force: true });

/**
 * @param {string[]} [names] all apps without them
 * @param {{ keep?: boolean }} [flags]
 */
export async function testPackaging(names = all, { keep = false } = {}) {
  await build();
  if (!keep) removeApps();
  /** @type {Map<string, Row[]>} */
  const done = new Map();
  /** @type {string[]} */
  const failures = [];
  // Bundlers compute while the tests in the runtimes mostly wait.
  const lanes = [names.filter((name) => name !== 'runtimes'), names.filter((name) => name === 'runtimes')];
  try {
    await Promise.all(
      lanes.map(async (lane) => {
        for (const name of lane) {
          try {
            done.set(name, await /** @type {() => Promise<Row[]>} */ (apps[name])());
          } catch (error) {
            printError(error);
            failures.push(name);
          }
        }
      }),
    );
  } finally {
    await (await browser)?.close();
  }
  const rows = names.flatMap((name) => done.get(name) ?? []);
  console.log('');
  for (const row of rows) {
    for (const program of allPrograms()) {
      if (cell(row, [program]) !== 'failed') continue;
      failures.push(`${row.tool}: ${program.specifier}`);
      console.error(`${row.tool}: ${program.specifier}: ${row.results[program.name] ?? 'it was not run'}`);
    }
  }
  const table = markdown(rows);
  console.log(`\n${table}\n`);
  const cells = rows.length * allPrograms().length;
  return { cells, failures, write: () => writeCompatibility(table) };
}

command(
  import.meta,
  {
    usage: `npm run test:packaging -- [--write] [--keep] [--verbose] [${all.join('] [')}]`,
    options: { keep: { type: 'boolean' }, write: { type: 'boolean' } },
    positionals: all,
  },
  async (flags, words) => {
    await setupNodeModules();
    if (flags.write && words.length > 0) throw new StepError('--write needs all apps');
    const { failures, write } = await testPackaging(words.length > 0 ? words : all, flags).finally(
      stopScenarioServer,
    );
    if (!flags.keep) removeApps();
    if (failures.length > 0) throw new StepError(`${failures.length} failed: ${failures.join(', ')}`);
    if (flags.write) write();
  },
);
