import { SharedEventSource } from 'eventsource-wasm/shared';
import { exchange } from './exchange.js';

// SharedEventSource supports only GET. Without reconnection, the end of the stream fires `close`.
export const run = (url) => exchange(SharedEventSource, url, { reconnect: false });
