/** Jest with and without ES modules, and the tests of docs/testing.md. */
// @ts-check
import { join } from 'node:path';
import { step } from '../../../../tools/run.mjs';
import { install, tool, versionOf } from '../../install.mjs';
import { allPrograms, WELL, writePrograms } from '../../programs.mjs';
import { reportOf, runDocumented, testing } from '../../reports.mjs';

/** @typedef {import('../../table.mjs').Row} Row */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('jest');
  await step('jest: docs/testing.md', () =>
    runDocumented(folder, ['Jest'], (files, report) =>
      tool(folder, 'jest', ['--json', `--outputFile=${report}`, '--env=node', ...files], {
        NODE_OPTIONS: '--experimental-vm-modules',
      }),
    ),
  );
  const results = await step('jest: jsdom', () =>
    testing(folder, 'jest', ['--json', '--env=jest-fixed-jsdom', '--testPathIgnorePatterns=/default/'], {
      NODE_OPTIONS: '--experimental-vm-modules',
    }),
  );
  const version = versionOf(folder, 'jest');
  // No configuration and no flag: CommonJS.
  const plain = join(folder, 'default');
  writePrograms(`${plain}/src`, { cjs: true });
  const byDefault = await step('jest: default configuration', () =>
    testing(folder, 'jest', ['--json', '--rootDir=default']),
  );
  const alone = ['--json', '--rootDir=default'];
  const URLS = JSON.stringify(Object.fromEntries(allPrograms().map(({ name }) => [name, ''])));
  const imported = await step('jest: plain jsdom', () =>
    reportOf(folder, 'jest', [...alone, '--testMatch=**/imports.js', '--env=jsdom'], { URLS }),
  );
  const timers = await step('jest: fake timers', () =>
    testing(folder, 'jest', [...alone, '--testMatch=**/timers.js']),
  );
  return [
    { tool: 'Jest, jsdom', version, results, note: 'with jest-fixed-jsdom' },
    { tool: 'Jest, default configuration', version, results: byDefault, note: '`require`' },
    { tool: 'Jest, plain jsdom', version, results: imported, note: 'imported alone: it has no `fetch`' },
    {
      tool: 'Jest, after fake timers',
      version,
      results: timers,
      expected: (program) => (program.name === 'index' ? WELL : null),
    },
  ];
}
