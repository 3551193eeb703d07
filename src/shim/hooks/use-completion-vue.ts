/** `useCompletion` for Vue. */

import {
  type ComputedRef,
  computed,
  type MaybeRefOrGetter,
  onScopeDispose,
  shallowRef,
  toValue,
  watch,
} from 'vue';
import { type CompletionState, CompletionStore, type UseCompletionInit } from './completion-store.js';
import { whenMounted } from './mounting-vue.js';

/** The state of the answer as refs, with functions that control it. */
export type UseCompletionReturn<Output = unknown> = {
  [Name in keyof CompletionState<Output>]: ComputedRef<CompletionState<Output>[Name]>;
} & {
  /** Ends the request. The partial answer is kept. */
  stop(): void;
  /** Sends the request again, with the latest options. */
  regenerate(): void;
};

/**
 * Sends the request when the component is mounted, and ends it when its scope ends. The refs change at most once per
 * frame. A new URL or `key` sends the request again. Other options are read when a request is sent. Without a URL
 * (`null`) there is no request.
 *
 * @example
 * const { text, status, error, stop, regenerate } = useCompletion('/api/chat', () => ({
 *   body: { messages: messages.value },
 *   key: messages.value.length,
 * }));
 */
export function useCompletion<Output = unknown>(
  url: MaybeRefOrGetter<string | URL | null | undefined>,
  init: MaybeRefOrGetter<UseCompletionInit<Output>> = {},
): UseCompletionReturn<Output> {
  const store = new CompletionStore<Output>();
  const state = shallowRef(store.state);
  const unsubscribe = store.subscribe(() => {
    state.value = store.state;
  });
  let isOver = false;
  const regenerate = () => {
    if (isOver) return;
    const address = toValue(url);
    if (address == null) store.clear();
    else store.ask(address, toValue(init));
  };
  // Two sources, because an array made by a getter is new whenever anything in `init` changes.
  whenMounted(() =>
    watch([() => `${toValue(url) ?? ''}`, () => toValue(init).key], regenerate, { immediate: true }),
  );
  onScopeDispose(() => {
    isOver = true;
    unsubscribe();
    store.clear();
  });
  const member = <Name extends keyof CompletionState<Output>>(name: Name) =>
    computed(() => state.value[name]);
  return {
    status: member('status'),
    text: member('text'),
    reasoning: member('reasoning'),
    parts: member('parts'),
    object: member('object'),
    error: member('error'),
    result: member('result'),
    stop: store.stop,
    regenerate,
  };
}
