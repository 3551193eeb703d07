/**
 * Stores for Svelte: `import { completionStore } from 'eventsource-wasm/svelte'`.
 *
 * @module
 */

export type { CompletionState, UseCompletionInit } from './hooks/completion-store.js';
export { completionStore, type SvelteCompletionStore } from './hooks/completion-store-svelte.js';
