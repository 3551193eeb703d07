/**
 * For React: `import { useEventSource, useCompletion } from 'eventsource-wasm/react'`.
 *
 * @module eventsource-wasm/react
 */

export type { CompletionState, UseCompletionInit } from './hooks/completion-store.js';
export { useEventSource } from './hooks/react.js';
export type { EventSourceControls, EventSourceState, UseEventSourceInit } from './hooks/source-store.js';
export { type UseCompletionResult, useCompletion } from './hooks/use-completion-react.js';
