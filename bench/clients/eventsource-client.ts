/** The loop of the package eventsource-client. */

import { createEventSource } from 'eventsource-client';
import { ofLoop } from './client.js';

export { firstEvent } from './client.js';
export const client = ofLoop(
  'eventsource-client',
  'loop',
  (url, signal) => {
    const source = createEventSource({ url });
    signal.addEventListener('abort', () => source.close());
    return source;
  },
  ({ data }) => data,
);
