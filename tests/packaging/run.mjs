/**
 * `npm run test:packaging`: tests the packed package in bundlers, frameworks and runtimes. Each app in the folder apps
 * has a check.mjs, which returns rows of the table. `-- vite next` runs only these apps; `--write` writes the table
 * into docs/compatibility.md; `--keep` keeps the installed apps for the next run.
 */
// @ts-check
import { existsSync, readdirSync } from 'node:fs';
import { npmRun } from '../../tools/packages.mjs';
import { command, printError, StepError } from '../../tools/run.mjs';
import { stopScenarioServer } from '../support/scenario-server.mjs';

/** @typedef {import('./table.mjs').Row} Row */

const APPS = 'tests/packaging/apps';
const all = readdirSync(APPS).filter((name) => existsSync(`${APPS}/${name}/check.mjs`));

/**
 * @param {string[]} [names]
 * @param {{ keep?: boolean }} [flags]
 */
export async function testPackaging(names = all, { keep = false } = {}) {
  await npmRun('build:package');
  // Imported only after the npm packages are installed and the package is built.
  const { removeApps } = await import('./install.mjs');
  const { closeChromium } = await import('./chromium.mjs');
  const { cell, markdown, writeTable } = await import('./table.mjs');
  const { allPrograms } = await import('./programs.mjs');
  if (!keep) removeApps();
  /** @type {Map<string, Row[]>} */
  const done = new Map();
  /** @type {string[]} */
  const failures = [];
  const runtimes = names.filter((name) => name === 'runtimes');
  const bundlers = names.filter((name) => name !== 'runtimes');
  try {
    // Two bundlers at a time, because installing them mostly waits, and beside them the runtimes.
    await Promise.all(
      [runtimes, bundlers, bundlers].map(async (waiting) => {
        for (let name = waiting.shift(); name; name = waiting.shift()) {
          try {
            done.set(name, await (await import(`./apps/${name}/check.mjs`)).check());
          } catch (error) {
            printError(error);
            failures.push(name);
          }
        }
      }),
    );
  } finally {
    await closeChromium();
  }
  const rows = names.flatMap((name) => done.get(name) ?? []);
  console.log('');
  for (const row of rows) {
    for (const program of allPrograms()) {
      if (cell(row, [program]) !== 'failed') continue;
      failures.push(`${row.tool}: ${program.specifier}`);
      console.error(`${row.tool}: ${program.specifier}: ${row.results[program.name] ?? 'it was not run'}`);
    }
  }
  const table = markdown(rows);
  console.log(`\n${table}\n`);
  const cells = rows.length * allPrograms().length;
  const counts = { passed: cells - failures.length, failed: failures.length, skipped: 0 };
  return { counts, failures, write: () => writeTable(table) };
}

command(
  import.meta,
  {
    usage: `npm run test:packaging -- [--write] [--keep] [--verbose] [${all.join('] [')}]`,
    options: { keep: { type: 'boolean' }, write: { type: 'boolean' } },
    positionals: all,
  },
  async (flags, words) => {
    if (flags.write && words.length > 0) throw new StepError('--write needs all apps');
    const { failures, write } = await testPackaging(words.length > 0 ? words : all, flags).finally(
      stopScenarioServer,
    );
    if (!flags.keep) (await import('./install.mjs')).removeApps();
    if (failures.length > 0) throw new StepError(`${failures.length} failed: ${failures.join(', ')}`);
    if (flags.write) write();
  },
);
