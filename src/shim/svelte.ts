/**
 * For Svelte: `import { useEventSource, completionStore } from 'eventsource-wasm/svelte'`.
 *
 * @module eventsource-wasm/svelte
 */

export type { CompletionState, UseCompletionInit } from './hooks/completion-store.js';
export { completionStore, type SvelteCompletionStore } from './hooks/completion-store-svelte.js';
export type { EventSourceControls, EventSourceState, UseEventSourceInit } from './hooks/source-store.js';
export { type EventSourceReadable, useEventSource } from './hooks/svelte.js';
