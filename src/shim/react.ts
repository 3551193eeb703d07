/**
 * For React: `import { useEventSource } from 'eventsource-wasm/react'`.
 *
 * @module
 */

export { useEventSource } from './hooks/react.js';
export type { EventSourceControls, EventSourceState, UseEventSourceInit } from './hooks/source-store.js';
