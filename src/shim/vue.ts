/**
 * For Vue: `import { useEventSource } from 'eventsource-wasm/vue'`.
 *
 * @module
 */

export type { EventSourceControls, EventSourceState, UseEventSourceInit } from './hooks/source-store.js';
export { type EventSourceRefs, useEventSource } from './hooks/vue.js';
