/**
 * The package's entry points, its build variants, and the `exports` of package.json, which are derived from them. The
 * entry points are read from package.json: those without a variant, `./name` → `./dist/name.js`.
 *
 *   npm run exports -- --write    writes `exports`, `files` and `sideEffects`, which the build checks
 *
 * A variant is the whole package with another file instead of src/shim/wasm/source.ts. All entries of one variant share
 * one module and one class.
 */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { command, StepError } from './run.mjs';

/**
 * @typedef {object} Variant
 * @property {string} name
 * @property {string} dir the output folder
 * @property {string} [source] the file that replaces src/shim/wasm/source.ts
 * @property {string} [wasm] the path by which its files import the module
 * @property {boolean} [isWasm2js] whether the core is JavaScript (wasm2js)
 * @property {boolean} [hasInit] whether it has `init`: src/shim/slim.ts instead of index.ts or in addition
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

/** The tests' build of the package, whose core panics on demand. */
export const PANICKING = {
  name: 'panicking',
  dir: 'build/panicking',
  generated: 'build/panicking/generated',
  entries: ['index', 'stream', 'fetch-event-source'],
};

/** The file of `eventsource-wasm/core.wasm`. */
export const PACKAGED_WASM = 'dist/core.wasm';

/** The variants that users `import` or `require`. Their names are part of the path, except for the first. */
const IMPORTED = ['inline', 'slim', 'js'];
export const cjsVariants = variants.filter(({ name }) => IMPORTED.includes(name));

/** The folder of the CommonJS files, which are converted modules and have their own state. */
export const CJS_DIR = 'dist/cjs';
/** @param {Variant} variant */
export const cjsDir = ({ dir }) => dir.replace(/^dist/, CJS_DIR);

/** Conditions that select another variant for default and slim entries, because bytes can't be compiled there. */
const STATIC_CONDITIONS = ['workerd', 'edge-light'];

/** @returns {{ name: string, exports: Record<string, any>, sideEffects: string[], files: string[] }} */
const readManifest = () => JSON.parse(readFileSync('package.json', 'utf8'));

/** Entries without the core. They are the same in every variant, and built once. */
const CORELESS = ['testing'];

/** The names of a variant's entries: `index`, `polyfill`, … Their sources are src/shim/<name>.ts. */
export function entryNames(variant = 'inline') {
  return Object.values(readManifest().exports)
    .map((target) => /^\.\/dist\/([^/]+)\.js$/.exec(target?.default)?.[1] ?? '')
    .filter((name) => name && (variant === 'inline' || !CORELESS.includes(name)));
}

/** The source of each entry of a variant. @param {Variant} variant */
export function entriesOf({ name: variant, hasInit }) {
  const names = [...entryNames(variant), ...(hasInit && variant !== 'slim' ? ['slim'] : [])];
  const sourceOf = (/** @type {string} */ name) =>
    `src/shim/${variant === 'slim' && name === 'index' ? 'slim' : name}.ts`;
  return Object.fromEntries(names.map((name) => [name, sourceOf(name)]));
}

/** The specifiers that users can import, and the default file of each. */
export function packageEntries() {
  const { name, exports } = readManifest();
  return Object.entries(exports)
    .filter(([, target]) => typeof target !== 'string')
    .map(([path, target]) => ({ specifier: name + path.slice(1), output: target.default.slice(2) }));
}

/** @param {string} variant @param {string} name */
const pathOf = (variant, name) => (variant === 'inline' ? name : `${variant}/${name}`);

/** @param {string} variant @param {string} name */
function conditionsOf(variant, name) {
  const file = variant === 'slim' && name === 'index' ? 'slim' : name;
  const path = `${pathOf(variant, name)}.js`;
  const others = variant === 'js' || CORELESS.includes(name) ? [] : STATIC_CONDITIONS;
  return {
    types: { require: `./${CJS_DIR}/${file}.d.ts`, default: `./dist/${file}.d.ts` },
    ...Object.fromEntries(others.map((condition) => [condition, `./dist/${condition}/${file}.js`])),
    // React Native's engine has no WebAssembly.
    ...(others.length > 0 && variant === 'inline' ? { 'react-native': `./dist/js/${name}.js` } : {}),
    // For bundlers, and for Node versions that can require ES modules: one copy for `import` and `require`.
    module: `./dist/${path}`,
    'module-sync': `./dist/${path}`,
    require: `./${CJS_DIR}/${path}`,
    default: `./dist/${path}`,
  };
}

function wantedExports() {
  const entries = IMPORTED.flatMap((variant) =>
    entryNames(variant).map((name) => [
      `./${pathOf(variant, name)}`.replace(/\/index$/, ''),
      conditionsOf(variant, name),
    ]),
  );
  return {
    ...Object.fromEntries(entries),
    ...Object.fromEntries(scripts.map(({ output }) => [`./${output}`, `./${output}`])),
    './core.wasm': `./${PACKAGED_WASM}`,
    './package.json': './package.json',
  };
}

/** Files at the package's root, for tools that ignore `exports` and look for files. Paths without an extension. */
const stubs = () =>
  IMPORTED.flatMap((variant) => entryNames(variant).map((name) => pathOf(variant, name))).filter(
    (path) => path !== 'index',
  );

/** Writes these files at the build. They are ignored by git. */
export function writeStubs() {
  for (const path of stubs()) {
    const dist = path.includes('/') ? '../dist' : './dist';
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.js`, `export * from '${dist}/${path}.js';\n`);
    // All variants have the types of the first.
    const types = path === 'slim/index' ? 'slim' : path.replace(/.*\//, '');
    writeFileSync(`${path}.d.ts`, `export * from '${dist}/${types}.js';\n`);
  }
}

export const stubPaths = () => stubs().flatMap((path) => [`${path}.js`, `${path}.d.ts`]);

/** The fields of package.json that are derived from the entries. */
function wantedManifest() {
  const roots = [...new Set(stubPaths().map((path) => path.replace(/\/.*/, '')))];
  return {
    sideEffects: [
      ...variants.flatMap(({ dir }) => [`./${dir}/polyfill.js`, `./${dir}/shared-*.js`]),
      `./${CJS_DIR}/**`,
      ...IMPORTED.map((variant) => `./${pathOf(variant, 'polyfill')}.js`),
      './src/shim/polyfill.ts',
      ...scripts.map(({ output }) => `./${output}`),
    ],
    exports: wantedExports(),
    files: ['dist', ...roots, 'LICENSE-*', 'CHANGELOG.md'],
  };
}

/** Throws if a derived field of package.json is out of date. */
export function checkExports() {
  const manifest = readManifest();
  for (const [key, wanted] of Object.entries(wantedManifest())) {
    // Compare the text, because the order of conditions matters.
    if (JSON.stringify(/** @type {any} */ (manifest)[key]) !== JSON.stringify(wanted)) {
      throw new StepError(`"${key}" in package.json isn't complete`, { fix: 'npm run exports -- --write' });
    }
  }
}

command(
  import.meta,
  { usage: 'npm run exports -- [--write]', options: { write: { type: 'boolean' } } },
  async ({ write }) => {
    const manifest = { ...readManifest(), ...wantedManifest() };
    if (write) writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
    checkExports();
  },
);
