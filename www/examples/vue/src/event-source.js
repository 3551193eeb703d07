import { EventSource } from 'eventsource-wasm';
import { onMounted, onScopeDispose, ref, shallowRef } from 'vue';

/** Holds a connection while the component is mounted. */
export function useEventSource(url, { onMessage, ...init }) {
  const readyState = ref(EventSource.CONNECTING);
  const error = shallowRef();
  let source;

  function show() {
    readyState.value = source.readyState;
  }

  // Not while the page is rendered on a server.
  onMounted(() => {
    source = new EventSource(url, init);
    source.onopen = show;
    source.onmessage = onMessage;
    source.onerror = (event) => {
      error.value = event;
      show();
    };
    source.addEventListener('close', show);
  });
  onScopeDispose(() => source?.close());

  return { readyState, error };
}
