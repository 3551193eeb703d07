/** `completionStore`: a Svelte store with a streaming answer. */

import { type CompletionState, CompletionStore, type UseCompletionInit } from './completion-store.js';

/** A readable Svelte store, with functions that control the answer. */
export interface SvelteCompletionStore<Output = unknown> {
  subscribe(run: (state: CompletionState<Output>) => void): () => void;
  /** Ends the request. The partial answer is kept. */
  stop(): void;
  /** Sends the request again, with new options or the same. Without subscribers, the first one sends it. */
  regenerate(init?: UseCompletionInit<Output>): void;
}

/**
 * Sends the request when the store gets its first subscriber, and ends it when the last one unsubscribes. The store is
 * updated at most once per frame.
 *
 * @example
 * const answer = completionStore('/api/chat', { body: { messages } });
 * // in the markup: {$answer.text}
 */
export function completionStore<Output = unknown>(
  url: string | URL,
  init: UseCompletionInit<Output> = {},
): SvelteCompletionStore<Output> {
  const store = new CompletionStore<Output>();
  let latest = init;
  let subscribers = 0;
  const regenerate = (next = latest) => {
    latest = next;
    // Without a subscriber, nothing would end the request.
    if (subscribers > 0) store.ask(url, latest);
  };
  return {
    subscribe(run) {
      if (subscribers++ === 0) regenerate();
      const unsubscribe = store.subscribe(() => run(store.state));
      run(store.state);
      let isSubscribed = true;
      return () => {
        if (!isSubscribed) return;
        isSubscribed = false;
        unsubscribe();
        if (--subscribers === 0) store.clear();
      };
    },
    stop: store.stop,
    regenerate,
  };
}
