/** This package's loop over events. */

import { events } from 'eventsource-wasm/stream';
import { ofLoop } from './client.js';

export { firstEvent } from './client.js';
export const client = ofLoop(
  'eventsource-wasm/stream, events()',
  'loop',
  (url, signal) => events(url, { signal }),
  ({ data }) => data,
);
