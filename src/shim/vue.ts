/**
 * For Vue: `import { useEventSource, useCompletion } from 'eventsource-wasm/vue'`.
 *
 * @module eventsource-wasm/vue
 */

export type { CompletionState, UseCompletionInit } from './hooks/completion-store.js';
export type { EventSourceControls, EventSourceState, UseEventSourceInit } from './hooks/source-store.js';
export { type UseCompletionReturn, useCompletion } from './hooks/use-completion-vue.js';
export { type EventSourceRefs, useEventSource } from './hooks/vue.js';
