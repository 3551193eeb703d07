/** Stores the state of each view in the URL, such as `#feed?method=POST&url=…`, so that links reproduce it. */

const states = new Map<string, URLSearchParams>();

/** Reads the view and its state from the URL. */
export function readLink(): { view: string; state: URLSearchParams } {
  const [view = '', query = ''] = location.hash.slice(1).split(/\?(.*)/s);
  return { view, state: new URLSearchParams(query) };
}

/** Stores the state of a view, also in the URL if the view is visible. Empty values are left out. */
export function writeState(view: string, values: Record<string, string>): void {
  states.set(view, new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '')));
  const shown = readLink().view;
  if (shown === view || (shown === '' && view === 'chat' && states.get(view)?.size)) showView(view);
}

/** Writes a view and its state into the URL. */
export function showView(view: string): void {
  const state = `${states.get(view) ?? ''}`;
  const hash = `#${view}${state && `?${state}`}`;
  if (location.hash !== hash) history.replaceState(null, '', hash);
}
