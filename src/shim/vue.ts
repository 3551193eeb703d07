/**
 * Composables for Vue: `import { useCompletion } from 'eventsource-wasm/vue'`.
 *
 * @module
 */

export type { CompletionState, UseCompletionInit } from './hooks/completion-store.js';
export { type UseCompletionReturn, useCompletion } from './hooks/use-completion-vue.js';
