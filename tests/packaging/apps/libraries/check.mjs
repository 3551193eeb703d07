/** Libraries that use this package in place of their dependency, or through an option. */
// @ts-check
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { run, StepError, step } from '../../../../tools/run.mjs';
import { installApp, pack, versionOf } from '../../install.mjs';
import { SOURCES, WELL } from '../../programs.mjs';
import { lastLine } from '../../reports.mjs';

/** @typedef {import('../../table.mjs').Row} Row */
/** @typedef {import('../../chromium.mjs').Results} Results */
/** @typedef {import('../../programs.mjs').Program} Program */

/** @returns {Promise<Row[]>} */
export async function check() {
  const tarball = await pack();
  const dependents = {
    '@modelcontextprotocol/sdk': ['eventsource', 'eventsource-parser'],
    '@ai-sdk/provider-utils': ['eventsource-parser'],
  };
  // The folders in which npm may install the dependencies.
  const places = Object.entries(dependents).flatMap(([dependent, names]) =>
    names.map((name) => [`${dependent}/node_modules/${name}`, name]),
  );
  /** @param {string} folder */
  const override = (folder) => {
    const path = `${folder}/package.json`;
    const overrides = { eventsource: `file:${tarball}`, 'eventsource-parser': `file:${tarball}` };
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), overrides }));
  };
  const folder = await installApp('libraries', `${SOURCES}/apps/libraries`, override, [
    ...['eventsource-wasm', ...places.flat()],
  ]);
  for (const names of places) {
    const place = names.map((name) => `${folder}/node_modules/${name}`).find((path) => existsSync(path));
    const { name } = JSON.parse(readFileSync(`${place}/package.json`, 'utf8'));
    if (name !== 'eventsource-wasm') throw new StepError(`${place} is ${name}`);
  }
  const { mcp, ai, trpc, tanstack } = await step('libraries', async () =>
    lastLine((await run(process.execPath, ['main.js'], { cwd: folder, timeout: 60_000 })).stdout),
  );
  /** @param {string} title @param {string} name @param {Results} results @param {string} [note] */
  const row = (title, name, results, note) => ({
    tool: title,
    version: versionOf(folder, name),
    results,
    expected: (/** @type {Program} */ program) => (program.name in results ? WELL : null),
    ...(note ? { note } : {}),
  });
  const byOverride = "in place of its dependency, by npm's `overrides`";
  return [
    row('MCP SDK', '@modelcontextprotocol/sdk', /** @type {any} */ (mcp), byOverride),
    row('AI SDK', 'ai', { stream: /** @type {string} */ (ai) }, byOverride),
    row('tRPC', '@trpc/client', { index: /** @type {string} */ (trpc) }, '`httpSubscriptionLink`'),
    row(
      'TanStack Query',
      '@tanstack/query-core',
      { stream: /** @type {string} */ (tanstack) },
      '`streamedQuery`',
    ),
  ];
}
