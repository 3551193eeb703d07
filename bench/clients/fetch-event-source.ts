/** This package's `fetchEventSource`. */

import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { ofFunction } from './client.js';

export { firstEvent } from './client.js';
export const client = ofFunction('eventsource-wasm/fetch-event-source', fetchEventSource);
