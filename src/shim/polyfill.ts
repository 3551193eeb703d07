/**
 * Replaces the global `EventSource`, or adds it where there is none: `import 'eventsource-wasm/polyfill'`.
 *
 * @module eventsource-wasm/polyfill
 */

import { EventSource } from './event-source/event-source.js';

// As Web IDL defines the properties of interfaces.
Object.defineProperty(globalThis, 'EventSource', {
  value: EventSource,
  writable: true,
  enumerable: false,
  configurable: true,
});
