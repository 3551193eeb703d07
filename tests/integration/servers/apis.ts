/** The package's three APIs behind one interface: all of them must read the same events. */

import { EventSource } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { events } from 'eventsource-wasm/stream';

export interface Taken {
  id: string;
  event: string;
  data: string;
}

export interface Request {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface Reading {
  /** The received events. */
  taken: Taken[];
  /** The responses that were accepted, in order. */
  opened: Headers[];
  /** Milliseconds from the end of each request to the next one. */
  delays: number[];
  close(): void;
  /** Settles when the stream is complete, has failed, or was closed. */
  ended: Promise<void>;
}

/** An API, as `read(url, request)`. It starts to read immediately. */
export type Api = (url: string, request?: Request) => Reading;

const open = new Set<Reading>();

/** Closes all open readings after a test. */
export function closeAll(): void {
  for (const { close } of open) close();
  open.clear();
}

type Taking = Omit<Reading, 'close' | 'ended'>;
const reading = (): Taking => ({ taken: [], opened: [], delays: [] });

function remember(taking: Taking, close: () => void, ended: Promise<void>): Reading {
  const all = { ...taking, close, ended };
  open.add(all);
  // Otherwise, a test that fails early would also report an unhandled rejection.
  ended.catch(() => {});
  return all;
}

/** Reads with the class. */
const withClass: Api = (url, request = {}) => {
  const all = reading();
  const source = new EventSource(url, {
    ...request,
    onEvent: ({ type, data, lastEventId }) => all.taken.push({ id: lastEventId, event: type, data }),
  });
  source.onopen = ({ headers }) => all.opened.push(headers);
  let close = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    close = () => {
      source.close();
      resolve();
    };
    source.addEventListener('close', () => resolve());
    source.onerror = (error) => {
      if (error.willReconnect) all.delays.push(error.delay ?? Number.NaN);
      else reject(error);
    };
  });
  return remember(all, close, ended);
};

/** Reads with `fetchEventSource`. A GET reconnects after its end by throwing in `onclose`. */
const withCallbacks: Api = (url, request = {}) => {
  const all = reading();
  const stop = new AbortController();
  let endedAt: number | undefined;
  const ended = fetchEventSource(url, {
    ...request,
    signal: stop.signal,
    async onopen({ status, headers }) {
      if (status !== 200) throw new Error(`status ${status}`);
      all.opened.push(headers);
      if (endedAt !== undefined) all.delays.push(performance.now() - endedAt);
    },
    onmessage: ({ id, event, data }) => {
      all.taken.push({ id, event: event || 'message', data });
    },
    onclose() {
      if (request.method) return;
      endedAt = performance.now();
      throw new Error('it goes on');
    },
    onerror(error) {
      if (error.message !== 'it goes on') throw error;
    },
  });
  return remember(all, () => stop.abort(), ended);
};

/** Reads with a `for await` loop over `events()`. */
const withLoop: Api = (url, request = {}) => {
  const all = reading();
  const stop = new AbortController();
  let endedAt: number | undefined;
  const read = async () => {
    const stream = events(url, {
      ...request,
      signal: stop.signal,
      accept({ status, headers }) {
        if (status !== 200) throw new Error(`status ${status}`);
        all.opened.push(headers);
        if (endedAt !== undefined) all.delays.push(performance.now() - endedAt);
      },
      reconnect() {
        endedAt = performance.now();
      },
    });
    for await (const { id = '', event = 'message', data } of stream) all.taken.push({ id, event, data });
  };
  const ended = read().catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  return remember(all, () => stop.abort(), ended);
};

export const apis: Record<string, Api> = {
  EventSource: withClass,
  fetchEventSource: withCallbacks,
  events: withLoop,
};
