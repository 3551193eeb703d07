/**
 * The largest size of each entry, after bundling, minifying and brotli, without the files that are loaded when they are
 * needed. A ceiling goes up only with a feature or a fix.
 */
import { readFileSync } from 'node:fs';

const bytes = {
  'eventsource-wasm': 21400,
  'eventsource-wasm/polyfill': 21400,
  'eventsource-wasm/fetch-event-source': 17200,
  'eventsource-wasm/stream': 20700,
  'eventsource-wasm/llm': 30600,
  'eventsource-wasm/testing': 5900,
  'eventsource-wasm/shared': 24400,
  'eventsource-wasm/react': 27000,
  'eventsource-wasm/vue': 27100,
  'eventsource-wasm/svelte': 26800,
  'eventsource-wasm/slim': 13100,
  'eventsource-wasm/slim/polyfill': 13100,
  'eventsource-wasm/slim/fetch-event-source': 8900,
  'eventsource-wasm/slim/stream': 12400,
  'eventsource-wasm/slim/llm': 22300,
  'eventsource-wasm/slim/shared': 16100,
  'eventsource-wasm/slim/react': 18700,
  'eventsource-wasm/slim/vue': 18700,
  'eventsource-wasm/slim/svelte': 18450,
  'eventsource-wasm/js': 25200,
  'eventsource-wasm/js/polyfill': 25100,
  'eventsource-wasm/js/fetch-event-source': 20800,
  'eventsource-wasm/js/stream': 24500,
  'eventsource-wasm/js/llm': 34300,
  'eventsource-wasm/js/shared': 28200,
  'eventsource-wasm/js/react': 30700,
  'eventsource-wasm/js/vue': 30800,
  'eventsource-wasm/js/svelte': 30600,
};

/** Files as they are. */
const files = {
  'dist/global.js': 21400,
  'dist/global-js.js': 25100,
  'dist/core.wasm': 7900,
};

/** Parts of `eventsource-wasm/llm`. */
const parts = {
  '{ createCompletion, openaiChat }': 24600,
  '{ completion, openaiChat }': 24500,
  '{ completion, openaiResponses }': 24500,
  '{ completion, anthropic }': 24000,
  '{ completion, google }': 24100,
  '{ completion, aiSdk }': 24200,
  '{ completion, cohere }': 23700,
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
