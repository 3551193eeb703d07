import { copies } from './clipboard';
import { find, make, perFrame } from './dom';
import * as format from './format';
import { toText, type Wire, type WireEntry } from './wire';

/** The maximum number of shown entries: the last ones that match. */
const mostRows = 300;
const pause = 100;

const noMatch = 'No entry matches the filter.';
const noEntry =
  'Send a message in the chat or connect to a feed: everything that is sent and received is listed here.';

/** The wire view: the log, newest last, with a filter. */
export function mountWire(wire: Wire): void {
  const view = find('#wire');
  const list = find('.lines', view);
  const count = find('#wire-count', view);
  const text = find<HTMLInputElement>('#wire-filter', view);
  const kind = find<HTMLSelectElement>('#wire-kind', view);
  const source = find<HTMLSelectElement>('#wire-source', view);
  const expand = find<HTMLInputElement>('#wire-expand', view);
  const hold = find<HTMLButtonElement>('#wire-pause', view);

  /** The entries at the time when the view was paused. */
  let held: WireEntry[] | undefined;
  const opened = new WeakSet<WireEntry>();

  const matching = (): WireEntry[] => {
    const words = text.value.trim().toLowerCase();
    return (held ?? wire.entries).filter(
      (entry) =>
        (kind.value === '' || entry.kind === kind.value) &&
        (source.value === '' || entry.source === source.value) &&
        (words === '' || `${entry.summary}\n${entry.details ?? ''}`.toLowerCase().includes(words)),
    );
  };

  const draw = perFrame(() => {
    if (view.hidden) return;
    const entries = matching();
    const shown = entries.slice(-mostRows);
    const before = new Map([...list.children].map((row) => [entryOf.get(row), row]));
    list.replaceChildren(...shown.map((entry) => reuse(before.get(entry), entry)));
    list.dataset.empty = (held ?? wire.entries).length === 0 ? noEntry : noMatch;
    const all = `${format.count(entries.length)} ${entries.length === 1 ? 'entry' : 'entries'}`;
    count.textContent = shown.length < entries.length ? `The last ${mostRows} of ${all}` : all;
  }, pause);

  const entryOf = new WeakMap<Element, WireEntry>();
  const isExpanded = new WeakMap<Element, boolean>();
  const reuse = (row: Element | undefined, entry: WireEntry): Element => {
    if (row && isExpanded.get(row) === expand.checked) return row;
    const made = renderEntry(entry, expand.checked, opened);
    entryOf.set(made, entry);
    isExpanded.set(made, expand.checked);
    return made;
  };

  wire.onchange = draw;
  new MutationObserver(draw).observe(view, { attributeFilter: ['hidden'] });
  for (const control of [text, kind, source, expand]) control.addEventListener('input', draw);
  hold.addEventListener('click', () => {
    held = held ? undefined : [...wire.entries];
    hold.setAttribute('aria-pressed', String(held !== undefined));
    draw();
  });
  find('#wire-clear', view).addEventListener('click', () => {
    if (held) held = [];
    wire.clear();
  });
  copies(find<HTMLButtonElement>('#wire-copy', view), () => toText(matching()));
  find('#wire-export', view).addEventListener('click', () => {
    const file = new Blob([JSON.stringify(matching(), null, 2)], { type: 'application/json' });
    const link = make('a', { href: URL.createObjectURL(file), download: 'wire.json' });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
  draw();
}

function renderEntry(entry: WireEntry, isExpanded: boolean, opened: WeakSet<WireEntry>): HTMLElement {
  const { at, source, attempt, kind, summary, details, data } = entry;
  const row = make('li', { class: 'wire', 'data-testid': 'wire-entry', 'data-kind': kind });
  const head = [
    make('span', { class: 'at' }, `${(at / 1000).toFixed(3)} s`),
    make('span', { class: 'source' }, `${source} #${attempt}`),
    make('span', { class: 'kind' }, kind),
    make('span', { class: 'summary', dir: 'auto' }, summary),
  ];
  if (details === undefined) {
    row.append(make('div', { class: 'head' }, ...head));
    return row;
  }
  const block = make('details', {}, make('summary', { class: 'head' }, ...head));
  // Events are open because they are short and the most interesting. All others open on demand.
  block.open = kind === 'event' || opened.has(entry);
  const content = isExpanded && kind === 'event' ? pretty(data ?? '', details) : details;
  block.append(make('pre', { dir: 'auto' }, content || '(no headers)'));
  block.addEventListener('toggle', () => {
    if (block.open) opened.add(entry);
    else opened.delete(entry);
  });
  row.append(block);
  return row;
}

/** Formats JSON in several lines. Any other text is returned unchanged. */
function pretty(data: string, raw: string): string {
  try {
    return JSON.stringify(JSON.parse(data), null, 2);
  } catch {
    return raw;
  }
}
