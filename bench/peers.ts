/** The clients of this package and of other packages. */

import { fetchEventSource as microsoft } from '@microsoft/fetch-event-source';
import { EventSource as Theirs } from 'eventsource';
import { EventSource } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { type Client, ofClass } from './clients.js';

/** A client with the interface of `fetchEventSource`. `init` is added to its second argument. */
function ofFunction(name: string, fetchEventSource: unknown, init?: object): Client {
  type FetchEventSource = (url: string, init: object) => Promise<void>;
  return {
    name,
    open(url, onEvent) {
      const controller = new AbortController();
      const onmessage = ({ data }: { data: string }) => onEvent(data);
      const options = { signal: controller.signal, onmessage, openWhenHidden: true, ...init };
      (fetchEventSource as FetchEventSource)(url, options);
      return () => controller.abort();
    },
  };
}

/** The classes come first. @param init the second argument of each */
export const clientsWith = (init?: object): Client[] => [
  ofClass('eventsource-wasm', EventSource, init),
  ofClass('eventsource', Theirs, init),
  ofFunction('eventsource-wasm/fetch-event-source', fetchEventSource, init),
  // Microsoft's client needs a document.
  ...('document' in globalThis ? [ofFunction('@microsoft/fetch-event-source', microsoft, init)] : []),
];
