import { SharedEventSource } from 'eventsource-wasm/shared';
import { exchange } from './exchange.js';

// It shares only GET, and a stream that isn't asked for again is complete at its end.
export const run = (url) => exchange(SharedEventSource, url, { reconnect: false });
