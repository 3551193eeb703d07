/**
 * `fetchEventSource` with the interface of the package @microsoft/fetch-event-source.
 *
 * @module eventsource-wasm/fetch-event-source
 */

import { Connection } from './connection/connection.js';
import { ASK, defaults } from './connection/options.js';
import { type ErrorDetails, type ErrorKind, toException } from './events.js';
import { toHeaderMap, toSentHeaders } from './request.js';
import type { FetchLike, RequestHeaders } from './types.js';
import { resolveUrl } from './url.js';

/** The content type of event streams. */
export const EventStreamContentType = 'text/event-stream';

/** An event of a stream. Members that the server didn't give are empty. */
export interface EventSourceMessage {
  /** The ID that came with this event. */
  id: string;
  /** The event's type. */
  event: string;
  /** The data. */
  data: string;
  /** The reconnection time that came with this event, in milliseconds. */
  retry?: number;
}

/** The second argument of `fetchEventSource`: what `fetch` takes, and these. The types are the interface's own. */
export interface FetchEventSourceInit extends RequestInit {
  /** Headers of each request. A `Last-Event-ID` among them is that of the first: later ones are the stream's. */
  headers?: Record<string, string>;
  /**
   * Called with each response; throws if it isn't to be read. Default: the status has to be 200 and the content type
   * that of event streams.
   */
  onopen?: (response: Response) => Promise<void>;
  /**
   * Called with each event. What it throws ends the request and goes to `onerror`; a request that isn't safe to repeat
   * is then sent again only if `onerror` gives a number.
   */
  onmessage?: (event: EventSourceMessage) => void;
  /** Called when the response has ended. What it throws goes to `onerror`; if it doesn't, all is done. */
  onclose?: () => void;
  /**
   * Called when something went wrong. It may give the milliseconds until the request is sent again; if it throws,
   * `fetchEventSource` rejects with that; otherwise the request is sent again after the reconnection time: a second, or
   * what the server has set.
   *
   * Without it, only a GET whose connection failed is sent again.
   */
  // biome-ignore lint/suspicious/noExplicitAny: so has the interface.
  // biome-ignore lint/suspicious/noConfusingVoidType: so has the interface.
  onerror?: (error: any) => number | null | undefined | void;
  /**
   * Whether the connection is kept while the page is hidden. If not, it is closed then and opened again, after the last
   * event, when the page is shown. POST requests are left alone either way.
   * @default false
   */
  openWhenHidden?: boolean;
  /**
   * A function to use instead of the global `fetch`.
   * @default globalThis.fetch
   */
  fetch?: typeof fetch;
}

/** What `fetchEventSource` takes besides: headers in each of their forms, and members that are `undefined`. */
export type AnyFetchEventSourceInit = Omit<RequestInit, 'headers'> & {
  [Name in Exclude<keyof FetchEventSourceInit, keyof RequestInit>]?: FetchEventSourceInit[Name] | undefined;
} & { headers?: HeadersInit | undefined };

const DEFAULT_INTERVAL = 1_000;

/** What the platform or the user threw is what `onerror` gets; of the rest, there is an error of our own. */
const kindsOfOthers: ErrorKind[] = ['network', 'rejected', 'handler'];

/** Something that was thrown, be it `undefined`. */
interface Thrown {
  value: unknown;
}

/**
 * Sends a request and calls back for each event of the answer. Resolves when the stream has ended or `signal` is
 * aborted.
 *
 * @throws what `onerror` throws, as a rejection; without `onerror`, an `EventSourceError` or what `fetch` threw
 * @example
 * await fetchEventSource('/answers', {
 *   method: 'POST',
 *   headers: { 'Content-Type': 'application/json' },
 *   body: JSON.stringify({ question }),
 *   onmessage: ({ data }) => show(data),
 * });
 */
