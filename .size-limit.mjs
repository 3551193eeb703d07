/**
 * The largest size of each entry, after bundling, minifying and brotli, without the files that are loaded when they are
 * needed. A ceiling goes up only with a feature or a fix.
 */
import { readFileSync } from 'node:fs';

const bytes = {
  'eventsource-wasm': 21600,
  'eventsource-wasm/polyfill': 21600,
  'eventsource-wasm/fetch-event-source': 17300,
  'eventsource-wasm/stream': 20800,
  'eventsource-wasm/llm': 30700,
  'eventsource-wasm/testing': 6000,
  'eventsource-wasm/shared': 24700,
  'eventsource-wasm/react': 27200,
  'eventsource-wasm/vue': 27300,
  'eventsource-wasm/svelte': 27000,
  'eventsource-wasm/slim': 13400,
  'eventsource-wasm/slim/polyfill': 13400,
  'eventsource-wasm/slim/fetch-event-source': 9100,
  'eventsource-wasm/slim/stream': 12600,
  'eventsource-wasm/slim/llm': 22500,
  'eventsource-wasm/slim/shared': 16400,
  'eventsource-wasm/slim/react': 19000,
  'eventsource-wasm/slim/vue': 19000,
  'eventsource-wasm/slim/svelte': 18750,
  'eventsource-wasm/js': 25400,
  'eventsource-wasm/js/polyfill': 25400,
  'eventsource-wasm/js/fetch-event-source': 21000,
  'eventsource-wasm/js/stream': 24500,
  'eventsource-wasm/js/llm': 34500,
  'eventsource-wasm/js/shared': 28400,
  'eventsource-wasm/js/react': 31000,
  'eventsource-wasm/js/vue': 31100,
  'eventsource-wasm/js/svelte': 30800,
};

/** Files as they are. */
const files = {
  'dist/global.js': 21600,
  'dist/global-js.js': 25400,
  'dist/core.wasm': 7900,
};

/** Parts of `eventsource-wasm/llm`. */
const parts = {
  '{ createCompletion, openaiChat }': 24800,
  '{ completion, openaiChat }': 24700,
  '{ completion, openaiResponses }': 24600,
  '{ completion, anthropic }': 24200,
  '{ completion, google }': 24300,
  '{ completion, aiSdk }': 24400,
  '{ completion, cohere }': 23800,
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
  withLimit({ name: 'the core: module and glue', path: 'src/shim/wasm/load.ts' }, 9900),
  ...Object.entries(parts).map(([names, limit]) => {
    const name = 'eventsource-wasm/llm';
    return withLimit({ name: `${name}: ${names}`, path: entry(name), import: names }, limit);
  }),
  ...Object.entries(files).map(([path, limit]) => withLimit({ name: path, path }, limit)),
];
