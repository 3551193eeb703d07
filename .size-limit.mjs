/**
 * The largest size of each entry, after bundling, minifying and brotli, without the files that are loaded when they are
 * needed. A ceiling that goes up needs a reason in CHANGELOG.md.
 */
import { readFileSync } from 'node:fs';

const bytes = {
  'eventsource-wasm': 20800,
  'eventsource-wasm/polyfill': 20800,
  'eventsource-wasm/fetch-event-source': 16600,
  'eventsource-wasm/stream': 19900,
  'eventsource-wasm/llm': 28500,
  'eventsource-wasm/testing': 5800,
  'eventsource-wasm/shared': 23800,
  'eventsource-wasm/react': 25700,
  'eventsource-wasm/vue': 25900,
  'eventsource-wasm/svelte': 25600,
  'eventsource-wasm/slim': 12700,
  'eventsource-wasm/slim/polyfill': 12700,
  'eventsource-wasm/slim/fetch-event-source': 8500,
  'eventsource-wasm/slim/stream': 11800,
  'eventsource-wasm/slim/llm': 20300,
  'eventsource-wasm/slim/shared': 15700,
  'eventsource-wasm/slim/react': 17700,
  'eventsource-wasm/slim/vue': 17700,
  'eventsource-wasm/slim/svelte': 17500,
  'eventsource-wasm/js': 24600,
  'eventsource-wasm/js/polyfill': 24600,
  'eventsource-wasm/js/fetch-event-source': 20200,
  'eventsource-wasm/js/stream': 23600,
  'eventsource-wasm/js/llm': 32100,
  'eventsource-wasm/js/shared': 27500,
  'eventsource-wasm/js/react': 29500,
  'eventsource-wasm/js/vue': 29600,
  'eventsource-wasm/js/svelte': 29400,
};

/** Files as they are. */
const files = {
  'dist/global.js': 20800,
  'dist/global-js.js': 24500,
  'dist/core.wasm': 7800,
};

/** Parts of `eventsource-wasm/llm`. */
const parts = {
  '{ createCompletion, openaiChat }': 23300,
  '{ completion, openaiChat }': 23200,
  '{ completion, openaiResponses }': 23300,
  '{ completion, anthropic }': 22800,
  '{ completion, google }': 23000,
  '{ completion, aiSdk }': 23000,
  '{ completion, cohere }': 22600,
};

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
/** Without the standard library's sources the module is larger, and no ceiling holds. */
const { buildsStd } = JSON.parse(readFileSync('build/toolchain.json', 'utf8'));

const entry = (name) => exports[name.replace('eventsource-wasm', '.')].default;
const unlisted = Object.entries(exports)
  .filter(([, target]) => typeof target !== 'string')
  .map(([path]) => `eventsource-wasm${path.slice(1)}`)
  .filter((name) => !(name in bytes));
if (unlisted.length > 0) throw new Error(`.size-limit.mjs has no ceiling for ${unlisted.join(', ')}`);

/** @type {import('esbuild').Plugin} */
const withoutLazyFiles = {
  name: 'without lazy files',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^/ }, ({ kind }) => (kind === 'dynamic-import' ? { external: true } : undefined)),
};

const modifyEsbuildConfig = (config) => ({
  ...config,
  plugins: [...(config.plugins ?? []), withoutLazyFiles],
  format: 'esm',
  target: 'es2022',
  loader: { '.wasm': 'copy' },
});

const withLimit = (check, limit) => ({
  ...check,
  modifyEsbuildConfig,
  // `npm run build` only prints the sizes.
  ...(buildsStd && process.env.SIZE_LIMITS !== 'none' ? { limit: `${limit} B` } : {}),
});

export default [
  ...Object.entries(bytes).map(([name, limit]) =>
    withLimit({ name, path: entry(name), ignore: ['react', 'vue'] }, limit),
  ),
  withLimit({ name: 'the core: module and glue', path: 'src/shim/wasm/load.ts' }, 9800),
  ...Object.entries(parts).map(([names, limit]) => {
    const name = 'eventsource-wasm/llm';
    return withLimit({ name: `${name}: ${names}`, path: entry(name), import: names }, limit);
  }),
  ...Object.entries(files).map(([path, limit]) => withLimit({ name: path, path }, limit)),
];
