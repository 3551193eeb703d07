/**
 * The largest size of each entry, after bundling, minifying and brotli, without the files that are loaded when they are
 * needed. Ceilings only go down.
 */
import { readFileSync } from 'node:fs';

const bytes = {
  'eventsource-wasm': 23800,
  'eventsource-wasm/polyfill': 23700,
  'eventsource-wasm/fetch-event-source': 19500,
  'eventsource-wasm/stream': 22900,
  'eventsource-wasm/llm': 31000,
  'eventsource-wasm/testing': 5700,
  'eventsource-wasm/shared': 26600,
  'eventsource-wasm/react': 28600,
  'eventsource-wasm/vue': 28800,
  'eventsource-wasm/svelte': 28500,
  'eventsource-wasm/slim': 12700,
  'eventsource-wasm/slim/polyfill': 12700,
  'eventsource-wasm/slim/fetch-event-source': 8500,
  'eventsource-wasm/slim/stream': 11900,
  'eventsource-wasm/slim/llm': 19900,
  'eventsource-wasm/slim/shared': 15500,
  'eventsource-wasm/slim/react': 17500,
  'eventsource-wasm/slim/vue': 17600,
  'eventsource-wasm/slim/svelte': 17500,
  'eventsource-wasm/js': 27700,
  'eventsource-wasm/js/polyfill': 27700,
  'eventsource-wasm/js/fetch-event-source': 23500,
  'eventsource-wasm/js/stream': 26800,
  'eventsource-wasm/js/llm': 35000,
  'eventsource-wasm/js/shared': 30600,
  'eventsource-wasm/js/react': 32700,
  'eventsource-wasm/js/vue': 32700,
  'eventsource-wasm/js/svelte': 32400,
};

/** Files as they are. */
const files = {
  'dist/global.js': 23700,
  'dist/global-js.js': 27700,
  'dist/core.wasm': 10700,
};

/** Parts of `eventsource-wasm/llm`. */
const parts = {
  '{ createCompletion, openaiChat }': 26100,
  '{ completion, openaiChat }': 26200,
  '{ completion, openaiResponses }': 26200,
  '{ completion, anthropic }': 25800,
  '{ completion, google }': 25900,
  '{ completion, aiSdk }': 25700,
  '{ completion, cohere }': 25500,
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
  withLimit({ name: 'the core: module and glue', path: 'src/shim/wasm/load.ts' }, 12800),
  ...Object.entries(parts).map(([names, limit]) => {
    const name = 'eventsource-wasm/llm';
    return withLimit({ name: `${name}: ${names}`, path: entry(name), import: names }, limit);
  }),
  ...Object.entries(files).map(([path, limit]) => withLimit({ name: path, path }, limit)),
];
