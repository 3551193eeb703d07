/** `fetchEventSource`: the interface of @microsoft/fetch-event-source over a connection. */

import { Connection } from '../connection/connection.js';
import { defaults, Rules } from '../connection/options.js';
import { checkBody, toHeaderMap, toSentHeaders } from '../connection/request-factory.js';
import { resolveUrl } from '../connection/url.js';
import { type ErrorDetails, type ErrorKind, toException } from '../event-source/event-classes.js';
import { works } from '../platform.js';
import type { FetchLike, RequestHeaders } from '../types.js';

/** The content type of event streams. */
export const EventStreamContentType = 'text/event-stream';

/** An event of a stream. Members that the server didn't send are empty. */
export interface EventSourceMessage {
  /** The ID of this event. */
  id: string;
  /** The event's type. */
  event: string;
  /** The data. */
  data: string;
  /** The reconnection time, if it was sent with this event, in milliseconds. */
  retry?: number;
}

/** The second argument of `fetchEventSource`: the options of `fetch` and the following. */
export interface FetchEventSourceInit extends RequestInit {
  /** The headers of each request. A `Last-Event-ID` is replaced by the stream's as soon as an event has an ID. */
  headers?: Record<string, string>;
  /**
   * Called with each response; throws to reject it. Default: the status must be 200 and the content type
   * `text/event-stream`.
   */
  onopen?: (response: Response) => Promise<void>;
  /**
   * Called with each event. If it throws, the request ends and `onerror` gets the exception. The request is then sent
   * again only if there is an `onerror`; with another method than GET or HEAD, only if `onerror` returns a number.
   */
  onmessage?: (event: EventSourceMessage) => void;
  /** Called when the response has ended. If it throws, `onerror` gets the exception; otherwise the promise resolves. */
  onclose?: () => void;
  /**
   * Called with each error. It may return the milliseconds until the request is sent again. If it throws,
   * `fetchEventSource` rejects with that exception. Otherwise the request is sent again after the reconnection time: a
   * second, or the server's `retry:`.
   *
   * Without it, only a GET whose connection failed is sent again.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as in the original interface.
  // biome-ignore lint/suspicious/noConfusingVoidType: as in the original interface.
  onerror?: (error: any) => number | null | undefined | void;
  /**
   * Whether the connection stays open while the page is hidden. If not, it is closed, and opened again with the last
   * event ID when the page is visible. POST requests always stay open.
   * @default false
   */
  openWhenHidden?: boolean;
  /**
   * A function to use instead of the global `fetch`.
   * @default globalThis.fetch
   */
  fetch?: typeof fetch;
}

/** A wider type of the options: accepts all forms of headers, and members that are `undefined`. */
export type AnyFetchEventSourceInit = Omit<RequestInit, 'headers'> & {
  [Name in Exclude<keyof FetchEventSourceInit, keyof RequestInit>]?: FetchEventSourceInit[Name] | undefined;
} & { headers?: HeadersInit | undefined };

const DEFAULT_INTERVAL = 1_000;

/** Kinds of errors for which `onerror` gets the original exception. For other kinds it gets an `EventSourceError`. */
const kindsOfOthers: ErrorKind[] = ['network', 'rejected', 'handler'];

/** A thrown value, possibly `undefined`. */
interface Thrown {
  value: unknown;
}

/**
 * Sends a request and calls `onmessage` for each event of the response. Resolves when the stream has ended or `signal`
 * is aborted.
 *
 * @throws (rejects with) the exception of `onerror`; without `onerror`, an `EventSourceError` or the exception of
 * `fetch`
 * @example
 * await fetchEventSource('/answers', {
 *   method: 'POST',
 *   headers: { 'Content-Type': 'application/json' },
 *   body: JSON.stringify({ question }),
 *   onmessage: ({ data }) => show(data),
 * });
 */
