/**
 * The entry points of the package, its build variants, and the `exports` of package.json that follow from them. The
 * entry points are those of package.json without a variant: `./name` → `./dist/name.js`.
 *
 *   npm run exports -- --write    writes `exports`, `files` and `sideEffects`; the build checks them
 *
 * A variant is the whole package with another file in place of src/shim/wasm/source.ts. All entries of one variant
 * share one module and one class.
 */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { command, StepError } from './run.mjs';

/**
 * @typedef {object} Variant
 * @property {string} name
 * @property {string} dir where it is built
 * @property {string} [source] what takes the place of src/shim/wasm/source.ts
 * @property {string} [wasm] how its files import the module
 * @property {boolean} [isWasm2js] with the core as JavaScript (wasm2js)
 * @property {boolean} [hasInit] with `init`: src/shim/slim.ts instead of index.ts, or beside it
 */

/** @type {Variant[]} */
export const variants = [
  { name: 'inline', dir: 'dist' },
  { name: 'slim', dir: 'dist/slim', source: 'source-file', hasInit: true },
  { name: 'js', dir: 'dist/js', source: 'source-js', isWasm2js: true },
  { name: 'workerd', dir: 'dist/workerd', source: 'source-static', wasm: '../core.wasm', hasInit: true },
  {
    name: 'edge-light',
    dir: 'dist/edge-light',
    source: 'source-static',
    wasm: '../core.wasm?module',
    hasInit: true,
  },
];

/** @param {string} wanted @returns {Variant} */
const named = (wanted) => /** @type {Variant} */ (variants.find(({ name }) => name === wanted));

/** The classic scripts. */
export const scripts = [
  { variant: named('inline'), output: 'dist/global.js' },
  { variant: named('js'), output: 'dist/global-js.js' },
];

/** The core: the module, and the folder with the glue and the module as text. */
export const OPTIMIZED_WASM = 'build/core.wasm';
export const GENERATED = 'src/shim/wasm/generated';
/** The core as JavaScript. */
export const WASM2JS_OUT = `${GENERATED}/wasm2js`;

/** The package of the tests whose core panics on demand. */
export const PANICKING = {
  name: 'panicking',
  dir: 'build/panicking',
  generated: 'build/panicking/generated',
  entries: ['index', 'stream', 'fetch-event-source'],
};

/** The file that `eventsource-wasm/core.wasm` is. */
export const PACKAGED_WASM = 'dist/core.wasm';

/** The variants that `require` finds, and where: CommonJS made of the variant's modules, with state of its own. */
export const CJS_DIR = 'dist/cjs';
/** @param {Variant} variant */
export const cjsDir = ({ dir }) => dir.replace(/^dist/, CJS_DIR);
export const cjsVariants = variants.filter(({ name }) => ['inline', 'slim', 'js'].includes(name));

/** Conditions under which an entry without a variant, or a slim one, is another variant's. Bytes can't be compiled there. */
const STATIC_CONDITIONS = ['workerd', 'edge-light'];

/** @returns {{ name: string, exports: Record<string, any>, sideEffects: string[], files: string[] }} */
const readManifest = () => JSON.parse(readFileSync('package.json', 'utf8'));

/** Entries without the core: they are the same in every variant, and built once. */
const CORELESS = ['testing'];

/** The names of the entries: `index`, `polyfill`, … Their sources are src/shim/<name>.ts. */
export function entryNames() {
  return Object.values(readManifest().exports).flatMap((target) => {
    const name = /^\.\/dist\/([^/]+)\.js$/.exec(target?.default)?.[1];
    return name ? [name] : [];
  });
}

/** What one variant is made of: the source of each entry and the file it becomes. @param {Variant} variant */
export function entriesOf(variant) {
  const names = entryNames().filter((name) => variant.name === 'inline' || !CORELESS.includes(name));
  const entries = names.map((name) => ({
    name,
    source: `src/shim/${variant.name === 'slim' && name === 'index' ? 'slim' : name}.ts`,
    output: `${variant.dir}/${name}.js`,
  }));
  if (variant.hasInit && variant.name !== 'slim')
    entries.push({ name: 'slim', source: 'src/shim/slim.ts', output: `${variant.dir}/slim.js` });
  return entries;
}

/** What users can import, and the file that most of them get. */
export function packageEntries() {
  const { name, exports } = readManifest();
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : [{ specifier: name + path.slice(1), output: /** @type {string} */ (target.default).slice(2) }],
  );
}

