/** Microsoft's `fetchEventSource`. */

import { fetchEventSource } from '@microsoft/fetch-event-source';
import { ofFunction } from './client.js';

export { firstEvent } from './client.js';
export const client = ofFunction('@microsoft/fetch-event-source', fetchEventSource);
