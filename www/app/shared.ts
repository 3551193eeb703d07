import type { EventSource } from 'eventsource-wasm';

/** The class of `eventsource-wasm/shared`, if the package has that entry. */
export const SharedEventSource: typeof EventSource | undefined = undefined;
