/** Vitest with happy-dom and jsdom, and the tests of docs/testing.md. */
// @ts-check
import { step } from '../../../../tools/run.mjs';
import { install, tool, versionOf } from '../../install.mjs';
import { runDocumented, testing } from '../../reports.mjs';

/** @typedef {import('../../table.mjs').Row} Row */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('vitest');
  const version = versionOf(folder, 'vitest');
  await step('vitest: docs/testing.md', () =>
    runDocumented(folder, ['Vitest', 'msw'], (files, report) =>
      tool(folder, 'vitest', ['run', '--reporter=json', `--outputFile=${report}`, ...files]),
    ),
  );
  const rows = [];
  for (const environment of ['happy-dom', 'jsdom']) {
    const results = await step(`vitest: ${environment}`, () =>
      testing(folder, 'vitest', ['run', '--reporter=json', `--environment=${environment}`]),
    );
    rows.push({ tool: `Vitest, ${environment} ${versionOf(folder, environment)}`, version, results });
  }
  return rows;
}
