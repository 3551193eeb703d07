/** `events()`: a stream's events for `for await` loops. Nothing is read while the loop is busy. */

import { Connection, type ConnectionRequest } from '../connection/connection.js';
import { discard } from '../connection/ignore.js';
import { onAbort } from '../connection/on-abort.js';
import { type ConnectionPolicy, parseOptions, toDictionary } from '../connection/options.js';
import { toHeaderMap } from '../connection/request-factory.js';
import { fail, resolveUrl } from '../connection/url.js';
import { type ErrorDetails, EventSourceErrorEvent, toException } from '../event-source/event-classes.js';
import { type EventSourceMessage, toMessage } from '../parser/message-parser.js';
import type { asyncDispose } from '../platform.js';
import type { Attempt, EventSourceInit, FetchLike, ReconnectFunction } from '../types.js';
import { AsyncQueue } from './async-queue.js';

export type { EventSourceMessage } from '../parser/message-parser.js';

/** The options of `EventSource` for the request, the response and reconnecting. */
export type EventsInit = Omit<
  EventSourceInit,
  'store' | 'storeName' | 'comments' | 'onEvent' | 'trace' | 'withCredentials'
> & { withCredentials?: boolean | undefined };

/** Additional callbacks for `completion`. */
export interface EventsTap {
  /** A line that the standard ignores, without its line end, in stream order. */
  onIgnoredLine?(line: string): void;
  /** Called before the loop ends, if the body ended in the middle of an event: with that event. */
  onUnfinished?(message: EventSourceMessage): void;
}

/** Options of the class `EventSource` only. */
const namesOfTheClass = ['store', 'storeName', 'comments', 'onEvent', 'trace'];

/**
 * Iterates over the events of a URL, a request or a response. The request is sent when the first event is requested,
 * and nothing is read while the loop is busy. Leaving the loop closes the connection. URLs and requests are
 * reconnected as in `EventSource`; responses aren't.
 *
 * @throws {EventSourceError} in the loop, when the connection fails. When the signal is aborted, its reason is thrown
 * @throws {TypeError} at once, if an option is wrong
 * @throws {DOMException} at once, a `SyntaxError`, if the URL doesn't parse
 * @example
 * for await (const { event, data } of events('/answers', { method: 'POST', body })) show(event, data);
 */
export function events(
  source: string | URL | Request | Response,
  init?: EventsInit | null,
): AsyncIterableIterator<EventSourceMessage> & { [asyncDispose](): Promise<void> } {
  return iterateEvents(source, init ?? {}, {});
}

/** Like {@link events}, with additional callbacks. */
export function iterateEvents(
  source: string | URL | Request | Response,
  given: EventsInit,
  tap: EventsTap,
): AsyncQueue<EventSourceMessage> {
  const init = toDictionary(given);
  const unfit = namesOfTheClass.find((name) => (init as Record<string, unknown>)[name] !== undefined);
  if (unfit) fail(`the option "${unfit}" is only for the class EventSource`);
  const { policy, prepare } = requestsOf(source, init);

  let connection: Connection | undefined;
  let lastError: EventSourceErrorEvent | undefined;
  const signals = [init.signal, typeof source === 'object' && 'signal' in source ? source.signal : undefined];
  const undos: (() => void)[] = [];
  let isEnded = false;
  const abort = () => {
    const aborted = signals.find((signal) => signal?.aborted);
    queue.abort({ value: aborted?.reason });
  };
  const listen = () => {
    if (signals.some((signal) => signal?.aborted)) abort();
    else for (const signal of signals) undos.push(onAbort(signal, abort));
  };
  const isResponse = typeof source === 'object' && 'status' in source;
  const queue = new AsyncQueue<EventSourceMessage>({
    onStart: () => {
      if (!isResponse) listen();
      if (!isEnded) connection = new Connection(policy, handler);
    },
    onEnd: () => {
      isEnded = true;
      for (const undo of undos) undo();
      connection?.close();
      // The connection may not have begun to read the response.
      if (isResponse) discard(source);
    },
  });
  const accept = init.accept;
  const handler = {
    prepare: (attempt: number, lastEventId: string, resumes: boolean) =>
      prepare({ attempt, lastEventId, error: lastError }, resumes),
    accept: accept && ((response: Response) => accept(response)),
    onBlock: (data: string | undefined, type: string, id: string | undefined) => {
      if (data !== undefined) queue.push(toMessage(data, type, id));
    },
    onIgnoredLine: tap.onIgnoredLine && ((line: string) => tap.onIgnoredLine?.(line)),
    onUnfinished:
      tap.onUnfinished &&
      ((data: string, type: string, id: string | undefined) => tap.onUnfinished?.(toMessage(data, type, id))),
    opened: () => {
      lastError = undefined;
    },
    untilWanted: () => queue.untilWanted(),
    decide: (error: ErrorDetails) => {
      lastError = new EventSourceErrorEvent(error);
      return (init.reconnect as ReconnectFunction)(lastError);
    },
    failed: (error: ErrorDetails) => {
      if (error.delay === undefined) queue.end({ value: toException(error) });
      else lastError = new EventSourceErrorEvent(error);
    },
    completed: () => queue.end(),
  };
  // A response is a connection, which the signal closes before the loop too.
  if (isResponse) listen();
  return queue;
}

