/**
 * Puts `EventSource` in the place of the native one, or of none: `import 'eventsource-wasm/polyfill'`.
 *
 * @module
 */

import { EventSource } from './event-source/event-source.js';

// As Web IDL defines the properties of interfaces.
Object.defineProperty(globalThis, 'EventSource', {
  value: EventSource,
  writable: true,
  enumerable: false,
  configurable: true,
});
