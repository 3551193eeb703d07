/**
 * The largest size of each entry, after bundling, minifying and brotli, without the files that are loaded when they are
 * needed. Ceilings only go down.
 */
import { readFileSync } from 'node:fs';

const bytes = {
  'eventsource-wasm': 21400,
  'eventsource-wasm/polyfill': 21400,
  'eventsource-wasm/fetch-event-source': 17200,
  'eventsource-wasm/stream': 20500,
  'eventsource-wasm/llm': 28600,
  'eventsource-wasm/testing': 5800,
  'eventsource-wasm/shared': 24300,
  'eventsource-wasm/react': 26200,
  'eventsource-wasm/vue': 26200,
  'eventsource-wasm/svelte': 26100,
  'eventsource-wasm/slim': 12700,
  'eventsource-wasm/slim/polyfill': 12700,
  'eventsource-wasm/slim/fetch-event-source': 8500,
  'eventsource-wasm/slim/stream': 11900,
  'eventsource-wasm/slim/llm': 19900,
  'eventsource-wasm/slim/shared': 15500,
  'eventsource-wasm/slim/react': 17400,
  'eventsource-wasm/slim/vue': 17600,
  'eventsource-wasm/slim/svelte': 17300,
  'eventsource-wasm/js': 24900,
  'eventsource-wasm/js/polyfill': 24800,
  'eventsource-wasm/js/fetch-event-source': 20600,
  'eventsource-wasm/js/stream': 24000,
  'eventsource-wasm/js/llm': 32200,
  'eventsource-wasm/js/shared': 27700,
  'eventsource-wasm/js/react': 29700,
  'eventsource-wasm/js/vue': 29800,
  'eventsource-wasm/js/svelte': 29600,
};

/** Files as they are. */
const files = {
  'dist/global.js': 21400,
  'dist/global-js.js': 24900,
  'dist/core.wasm': 8500,
};

/** Parts of `eventsource-wasm/llm`. */
const parts = {
  '{ createCompletion, openaiChat }': 23800,
  '{ completion, openaiChat }': 23700,
  '{ completion, openaiResponses }': 23700,
  '{ completion, anthropic }': 23400,
  '{ completion, google }': 23500,
  '{ completion, aiSdk }': 23300,
  '{ completion, cohere }': 23000,
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
  withLimit({ name: 'the core: module and glue', path: 'src/shim/wasm/load.ts' }, 10400),
  ...Object.entries(parts).map(([names, limit]) => {
    const name = 'eventsource-wasm/llm';
    return withLimit({ name: `${name}: ${names}`, path: entry(name), import: names }, limit);
  }),
  ...Object.entries(files).map(([path, limit]) => withLimit({ name: path, path }, limit)),
];
