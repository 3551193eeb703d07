/**
 * The largest size of each entry, after bundling, minifying and brotli, without the files that are loaded when they are
 * needed. Ceilings only go down.
 */
import { readFileSync } from 'node:fs';

const bytes = {
  'eventsource-wasm': 23900,
  'eventsource-wasm/polyfill': 23900,
  'eventsource-wasm/fetch-event-source': 19700,
  'eventsource-wasm/stream': 23100,
  'eventsource-wasm/llm': 31300,
  'eventsource-wasm/testing': 5700,
  'eventsource-wasm/shared': 26700,
  'eventsource-wasm/react': 28900,
  'eventsource-wasm/vue': 29000,
  'eventsource-wasm/svelte': 28800,
  'eventsource-wasm/slim': 12900,
  'eventsource-wasm/slim/polyfill': 12800,
  'eventsource-wasm/slim/fetch-event-source': 8700,
  'eventsource-wasm/slim/stream': 12000,
  'eventsource-wasm/slim/llm': 20300,
  'eventsource-wasm/slim/shared': 15700,
  'eventsource-wasm/slim/react': 17800,
  'eventsource-wasm/slim/vue': 17900,
  'eventsource-wasm/slim/svelte': 17700,
  'eventsource-wasm/js': 27900,
  'eventsource-wasm/js/polyfill': 27900,
  'eventsource-wasm/js/fetch-event-source': 23600,
  'eventsource-wasm/js/stream': 27000,
  'eventsource-wasm/js/llm': 35300,
  'eventsource-wasm/js/shared': 30800,
  'eventsource-wasm/js/react': 32900,
  'eventsource-wasm/js/vue': 33000,
  'eventsource-wasm/js/svelte': 32700,
};

/** Files as they are. */
const files = {
  'dist/global.js': 23900,
  'dist/global-js.js': 27900,
  'dist/core.wasm': 10800,
};

/** Parts of `eventsource-wasm/llm`. */
const parts = {
  '{ createCompletion, openaiChat }': 26400,
  '{ completion, openaiChat }': 26400,
  '{ completion, openaiResponses }': 26500,
  '{ completion, anthropic }': 26100,
  '{ completion, google }': 26200,
  '{ completion, aiSdk }': 26000,
  '{ completion, cohere }': 25800,
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
