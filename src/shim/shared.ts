/**
 * One connection for all tabs: `import { SharedEventSource } from 'eventsource-wasm/shared'`.
 *
 * @module eventsource-wasm/shared
 */

export { SharedEventSource, type SharedEventSourceInit } from './shared/shared-event-source.js';