export function fetchEventSource(input: RequestInfo | URL, init: AnyFetchEventSourceInit): Promise<void>;
// The last one is what `Parameters<typeof fetchEventSource>` gives.
export function fetchEventSource(input: RequestInfo, init: FetchEventSourceInit): Promise<void>;
export function fetchEventSource(input: RequestInfo | URL, init: AnyFetchEventSourceInit): Promise<void> {
  return new Promise((resolve, reject) => {
    const { signal, headers, onopen, onmessage, onclose, onerror, openWhenHidden, fetch, ...rest } = init;
    const request = typeof input === 'object' && 'method' in input ? input : undefined;
    const method = rest.method ?? request?.method ?? 'GET';
    const given = headers ?? request?.headers;
    const lastEventId = toHeaderMap(given).get('last-event-id')?.[1] ?? '';
    let delivered = lastEventId;
    let interval = DEFAULT_INTERVAL;
    let thrown: Thrown | undefined;

    const signals = [signal, request?.signal];
    if (signals.some((signal) => signal?.aborted)) {
      resolve();
      return;
    }

    /** What `onerror` says; nothing without it. */
    const ask = (error: unknown) => {
      try {
        return onerror?.(error) ?? undefined;
      } catch (error) {
        thrown = { value: error };
        throw error;
      }
    };

    /** What to do when the stream has ended. */
    const decideAtEnd = () => {
      try {
        onclose?.();
        return false;
      } catch (error) {
        if (onerror) return ask(error) ?? interval;
        thrown = { value: error };
        return false;
      }
    };

    let isEnded = false;
    const end = (settle: () => void) => {
      if (isEnded) return;
      isEnded = true;
      for (const signal of signals) signal?.removeEventListener('abort', abort);
      settle();
    };

    const connection = new Connection(
      {
        ...defaults,
        url: absolute(request?.url ?? input),
        method,
        fetch: fetch as FetchLike | undefined,
        rules: ASK,
        initialDelay: DEFAULT_INTERVAL,
        pausesWhenHidden: !openWhenHidden,
        lastEventId,
      },
      {
        prepare: () => ({
          // A request with a body can be sent once, so a copy is sent.
          url: request?.clone() ?? (input as string),
          headers: headersOf(given, delivered),
          init: rest,
        }),
        accept: onopen && ((response) => onopen(response)),
        onRetry: (milliseconds) => {
          interval = milliseconds;
        },
        onBlock: (data, type, id, retry) => {
          if (data !== undefined) {
            const message: EventSourceMessage = { id: id ?? '', event: type, data };
            if (retry !== undefined) message.retry = retry;
            onmessage?.(message);
          }
          // Not before: an event whose callback failed has to come again.
          if (id !== undefined) delivered = id;
        },
        decide: (details) => {
          if (details.kind === 'end') return decideAtEnd();
          // Sending the same again brings the same exception, and may cost: only if `onerror` returns a number.
          if (details.kind === 'handler') return onerror ? ask(toThrown(details)) : false;
          const delay = ask(toThrown(details));
          return onerror ? (delay ?? interval) : undefined;
        },
        failed: (details) => {
          if (details.delay !== undefined) return;
          end(() => reject(thrown ? thrown.value : toThrown(details)));
        },
        completed: () => end(() => (thrown ? reject(thrown.value) : resolve())),
      },
    );
    const abort = () =>
      end(() => {
        connection.close();
        resolve();
      });
    for (const signal of signals) signal?.addEventListener('abort', abort);
  });
}

function headersOf(given: RequestHeaders | undefined, lastEventId: string): Record<string, string> {
  const headers = toHeaderMap(given);
  headers.delete('last-event-id');
  return toSentHeaders(headers, lastEventId);
}

function toThrown(details: ErrorDetails): unknown {
  return kindsOfOthers.includes(details.kind) ? details.cause : toException(details);
}

/** What isn't a URL is `fetch`'s to complain about. */
function absolute(input: unknown): string {
  try {
    return resolveUrl(input);
  } catch {
    return '';
  }
}