/** The entries that a variant has. @param {string} variant its name in import paths: none, `slim` or `js` */
export const hasEntry = (/** @type {string} */ name, /** @type {string} */ variant) =>
  variant === '' || !CORELESS.includes(name);

/** @param {string} name */
const suffix = (name) => (name === 'index' ? '' : `/${name}`);

function wantedExports() {
  const names = entryNames();
  /** @type {Record<string, any>} */
  const exports = {};
  /** @param {string} name @param {string} variant */
  const conditions = (name, variant) => {
    const file = variant === 'slim' && name === 'index' ? 'slim' : name;
    const types = { require: `./${CJS_DIR}/${file}.d.ts`, default: `./dist/${file}.d.ts` };
    const path = `${variant === 'inline' ? '' : `${variant}/`}${name}.js`;
    const code = {
      // Bundlers, and Node where it can require ES modules: one copy for `import` and `require`.
      module: `./dist/${path}`,
      'module-sync': `./dist/${path}`,
      require: `./${CJS_DIR}/${path}`,
      default: `./dist/${path}`,
    };
    if (variant === 'js' || CORELESS.includes(name)) return { types, ...code };
    return {
      types,
      ...Object.fromEntries(
        STATIC_CONDITIONS.map((condition) => [condition, `./dist/${condition}/${file}.js`]),
      ),
      // React Native's engine has no WebAssembly.
      ...(variant === 'slim' ? {} : { 'react-native': `./dist/js/${name}.js` }),
      ...code,
    };
  };
  for (const name of names) exports[`.${suffix(name)}`] = conditions(name, 'inline');
  for (const variant of ['slim', 'js'])
    for (const name of names.filter((name) => !CORELESS.includes(name)))
      exports[`./${variant}${suffix(name)}`] = conditions(name, variant);
  for (const { output } of scripts) exports[`./${output}`] = `./${output}`;
  exports['./core.wasm'] = `./${PACKAGED_WASM}`;
  exports['./package.json'] = './package.json';
  return exports;
}

/** Files at the package's root for tools that look for files and ignore `exports`: their paths and what they load. */
function stubs() {
  return ['inline', 'slim', 'js'].flatMap((variant) =>
    entryNames()
      .filter((name) => (variant === 'inline' ? name !== 'index' : !CORELESS.includes(name)))
      .map((name) => ({
        path: variant === 'inline' ? `${name}.js` : `${variant}/${name}.js`,
        target: variant === 'inline' ? `./dist/${name}.js` : `../dist/${variant}/${name}.js`,
      })),
  );
}

/** Written at the build; git ignores them. */
export function writeStubs() {
  for (const { path, target } of stubs()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `export * from '${target}';\n`);
    // All variants have the types of the first.
    const types = target.replace(/dist\/slim\/index/, 'dist/slim').replace(/dist\/(slim|js)\//, 'dist/');
    writeFileSync(path.replace(/js$/, 'd.ts'), `export * from '${types}';\n`);
  }
}

export const stubPaths = () => stubs().flatMap(({ path }) => [path, path.replace(/js$/, 'd.ts')]);

/** What of package.json follows from the entries. */
function wantedManifest() {
  const roots = [...new Set(stubPaths().map((path) => path.replace(/\/.*/, '')))];
  return {
    sideEffects: [
      ...variants.flatMap(({ dir }) => [`./${dir}/polyfill.js`, `./${dir}/shared-*.js`]),
      `./${CJS_DIR}/**`,
      './polyfill.js',
      './slim/polyfill.js',
      './js/polyfill.js',
      './src/shim/polyfill.ts',
      ...scripts.map(({ output }) => `./${output}`),
    ],
    exports: wantedExports(),
    files: ['dist', ...roots, 'LICENSE-*', 'CHANGELOG.md'],
  };
}

/** Fails where package.json isn't what its entries make it. */
export function checkExports() {
  const manifest = readManifest();
  for (const [key, wanted] of Object.entries(wantedManifest())) {
    // The order of conditions matters, and so the text is compared.
    if (JSON.stringify(/** @type {any} */ (manifest)[key]) !== JSON.stringify(wanted)) {
      throw new StepError(`"${key}" in package.json isn't complete`, { fix: 'npm run exports -- --write' });
    }
  }
}

command(
  import.meta,
  { usage: 'npm run exports -- [--write]', options: { write: { type: 'boolean' } } },
  async ({ write }) => {
    if (write)
      writeFileSync(
        'package.json',
        `${JSON.stringify({ ...readManifest(), ...wantedManifest() }, null, 2)}\n`,
      );
    checkExports();
  },
);
