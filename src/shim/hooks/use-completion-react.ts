/** `useCompletion` for React. */

import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { type CompletionState, CompletionStore, EMPTY, type UseCompletionInit } from './completion-store.js';

/** The state of the answer, with functions that control it. */
export interface UseCompletionResult<Output = unknown> extends CompletionState<Output> {
  /** Ends the request. The partial answer is kept. */
  stop(): void;
  /** Sends the request again, with the latest options. */
  regenerate(): void;
}

/**
 * Sends the request when the component is mounted, and ends it when it is unmounted. Renders the answer at most once
 * per frame. A new URL or `key` sends the request again. Other options are read when a request is sent. Without a URL
 * (`null`) there is no request. With StrictMode, only one request is sent.
 *
 * @example
 * const { text, status, error, stop, regenerate } = useCompletion('/api/chat', {
 *   body: { messages },
 *   key: messages.length,
 * });
 */
export function useCompletion<Output = unknown>(
  url: string | URL | null | undefined,
  init: UseCompletionInit<Output> = {},
): UseCompletionResult<Output> {
  const latest = useRef(init);
  useEffect(() => {
    latest.current = init;
  });
  const [store] = useState(() => new CompletionStore<Output>());
  const state = useSyncExternalStore(store.subscribe, store.getState, store.getState);
  const address = url == null ? undefined : `${url}`;
  const isMounted = useRef(false);
  const regenerate = useCallback(() => {
    if (!isMounted.current) return;
    if (address === undefined) store.clear();
    else store.ask(address, { ...latest.current, onFinish: (result) => latest.current.onFinish?.(result) });
  }, [store, address]);
  const target = `${init.key} ${address}`;
  useEffect(() => {
    isMounted.current = true;
    store.target = target;
    if (address === undefined) store.clear();
    else store.begin(regenerate);
    return () => {
      isMounted.current = false;
      store.abort();
    };
  }, [store, address, regenerate, target]);
  // The request is sent after the first render.
  const own: CompletionState<Output> = store.target === target ? state : EMPTY;
  const status = own.status === 'idle' && address !== undefined ? 'streaming' : own.status;
  return { ...own, status, stop: store.stop, regenerate };
}
