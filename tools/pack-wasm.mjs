/**
 * Makes the module and its glue small. Input: the output of bindgen. Output: the module without unused code and with
 * short names, the glue with these names, and the module as text that compresses well.
 */
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { withNames, withoutFeatures } from './patch-generated.mjs';
import { npmBin, run, StepError } from './run.mjs';

/**
 * Makes the glue of a module, without these features. Without `reference-types`, bindgen stores objects in a JavaScript
 * array instead of a table, whose functions would take 0.4 kB after brotli.
 * @param {string} bindgen @param {string} wasm @param {string} out a folder
 */
export function runBindgen(bindgen, wasm, out, unwanted = ['reference-types']) {
  mkdirSync(out, { recursive: true });
  writeFileSync(`${out}/plain.wasm`, withoutFeatures(readFileSync(wasm), unwanted));
  return run(bindgen, [`${out}/plain.wasm`, out]);
}

/**
 * @param {{ glue: string, wasm: string, work: string, features: string[], optimizations: string[], out: string }} paths
 *   `work` is a folder; `out` is the module's file
 * @returns {Promise<string>} the glue
 */
export async function packWasm({ glue, wasm, work, features, optimizations, out }) {
  const used = [...new Set([...glue.matchAll(/\bwasm\.(\w+)/g)].map(([, name]) => name))];
  const graph = [
    { name: 'glue', root: true, reaches: used },
    ...used.map((name) => ({ name, export: name })),
  ];
  writeFileSync(`${work}/graph.json`, JSON.stringify(graph));
  const options = ['--mvp-features', ...features.map((feature) => `--enable-${feature}`)];
  await run(npmBin('wasm-dis'), [...options, wasm, '--output', `${work}/all.wat`]);
  const wat = withFirstObject(readFileSync(`${work}/all.wat`, 'utf8'), glue);
  writeFileSync(`${work}/called.wat`, withoutUncalled(wat));
  await run(npmBin('wasm-metadce'), [
    ...options,
    `--graph-file=${work}/graph.json`,
    `${work}/called.wat`,
    '--output',
    `${work}/used.wasm`,
  ]);
  await run(npmBin('wasm-opt'), [
    ...options,
    ...optimizations,
    '--reorder-functions',
    '--strip-debug',
    '--strip-producers',
    '--strip-target-features',
    `${work}/used.wasm`,
    '--output',
    `${work}/optimized.wasm`,
  ]);
  const { stdout } = await run(npmBin('wasm-opt'), [
    ...options,
    '--minify-imports-and-exports-and-modules',
    `${work}/optimized.wasm`,
    '--output',
    out,
  ]);
  /** @type {{ imports: [module: string, from: string, to: string][], exports: [from: string, to: string][] }} */
  const { imports, exports } = JSON.parse(stdout);
  return withNames(
    glue,
    new Map(imports.map(([, from, to]) => [from, to])),
    new Map(exports.map(([from, to]) => [from, to])),
  );
}

const FIRST_OBJECT =
  /^ \(import "__wbindgen_externref_xform__" "__wbindgen_externref_statics_end" \(func (\$"[^"]*") \(result i32\)\)\)\n/m;

/** Replaces the import of the first index of the glue's array by a constant. @param {string} wat @param {string} glue */
function withFirstObject(wat, glue) {
  const [line, name] = FIRST_OBJECT.exec(wat) ?? [];
  const [, index] = /if \(idx < (\d+)\) return/.exec(glue) ?? [];
  if (!line || !index) throw new StepError("the module or its glue doesn't know the array's first index");
  return wat.replace(line, '').replace(/\)\s*$/, ` (func ${name} (result i32) (i32.const ${index}))\n)\n`);
}

/**
 * Functions in the table that are never called through it: wasm-bindgen needed them there only to find the parameters
 * of closures, and this package never switches stacks (JSPI). They are half of the table's functions, each with its own
 * type.
 */
const UNCALLED = /^\$"[^"]*::(closures::_::invoke::<|futures::jspi::)/;

/** Replaces these functions in the table by another one, so that they can be removed. @param {string} wat */
function withoutUncalled(wat) {
  let count = 0;
  const without = wat.replace(/^ \(elem .*$/m, (segment) => {
    const names = segment.match(/\$"[^"]*"/g) ?? [];
    const called = names.find((name) => !UNCALLED.test(name));
    return segment.replace(/\$"[^"]*"/g, (name) => {
      if (!called || !UNCALLED.test(name)) return name;
      count++;
      return called;
    });
  });
  if (count === 0) throw new StepError('the table has no function that is never called');
  return without;
}

/**
 * Makes a JavaScript module with these bytes as text. Hexadecimal digits keep the repetitions that compressors look
 * for, unlike base64: 6 % more than the bytes after brotli, instead of 30 %. `src/shim/wasm/source.ts` decodes them.
 * @param {Buffer} bytes
 */
export const toText = (bytes, type = '') => `export const wasmHex${type} = '${bytes.toString('hex')}';\n`;
