/**
 * The largest size of each entry, after bundling, minifying and brotli, without the files that are loaded when they are
 * needed. Ceilings only go down.
 */
import { readFileSync } from 'node:fs';

const bytes = {
  'eventsource-wasm': 24300,
  'eventsource-wasm/polyfill': 24300,
  'eventsource-wasm/fetch-event-source': 19800,
  'eventsource-wasm/stream': 23300,
  'eventsource-wasm/llm': 31600,
  'eventsource-wasm/testing': 5800,
  'eventsource-wasm/shared': 27200,
  'eventsource-wasm/react': 29500,
  'eventsource-wasm/vue': 29600,
  'eventsource-wasm/svelte': 29400,
  'eventsource-wasm/slim': 13200,
  'eventsource-wasm/slim/polyfill': 13200,
  'eventsource-wasm/slim/fetch-event-source': 8800,
  'eventsource-wasm/slim/stream': 12300,
  'eventsource-wasm/slim/llm': 20500,
  'eventsource-wasm/slim/shared': 16100,
  'eventsource-wasm/slim/react': 18300,
  'eventsource-wasm/slim/vue': 18400,
  'eventsource-wasm/slim/svelte': 18200,
  'eventsource-wasm/js': 28200,
  'eventsource-wasm/js/polyfill': 28200,
  'eventsource-wasm/js/fetch-event-source': 23800,
  'eventsource-wasm/js/stream': 27300,
  'eventsource-wasm/js/llm': 35600,
  'eventsource-wasm/js/shared': 31200,
  'eventsource-wasm/js/react': 33400,
  'eventsource-wasm/js/vue': 33500,
  'eventsource-wasm/js/svelte': 33200,
};

/** Files as they are. */
const files = {
  'dist/global.js': 24300,
  'dist/global-js.js': 28300,
  'dist/core.wasm': 10800,
};

/** Parts of `eventsource-wasm/llm`. */
const parts = {
  '{ createCompletion, openaiChat }': 26800,
  '{ completion, openaiChat }': 26900,
  '{ completion, openaiResponses }': 27000,
  '{ completion, anthropic }': 26600,
  '{ completion, google }': 26700,
  '{ completion, aiSdk }': 26500,
  '{ completion, cohere }': 26300,
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
