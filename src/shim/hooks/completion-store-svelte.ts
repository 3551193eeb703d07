/** A store for Svelte with an answer as it streams. */

import { type CompletionState, CompletionStore, type UseCompletionInit } from './completion-store.js';

/** A readable Svelte store, and functions that control the answer. */
export interface SvelteCompletionStore<Output = unknown> {
  subscribe(run: (state: CompletionState<Output>) => void): () => void;
  /** Ends the request; what has arrived stays. */
  stop(): void;
  /** Asks again: with new options, or with the same. */
  regenerate(init?: UseCompletionInit<Output>): void;
}

/**
 * Asks a model when the store gets its first subscriber, and ends the request when it loses its last. The store changes
 * at most once per frame.
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
    store.ask(url, latest);
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
