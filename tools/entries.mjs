/**
 * The entries of the package and the forms in which each is built. In: the entries of package.json without a form,
 * as `./name` → `./dist/name.js`. Out: what is to be built, and the `exports` that follow from it.
 *
 *   npm run exports         checks them (the build does so too)
 *   npm run exports -- --write
 *
 * A form is the whole package with another file in the place of src/shim/wasm/source.ts. All entries of one form
 * share one module and one class.
 */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { command, StepError } from './steps.mjs';

/**
 * @typedef {object} Form
 * @property {string} name
 * @property {string} dir where it is built
 * @property {string} [source] what takes the place of src/shim/wasm/source.ts
 * @property {string} [wasm] how its files import the module
 * @property {boolean} [isTwin] with the core as JavaScript
 * @property {boolean} [hasInit] with `init`: src/shim/slim.ts instead of index.ts, or beside it
 */

/** @type {Form[]} */
export const forms = [
  { name: 'inline', dir: 'dist' },
  { name: 'slim', dir: 'dist/slim', source: 'source-file', hasInit: true },
  { name: 'js', dir: 'dist/js', source: 'source-js', isTwin: true },
  { name: 'workerd', dir: 'dist/workerd', source: 'source-static', wasm: '../core.wasm', hasInit: true },
  {
    name: 'edge-light',
    dir: 'dist/edge-light',
    source: 'source-static',
    wasm: '../core.wasm?module',
    hasInit: true,
  },
];

/** The classic scripts. */
export const scripts = [
  { form: 'inline', output: 'dist/global.js' },
  { form: 'js', output: 'dist/global-js.js' },
];

/** The file that `eventsource-wasm/core.wasm` is. */
export const PACKAGED_WASM = 'dist/core.wasm';

/** The forms that `require` finds, and where: CommonJS made of the form's modules, with state of its own. */
export const CJS_DIR = 'dist/cjs';
/** @param {Form} form */
export const cjsDir = ({ dir }) => dir.replace(/^dist/, CJS_DIR);
export const cjsForms = forms.filter(({ name }) => ['inline', 'slim', 'js'].includes(name));

/** Conditions under which an entry without a form, or a slim one, is another form's. Bytes can't be compiled there. */
const STATIC_CONDITIONS = ['workerd', 'edge-light'];

/** @returns {{ name: string, exports: Record<string, any>, sideEffects: string[], files: string[] }} */
const readManifest = () => JSON.parse(readFileSync('package.json', 'utf8'));

/** Entries without the core: they are the same in every form, and built once. */
const CORELESS = ['testing'];

/** The names of the entries: `index`, `polyfill`, … Their sources are src/shim/<name>.ts. */
export function entryNames() {
  return Object.values(readManifest().exports).flatMap((target) => {
    const name = /^\.\/dist\/([^/]+)\.js$/.exec(target?.default)?.[1];
    return name ? [name] : [];
  });
}

/** What one form is made of: the source of each entry and the file it becomes. @param {Form} form */
export function entriesOf(form) {
  const names = entryNames().filter((name) => form.name === 'inline' || !CORELESS.includes(name));
  const entries = names.map((name) => ({
    name,
    source: `src/shim/${form.name === 'slim' && name === 'index' ? 'slim' : name}.ts`,
    output: `${form.dir}/${name}.js`,
  }));
  if (form.hasInit && form.name !== 'slim')
    entries.push({ name: 'slim', source: 'src/shim/slim.ts', output: `${form.dir}/slim.js` });
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

/** The entries that a form has. @param {string} form its name in import paths: none, `slim` or `js` */
export const hasEntry = (/** @type {string} */ name, /** @type {string} */ form) =>
  form === '' || !CORELESS.includes(name);

/** @param {string} name */
const suffix = (name) => (name === 'index' ? '' : `/${name}`);

function wantedExports() {
  const names = entryNames();
  /** @type {Record<string, any>} */
  const exports = {};
  /** @param {string} name @param {string} form */
  const conditions = (name, form) => {
    const file = form === 'slim' && name === 'index' ? 'slim' : name;
    const types = { require: `./${CJS_DIR}/${file}.d.ts`, default: `./dist/${file}.d.ts` };
    const path = `${form === 'inline' ? '' : `${form}/`}${name}.js`;
    const code = {
      // Bundlers, and Node where it can require ES modules: one copy for `import` and `require`.
      module: `./dist/${path}`,
      'module-sync': `./dist/${path}`,
      require: `./${CJS_DIR}/${path}`,
      default: `./dist/${path}`,
    };
    if (form === 'js' || CORELESS.includes(name)) return { types, ...code };
    return {
      types,
      ...Object.fromEntries(
        STATIC_CONDITIONS.map((condition) => [condition, `./dist/${condition}/${file}.js`]),
      ),
      // React Native's engine has no WebAssembly.
      ...(form === 'slim' ? {} : { 'react-native': `./dist/js/${name}.js` }),
      ...code,
    };
  };
  for (const name of names) exports[`.${suffix(name)}`] = conditions(name, 'inline');
  for (const form of ['slim', 'js'])
    for (const name of names.filter((name) => !CORELESS.includes(name)))
      exports[`./${form}${suffix(name)}`] = conditions(name, form);
  for (const { output } of scripts) exports[`./${output}`] = `./${output}`;
  exports['./core.wasm'] = `./${PACKAGED_WASM}`;
  exports['./package.json'] = './package.json';
  return exports;
}

/** Files at the package's root for tools that look for files and ignore `exports`: their paths and what they load. */
function stubs() {
  return ['inline', 'slim', 'js'].flatMap((form) =>
    entryNames()
      .filter((name) => (form === 'inline' ? name !== 'index' : !CORELESS.includes(name)))
      .map((name) => ({
        path: form === 'inline' ? `${name}.js` : `${form}/${name}.js`,
        target: form === 'inline' ? `./dist/${name}.js` : `../dist/${form}/${name}.js`,
      })),
  );
}

/** Written at the build; git ignores them. */
export function writeStubs() {
  for (const { path, target } of stubs()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `export * from '${target}';\n`);
    // All forms have the types of the first.
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
      ...forms.flatMap(({ dir }) => [`./${dir}/polyfill.js`, `./${dir}/shared-*.js`]),
      `./${CJS_DIR}/**`,
      './polyfill.js',
      './slim/polyfill.js',
      './js/polyfill.js',
      './src/shim/polyfill.ts',
      ...scripts.map(({ output }) => `./${output}`),
    ],
    exports: wantedExports(),
    files: ['dist', ...roots, 'LICENSE-*'],
  };
}

/** Fails where package.json isn't what its entries make it. */
export function checkExports() {
  const manifest = readManifest();
  for (const [key, wanted] of Object.entries(wantedManifest())) {
    // The order of conditions matters, and so the text is compared.
    if (JSON.stringify(/** @type {any} */ (manifest)[key]) !== JSON.stringify(wanted)) {
      throw new StepError(`"${key}" in package.json isn't complete`, { mend: 'npm run exports -- --write' });
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
