/** Writes the table of the packaging tests: tools × entries. */
// @ts-check
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { StepError } from '../../tools/run.mjs';
import { allPrograms, entriesForAll, WELL } from './programs.mjs';

/** @typedef {import('./chromium.mjs').Results} Results */
/** @typedef {import('./programs.mjs').Program} Program */
/** @typedef {{ tool: string, version: string, results: Results, expected?: (program: Program) => RegExp | string | null, note?: string }} Row */

/** The columns of the table: one for each entry, and one for each other variant. */
function columns() {
  return [
    ...entriesForAll().map((entry) => ({
      title: `\`.${entry === 'index' ? '' : `/${entry}`}\``,
      has: (/** @type {Program} */ program) => program.variant === '' && program.entry === entry,
    })),
    { title: '`./slim`', has: (/** @type {Program} */ { variant }) => variant === 'slim' },
    { title: '`./js`', has: (/** @type {Program} */ { variant }) => variant === 'js' },
  ];
}

/**
 * A cell: the combined result of all programs of the column.
 * @param {Row} row @param {Program[]} programs
 */
export function cell({ results, expected = () => WELL }, programs) {
  const cells = programs.map((program) => {
    const wanted = expected(program);
    if (wanted === null) return '–';
    const result = results[program.name] ?? 'it was not run';
    if (wanted === WELL) return result === WELL ? 'ok' : 'failed';
    return /** @type {RegExp} */ (wanted).test(result) ? 'says what to do' : 'failed';
  });
  if (cells.includes('failed')) return 'failed';
  return [...new Set(cells.filter((text) => text !== '–'))].join(', ') || '–';
}

/** @param {Row[]} rows */
export function markdown(rows) {
  const head = ['tool', 'version', ...columns().map(({ title }) => title), ''];
  const body = rows.map((row) => [
    row.tool,
    row.version,
    ...columns().map(({ has }) => cell(row, allPrograms().filter(has))),
    row.note ?? '',
  ]);
  const widths = head.map((_title, index) =>
    Math.max(3, ...[head, ...body].map((cells) => cells[index]?.length ?? 0)),
  );
  /** @param {string[]} cells */
  const line = (cells) => `| ${cells.map((text, index) => text.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join(
    '\n',
  );
}

const BEGIN = '<!-- npm run test:packaging -- --write -->';
const END = '<!-- end -->';

/** The document with the table. */
const PAGE = ['docs/compatibility.md', 'README.md'].find(
  (path) => existsSync(path) && readFileSync(path, 'utf8').includes(BEGIN),
);

/** @param {string} table */
export function writeTable(table) {
  const text = PAGE ? readFileSync(PAGE, 'utf8') : '';
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (!PAGE || before === undefined || after === undefined)
    throw new StepError(`no page has ${BEGIN} … ${END}`);
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`);
}
