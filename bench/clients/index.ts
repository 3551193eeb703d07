/** The clients that work in this engine. */

import type { Client } from './client.js';
import { client as completion } from './completion.js';
import { client as events } from './events.js';
import { client as eventSource } from './eventsource.js';
import { client as eventSourceClient } from './eventsource-client.js';
import { client as eventSourceWasm } from './eventsource-wasm.js';
import { client as fetchEventSource } from './fetch-event-source.js';
import { client as microsoft } from './microsoft.js';
import { client as native } from './native.js';
import { client as openai } from './openai.js';

const hasNative = 'EventSource' in globalThis;
/** Microsoft's listens to the document. */
const hasDocument = 'document' in globalThis;

export const clients: Client[] = [
  eventSourceWasm,
  ...(hasNative ? [native] : []),
  eventSource,
  fetchEventSource,
  ...(hasDocument ? [microsoft] : []),
  events,
  eventSourceClient,
  completion,
  openai,
];
