/**
 * For Svelte: `import { useEventSource } from 'eventsource-wasm/svelte'`.
 *
 * @module
 */

export type { EventSourceControls, EventSourceState, UseEventSourceInit } from './hooks/source-store.js';
export { type EventSourceReadable, useEventSource } from './hooks/svelte.js';
