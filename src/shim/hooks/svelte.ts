/** `useEventSource` for Svelte. */

import {
  type EventSourceControls,
  type EventSourceState,
  SourceStore,
  toAddress,
  type UseEventSourceInit,
} from './source-store.js';

/** A Svelte store with the state of a connection. */
export interface EventSourceReadable extends EventSourceControls {
  subscribe(run: (state: EventSourceState & EventSourceControls) => void): () => void;
}

/**
 * A store that keeps a connection open while it has subscribers. Without a URL (`null`) there is no connection.
 *
 * @param init the options of `EventSource`, and callbacks
 * @example
 * const source = useEventSource('/prices');
 * // in the markup: {$source.data} <button onclick={$source.reopen}>again</button>
 */
export function useEventSource(
  url: string | URL | null | undefined,
  init: UseEventSourceInit = {},
): EventSourceReadable {
  const address = toAddress(url);
  const store = new SourceStore(address, () => init);
  const { close, reopen } = store;
  let subscribers = 0;
  return {
    close,
    reopen,
    subscribe(run) {
      const show = () => run({ ...store.state, close, reopen });
      const unsubscribe = store.subscribe(show);
      if (++subscribers === 1) store.begin(address);
      show();
      let isSubscribed = true;
      return () => {
        if (!isSubscribed) return;
        isSubscribed = false;
        unsubscribe();
        if (--subscribers === 0) store.end();
      };
    },
  };
}
