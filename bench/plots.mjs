/** Plots of a report, as SVG. In: its numbers. Out: a text for each plot, by the name of its file. */
// @ts-check
import { parse, View } from 'vega';
import { compile } from 'vega-lite';

/** @typedef {Record<string, string | number | undefined>} Row */

const OURS = '#c2410c';
const OTHERS = '#64748b';

/** @param {import('vega-lite').TopLevelSpec} spec */
export async function plot(spec) {
  const { spec: vega } = compile({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 12,
    config: { font: 'sans-serif', view: { stroke: null }, axis: { labelLimit: 260 } },
    .../** @type {any} */ (spec),
  });
  const view = new View(parse(vega), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

/**
 * Bars side by side, a panel for each engine. Rows have `name`, `value`, `engine`, and perhaps `low` and `high`.
 * @param {{ title: string, axis: string, rows: Row[], isOurs?: (name: string) => boolean, mark?: number }} picture
 *   `mark` is where a line is drawn
 */
export function bars({ title, axis, rows, isOurs = (name) => name.startsWith('eventsource-wasm'), mark }) {
  const data = {
    values: rows.map((row) => ({ ...row, whose: isOurs(String(row.name)) ? 'ours' : 'others' })),
  };
  const y = { field: 'name', type: 'nominal', sort: null, title: null };
  const layers = [
    {
      mark: { type: 'bar', height: { band: 0.7 } },
      encoding: {
        x: { field: 'value', type: 'quantitative', title: axis },
        color: {
          field: 'whose',
          type: 'nominal',
          scale: { domain: ['ours', 'others'], range: [OURS, OTHERS] },
          legend: null,
        },
      },
    },
    {
      mark: { type: 'rule', size: 2 },
      encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
    },
    ...(mark === undefined
      ? []
      : [{ mark: { type: 'rule', strokeDash: [4, 3] }, encoding: { x: { datum: mark } } }]),
  ];
  return plot(
    /** @type {any} */ ({
      title,
      data,
      facet: { row: { field: 'engine', type: 'nominal', title: null, sort: null } },
      spec: { width: 560, encoding: { y }, layer: layers },
      resolve: { scale: { y: 'independent' } },
    }),
  );
}

/**
 * Lines over a count.
 * @param {{ title: string, axis: string, count: string, rows: Row[] }} picture rows have `count`, `value`, `line`, `engine`
 */
export function lines({ title, axis, count, rows }) {
  return plot(
    /** @type {any} */ ({
      title,
      data: { values: rows },
      width: 560,
      height: 260,
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'count', type: 'quantitative', title: count, axis: { format: '~s' } },
        y: { field: 'value', type: 'quantitative', title: axis },
        color: { field: 'line', type: 'nominal', title: null },
        strokeDash: { field: 'engine', type: 'nominal', title: null },
      },
    }),
  );
}
