/** The class of the package eventsource. */

import { EventSource } from 'eventsource';
import { ofClass } from './client.js';

export { firstEvent } from './client.js';
export const client = ofClass('eventsource', EventSource);
