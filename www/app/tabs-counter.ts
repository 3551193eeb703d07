import { SharedEventSource } from 'eventsource-wasm/shared';
import { base } from './base';
import { find, make } from './dom';

/** A feed with two events per second. */
const FEED = `${base}feed?rate=2`;

/** The query parameter of tabs that the counter's link opens. */
const PARAMETER = 'tabs';

/**
 * Shows how many tabs share one connection. It connects when the user opens it. Each tab holds the package's lock or
 * waits for it, so the number of locks is the number of tabs.
 */
export function mountTabsCounter(): void {
  const status = make('output', { 'data-testid': 'tabs-status' });
  const another = make(
    'a',
    { href: `?${PARAMETER}#feed`, target: '_blank', rel: 'noopener', 'data-testid': 'tabs-another' },
    'Open another tab',
  );
  const details = make(
    'details',
    { 'data-testid': 'tabs-counter' },
    make('summary', {}, 'One connection for all tabs'),
    make('p', {}, status),
    make('p', {}, another),
  );
  find('#feed .options').append(details);

  let source: SharedEventSource | undefined;
  let isHolder = false;
  const show = async () => {
    const { held = [], pending = [] } = (await navigator.locks?.query()) ?? {};
    const tabs = [...held, ...pending].filter(({ name = '' }) => name.includes(FEED)).length;
    if (!source?.isShared) status.value = 'This browser can’t share a connection here.';
    else if (source.readyState !== 1) status.value = 'Connecting…';
    else {
      const who = isHolder ? 'This tab holds the connection' : 'Another tab holds the connection';
      status.value = `${tabs === 1 ? '1 tab' : `${tabs} tabs`}, 1 connection. ${who}. Event ${source.lastEventId}.`;
    }
  };

  details.addEventListener('toggle', () => {
    source?.close();
    source = undefined;
    if (!details.open) return;
    isHolder = false;
    source = new SharedEventSource(FEED, {
      headers: () => {
        isHolder = true;
        return {};
      },
      onEvent: show,
    });
    source.onopen = show;
    source.onerror = show;
    show();
  });
  details.open = new URLSearchParams(location.search).has(PARAMETER);
}