export function fetchEventSource(input: RequestInfo | URL, init: AnyFetchEventSourceInit): Promise<void>;
// `Parameters<typeof fetchEventSource>` uses the last overload.
export function fetchEventSource(input: RequestInfo, init: FetchEventSourceInit): Promise<void>;
export function fetchEventSource(input: RequestInfo | URL, init: AnyFetchEventSourceInit): Promise<void> {
  return new Promise((resolve, reject) => {
    const { signal, headers, onopen, onmessage, onclose, onerror, openWhenHidden, fetch, ...rest } = init;
    const request = typeof input === 'object' && 'method' in input ? input : undefined;
    const method = rest.method ?? request?.method ?? 'GET';
    const given = headers ?? request?.headers;
    // Another function may accept more than the platform's.
    if (!fetch) checkBody(method, rest.body);
    const lastEventId = toHeaderMap(given).get('last-event-id')?.[1] ?? '';
    let delivered = lastEventId;
    let interval = DEFAULT_INTERVAL;
    let thrown: Thrown | undefined;

    const signals = [signal, request?.signal];
    if (signals.some((signal) => signal?.aborted)) {
      resolve();
      return;
    }

    /** Calls `onerror`. Returns its delay, or `otherwise`, or a promise of one of them. */
    const ask = (error: unknown, otherwise?: number | false): unknown => {
      // As a timer would take it. Anything else, such as the value of an assignment, is no delay.
      const toDelay = (answer: unknown) =>
        /^(number|string)$/.test(typeof answer) && !Number.isNaN(Number(answer)) ? Number(answer) : otherwise;
      const fail = (value: unknown) => {
        thrown = { value };
        throw value;
      };
      try {
        const answer: unknown = onerror?.(error);
        const isAsync = typeof (answer as Promise<unknown> | undefined)?.then === 'function';
        return isAsync ? (answer as Promise<unknown>).then(toDelay, fail) : toDelay(answer);
      } catch (value) {
        return fail(value);
      }
    };

    /** Decides about reconnecting at the end of the stream. */
    const decideAtEnd = () => {
      try {
        onclose?.();
        return false;
      } catch (error) {
        if (onerror) return ask(error, interval);
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
        rules: Rules.Ask,
        initialDelay: DEFAULT_INTERVAL,
        pausesWhenHidden: !openWhenHidden,
        lastEventId,
      },
      {
        prepare: () => ({
          // A Request with a body can be sent only once, so a copy is sent.
          url: request?.clone() ?? (input as string),
          headers: headersOf(given, delivered),
          init: rest,
        }),
        // Only an exception refuses the response, not the result.
        accept: onopen
          ? async (response) => {
              await onopen(response);
            }
          : undefined,
        onRetry: (milliseconds) => {
          interval = milliseconds;
        },
        onBlock: (data, type, id, retry) => {
          if (data !== undefined) {
            const message: EventSourceMessage = { id: id ?? '', event: type, data };
            if (retry !== undefined) message.retry = retry;
            onmessage?.(message);
          }
          // Only after the callback: an event whose callback failed must arrive again.
          if (id !== undefined) delivered = id;
        },
        decide: (details) => {
          if (details.kind === 'end') return decideAtEnd();
          // Another request may fail in the same way, and cost money: a POST is repeated only if `onerror` returns a
          // number.
          if (details.kind === 'handler') return onerror ? ask(toThrown(details)) : false;
          const isRefused =
            details.kind === 'network' &&
            !fetch &&
            isRefusedAlways(details.cause, rest, request ? '' : input);
          return ask(toThrown(details), isRefused ? false : onerror && interval);
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
  // `window.stop()` ends a connection without an exception.
  const isOfOthers = kindsOfOthers.includes(details.kind) && 'cause' in details;
  return isOfOthers ? details.cause : toException(details);
}

/** Whether the platform rejects each request with these options, because it can't be made. */
function isRefusedAlways(cause: unknown, init: RequestInit, url: unknown): boolean {
  const refuses = (base?: string) =>
    !works(() => new Request(new URL(`${url}`, base ?? globalThis.location?.href), { ...init, body: null }));
  // Without a page, a replaced global `fetch` may accept relative URLs.
  return refuses('http://localhost/') || (refuses() && /URL/.test((cause as Error).message));
}

/** Resolves a URL. Invalid URLs are left to `fetch`, which rejects them. */
function absolute(input: unknown): string {
  try {
    return resolveUrl(input);
  } catch {
    return '';
  }
}
