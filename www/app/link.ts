/** The state of each view in the URL: `#feed?method=POST&url=…`. A link reproduces what is chosen. */

const states = new Map<string, URLSearchParams>();

/** The view that the URL names, and what it says about it. */
export function readLink(): { view: string; state: URLSearchParams } {
  const [view = '', query = ''] = location.hash.slice(1).split(/\?(.*)/s);
  return { view, state: new URLSearchParams(query) };
}

/** Remembers what is chosen in a view, in the URL too if it is the one that is shown. Empty values are left out. */
export function writeState(view: string, values: Record<string, string>): void {
  states.set(view, new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '')));
  const shown = readLink().view;
  if (shown === view || (shown === '' && view === 'chat' && states.get(view)?.size)) showView(view);
}

/** Names a view in the URL. */
export function showView(view: string): void {
  const state = `${states.get(view) ?? ''}`;
  const hash = `#${view}${state && `?${state}`}`;
  if (location.hash !== hash) history.replaceState(null, '', hash);
}
