/**
 * `npm run lint`: every linter and type check. In: the sources. Out: a line for each tool, then the complaints of
 * all that had some; with `--fix` (`npm run format`) what can be mended is mended first.
 */
// @ts-check
import { existsSync } from 'node:fs';
import { build, buildWasm } from './build.mjs';
import { checkReport } from './conformance.mjs';
import { checkLicences } from './licences.mjs';
import { checkMutants } from './mutants.mjs';
import { forWasm, setupLinters, setupNodeModules, setupToolchain } from './setup.mjs';
import { checkSizes } from './size.mjs';
import { command, npmBin, printError, run, StepError, step } from './steps.mjs';

const DENY_WARNINGS = ['--', '--deny', 'warnings'];

/**
 * Runs every tool, whatever the ones before it said.
 * @param {{ fix?: boolean }} [options]
 * @returns {Promise<string[]>} the names of the tools that complained
 */
export async function lint({ fix = false } = {}) {
  await setupNodeModules();
  const toolchain = await setupToolchain();
  await setupLinters(toolchain);
  const { cargo, env, targetDir } = toolchain;
  const wasm = forWasm(toolchain);

  /** @type {{ name: string, error: unknown }[]} */
  const failures = [];
  /** @param {string} name @param {() => Promise<unknown>} tool */
  const check = async (name, tool) => {
    try {
      await tool();
      return true;
    } catch (error) {
      failures.push({ name, error });
      return false;
    }
  };
  /** @param {string} name @param {() => Promise<unknown>} tool */
  const lintStep = (name, tool) => check(name, () => step(`lint: ${name}`, tool));
  /** @param {string} project */
  const types = (project) =>
    lintStep(`tsc ${project}`, () => run(npmBin('tsc'), ['--project', project, '--noEmit']));

  for (const manifest of ['Cargo.toml', 'tests/integration/servers/axum/Cargo.toml']) {
    const check = fix ? [] : ['--', '--check', '--color=never'];
    await lintStep(`rustfmt ${manifest}`, () =>
      run(cargo, ['fmt', '--all', '--manifest-path', manifest, ...check], { env }),
    );
  }
  await lintStep('biome', () =>
    run(npmBin('biome'), [...(fix ? ['check', '--write'] : ['ci']), '--error-on-warnings', '--colors=off']),
  );
  await lintStep('clippy, host', () =>
    run(cargo, ['clippy', '--workspace', '--all-targets', ...DENY_WARNINGS], { env }),
  );
  await lintStep('clippy, fuzz targets', () => {
    const flags = ['--manifest-path', 'fuzz/Cargo.toml', '--target-dir', `${targetDir}/fuzz-check`];
    return run(cargo, ['clippy', '--no-default-features', ...flags, ...DENY_WARNINGS], { env });
  });
  await lintStep('clippy, wasm32', () =>
    run(
      cargo,
      [
        'clippy',
        '--lib',
        '--package',
        'eventsource-wasm-core',
        '--package',
        'eventsource-wasm',
        ...wasm.flags,
        ...DENY_WARNINGS,
      ],
      { env: wasm.env },
    ),
  );
  await lintStep('docs/conformance.md', checkReport);
  await lintStep('LICENSE-THIRD-PARTY', () => checkLicences(fix));
  await lintStep('tests/support/mutants.json', async () => checkMutants());
  // The types of the shim include the generated glue, those of the tests and the page the built package.
  if (await check('build of the wasm', buildWasm)) {
    const shimIsRight = await types('tsconfig.json');
    if (shimIsRight && (await check('build', build))) {
      const projects = [
        'tools/tsconfig.json',
        'tests/tsconfig.json',
        'bench/tsconfig.json',
        'www/tsconfig.json',
      ];
      for (const project of projects.filter((path) => existsSync(path))) await types(project);
      if (toolchain.buildsStd) await lintStep('sizes', checkSizes);
    }
  }

  for (const { name, error } of failures) {
    console.error(`\n── ${name}`);
    printError(error);
  }
  return failures.map(({ name }) => name);
}

command(
  import.meta,
  { usage: 'npm run lint -- [--fix] [--verbose]', options: { fix: { type: 'boolean' } } },
  async ({ fix }) => {
    const failed = await lint({ fix });
    if (failed.length > 0) {
      throw new StepError(
        `lint: ${failed.join(', ')}`,
        fix ? {} : { mend: 'npm run format mends what it can' },
      );
    }
  },
);
