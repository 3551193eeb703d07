/** Makes a class conform to Web IDL. */

/**
 * Defines the constants on the class and its prototype, makes the standard's members enumerable, and sets the names,
 * which a minifier may have changed.
 */
export function defineInterface(EventSource: { prototype: object }, constants: Record<string, number>): void {
  const { prototype } = EventSource;
  const define = Object.defineProperty;
  for (const target of [EventSource, prototype]) {
    for (const [name, value] of Object.entries(constants)) {
      define(target, name, { value, enumerable: true, writable: false, configurable: false });
    }
  }
  for (const name of ['url', 'withCredentials', 'readyState', 'onopen', 'onmessage', 'onerror', 'close']) {
    define(prototype, name, { enumerable: true });
  }
  define(prototype, Symbol.toStringTag, { value: 'EventSource', configurable: true });
  // Code written for the package eventsource detects the option `fetch` with this.
  define(EventSource, Symbol.for('eventsource.supports-fetch-override'), { value: true });
  define(EventSource, 'name', { value: 'EventSource', configurable: true });
}
