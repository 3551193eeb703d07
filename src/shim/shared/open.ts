/** Opens a connection for the hooks of React, Vue and Svelte: shared or not. */

import { EventSource } from '../event-source/event-source.js';
import type { EventSourceInit } from '../types.js';
import type { SharedEventSourceInit } from './shared-event-source.js';

/** The options of a hook's connection. */
export type OpenInit =
  | (EventSourceInit & { shared?: false | undefined })
  | (SharedEventSourceInit & {
      /** Share one connection with the other tabs: a `SharedEventSource`. Default: `false`. */
      shared: true;
    });

/**
 * Opens a connection. The code of `SharedEventSource` is loaded for the first shared connection.
 *
 * @throws (rejects with) the exceptions of the constructors
 */
export async function openEventSource(url: string | URL, init: OpenInit): Promise<EventSource> {
  const { shared, ...options } = init;
  if (!shared) return new EventSource(url, options);
  const { SharedEventSource } = await import('./shared-event-source.js');
  return new SharedEventSource(url, options as SharedEventSourceInit);
}
