/**
 * Replaces the global `EventSource`, or adds it if there is none: `import 'eventsource-wasm/polyfill'`.
 *
 * @module eventsource-wasm/polyfill
 */

import { EventSource } from './event-source/event-source.js';

// The attributes that Web IDL defines for interfaces.
Object.defineProperty(globalThis, 'EventSource', {
  value: EventSource,
  writable: true,
  enumerable: false,
  configurable: true,
});
