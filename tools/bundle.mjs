/** Runs esbuild, for the build and the tests. */
// @ts-check
import { root, StepError } from './run.mjs';
import { WASM2JS_OUT } from './variants.mjs';

/** The oldest language version and browser that the output supports. */
export const TARGET = ['es2022', 'safari16'];

/**
 * An esbuild plugin that replaces the files that src/shim/wasm/load.ts imports by those of a build variant.
 * @param {Pick<import('./variants.mjs').Variant, 'name' | 'source' | 'wasm' | 'isWasm2js'> & { generated?: string }} variant
 * @returns {import('esbuild').Plugin}
 */
export function inVariant({
  name,
  source,
  wasm,
  isWasm2js,
  generated = isWasm2js ? WASM2JS_OUT : undefined,
}) {
  return {
    name,
    setup({ onResolve }) {
      if (source) {
        onResolve({ filter: /^\.\/source\.js$/ }, ({ importer }) =>
          importer.endsWith('/load.ts') ? { path: `${root}/src/shim/wasm/${source}.ts` } : undefined,
        );
      }
      if (generated) {
        onResolve({ filter: /^\.\/generated\/\w+\.js$/ }, ({ path }) => ({
          path: path.replace('./generated', `${root}/${generated}`),
        }));
      }
      onResolve({ filter: /^\.\/core\.wasm$/ }, () => ({ path: wasm ?? '', external: true }));
    },
  };
}

/**
 * Runs esbuild. Its errors become a StepError.
 * @param {import('esbuild').BuildOptions} options
 */
export async function bundle(options) {
  const esbuild = await import('esbuild');
  try {
    await esbuild.build({
      bundle: true,
      sourcemap: true,
      target: TARGET,
      logLevel: 'silent',
      absWorkingDir: root,
      ...options,
    });
  } catch (error) {
    const { errors } = /** @type {import('esbuild').BuildFailure} */ (error);
    if (!errors) throw error;
    const messages = await esbuild.formatMessages(errors, { kind: 'error', color: process.stdout.isTTY });
    throw new StepError(`esbuild can't bundle ${Object.values(options.entryPoints ?? {}).join(', ')}`, {
      output: messages.join(''),
    });
  }
}
