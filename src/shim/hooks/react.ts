/** `useEventSource` for React. */

import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import {
  type EventSourceControls,
  type EventSourceState,
  initialState,
  SourceStore,
  toAddress,
  type UseEventSourceInit,
} from './source-store.js';

/**
 * Keeps a connection open while the component is mounted, and opens a new one when the URL or `key` changes. Without a
 * URL (`null`) there is no connection. With StrictMode, only one request is sent.
 *
 * @param init the options of `EventSource`, which are read when a connection is opened, and callbacks, which may be new
 * functions at each render
 * @example
 * const { data, readyState, error } = useEventSource('/prices', { onError: ({ status }) => log(status) });
 */
export function useEventSource(
  url: string | URL | null | undefined,
  init: UseEventSourceInit = {},
): EventSourceState & EventSourceControls {
  const latest = useRef(init);
  useEffect(() => {
    latest.current = init;
  });
  const address = toAddress(url);
  const [store] = useState(() => new SourceStore(address, () => latest.current));
  const state = useSyncExternalStore(store.subscribe, store.getState, store.getState);
  const target = `${init.key} ${address}`;
  useEffect(() => {
    store.target = target;
    store.begin(address);
    return () => store.end();
  }, [store, address, target]);
  const own = store.target === target ? state : initialState(address);
  return { ...own, close: store.close, reopen: store.reopen };
}
