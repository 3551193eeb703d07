/** This package's class. */

import { EventSource } from 'eventsource-wasm';
import { ofClass } from './client.js';

export { firstEvent } from './client.js';
export const client = ofClass('eventsource-wasm', EventSource);