interface Requests {
  policy: ConnectionPolicy;
  prepare(attempt: Attempt, resumes: boolean): ConnectionRequest | Promise<ConnectionRequest>;
}

const WRONG_SOURCE = 'the first argument must be a URL, a Request or a Response';

function requestsOf(source: string | URL | Request | Response, init: EventSourceInit): Requests {
  if (source === undefined || source === null) fail(WRONG_SOURCE);
  // Not `instanceof`, because the objects may be of another realm.
  if (typeof source === 'object' && 'status' in source) {
    const { policy } = parseOptions('', { ...init, reconnect: false });
    const fetch: FetchLike = () => Promise.resolve(source);
    return {
      // Without a method that may be repeated, the page's lifecycle doesn't end it: nothing could resume it.
      policy: { ...policy, method: '', fetch },
      prepare: () => ({ url: '', headers: {}, init: {} }),
    };
  }
  if (typeof source === 'object' && 'method' in source) return requestsOfRequest(source, init);
  // An object without a text, such as the body of a response.
  if (/^\[object /.test(`${source}`)) fail(WRONG_SOURCE);
  const { policy, requests } = parseOptions(resolveUrl(source), init);
  return { policy, prepare: (attempt, resumes) => requests.make(attempt, resumes) };
}

/** The requests of a Request: its own members, and over them the options. */
function requestsOfRequest(request: Request, init: EventSourceInit): Requests {
  const wrong = (['method', 'body', 'url'] as const).find((name) => init[name] !== undefined);
  if (wrong) fail(`the option "${wrong}" can't be used with a Request, which has its own`);
  if (request.bodyUsed || request.body?.locked) fail('the body of the request was read; pass a clone()');
  const { headers } = init;
  const { policy, requests } = parseOptions(request.url, {
    ...init,
    method: request.method,
    headers: async (attempt) => {
      const own = toHeaderMap(request.headers);
      const given = toHeaderMap(typeof headers === 'function' ? await headers(attempt) : headers);
      for (const [name, entry] of given) own.set(name, entry);
      return own.values();
    },
  });
  const isSafe = /^(get|head)$/i.test(request.method);
  const isGiven = ([name]: [string, unknown]) =>
    name in init || (name === 'credentials' && init.withCredentials);
  return {
    policy,
    prepare: async (attempt, resumes) => {
      const made = await requests.make(attempt, resumes);
      if (resumes) return made;
      return {
        // A Request with a body can be sent only once, so a copy is sent.
        url: isSafe ? request : request.clone(),
        headers: made.headers,
        // Defaults would replace the members of the Request.
        init: Object.fromEntries(Object.entries(made.init).filter(isGiven)),
      };
    },
  };
}
