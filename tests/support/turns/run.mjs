/**
 * `npm run bench:turns`: measures the cost of a turn between two events in the named browsers, or in all, one after the
 * other (turns.test.ts). Prints a Markdown table for docs/tasks.md.
 */
// @ts-check

import { BROWSER_NAMES } from '../../../tools/browsers.mjs';
import { npmRun } from '../../../tools/packages.mjs';
import { command } from '../../../tools/run.mjs';
import { runInBrowsers } from '../browsers.mjs';
import { stopScenarioServer } from '../scenario-server.mjs';

command(
  import.meta,
  { usage: `npm run bench:turns -- [${BROWSER_NAMES.join('] [')}]`, positionals: BROWSER_NAMES },
  async (_flags, words) => {
    await npmRun('build:package');
    /** @type {Map<string, string[]>} */
    const table = new Map();
    const head = ['µs'];
    try {
      for (const name of words.length > 0 ? words : BROWSER_NAMES) {
        const { results } = await runInBrowsers([name], ['tests/support/turns/turns.test.ts']);
        for (const { browser, global, rows } of /** @type {any[]} */ (results)) {
          head.push(`${browser}, ${global}`);
          for (const [row, value] of Object.entries(rows)) {
            const cells = table.get(row) ?? [];
            while (cells.length < head.length - 2) cells.push('–');
            cells.push(typeof value === 'number' ? value.toFixed(2) : String(value));
            table.set(row, cells);
          }
        }
      }
    } finally {
      await stopScenarioServer();
    }
    console.log(`\n| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}`);
    for (const [row, cells] of table) {
      while (cells.length < head.length - 1) cells.push('–');
      console.log(`| ${[row, ...cells].join(' | ')} |`);
    }
  },
);
