/** `useEventSource` for Vue. */

import { type MaybeRefOrGetter, onScopeDispose, type ShallowRef, shallowRef, toValue, watch } from 'vue';
import { whenMounted } from './mounting-vue.js';
import {
  type EventSourceControls,
  type EventSourceState,
  SourceStore,
  toAddress,
  type UseEventSourceInit,
} from './source-store.js';

/** The state as refs. */
export type EventSourceRefs = {
  readonly [Name in keyof EventSourceState]: Readonly<ShallowRef<EventSourceState[Name]>>;
};

/**
 * Opens a connection when the component is mounted, and closes it when its scope ends. Opens a new one when the URL or
 * `key` changes. Without a URL (`null`), and on a server, there is no connection.
 *
 * @param init the options of `EventSource`, which are read when a connection is opened, and callbacks; or a ref or
 * getter of them
 * @example
 * const { data, readyState, error } = useEventSource(() => `/prices/${props.symbol}`);
 */
export function useEventSource(
  url: MaybeRefOrGetter<string | URL | null | undefined>,
  init: MaybeRefOrGetter<UseEventSourceInit> = {},
): EventSourceRefs & EventSourceControls {
  const address = () => toAddress(toValue(url));
  const store = new SourceStore(address(), () => toValue(init));
  const { data, event, lastEventId, readyState, error } = store.state;
  const refs = {
    data: shallowRef(data),
    event: shallowRef(event),
    lastEventId: shallowRef(lastEventId),
    readyState: shallowRef(readyState),
    error: shallowRef(error),
  };
  store.subscribe(() => {
    for (const name of Object.keys(refs) as (keyof typeof refs)[])
      (refs[name] as ShallowRef<unknown>).value = store.state[name];
  });
  whenMounted(() =>
    watch([address, () => toValue(init).key], ([address]) => store.open(address as string | undefined), {
      immediate: true,
    }),
  );
  onScopeDispose(() => store.end());
  return { ...refs, close: store.close, reopen: store.reopen };
}
