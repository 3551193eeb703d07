/** An app for @microsoft/fetch-event-source: a chat, a feed, and typical helper functions. */

import {
  type EventSourceMessage,
  EventStreamContentType,
  type FetchEventSourceInit,
  fetchEventSource,
} from '@microsoft/fetch-event-source';

class RetriableError extends Error {}
class FatalError extends Error {}

/** Adds a header. The client's types declare headers as a record. */
function authorized(token: string, init: FetchEventSourceInit): FetchEventSourceInit {
  return { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } };
}

/** Changes headers in place. */
function traced(init: FetchEventSourceInit): FetchEventSourceInit {
  const headers: Record<string, string> = init.headers ?? {};
  headers['X-Trace'] = '1';
  init.headers = headers;
  return init;
}

/** The app's own options in addition to the client's. */
interface FollowInit extends FetchEventSourceInit {
  retries: number;
  headers: Record<string, string>;
}

type Input = Parameters<typeof fetchEventSource>[0];
type Init = Parameters<typeof fetchEventSource>[1];
type Handlers = Required<Pick<FetchEventSourceInit, 'onopen' | 'onmessage' | 'onclose' | 'onerror'>>;
type Client = typeof fetchEventSource;

/** Callbacks that log their calls. */
function recorder(log: unknown[]): Handlers {
  return {
    async onopen(response: Response): Promise<void> {
      log.push(['open', response.status, response.headers.get('content-type')?.split(';')[0]]);
      if (response.ok && response.headers.get('content-type') === EventStreamContentType) return;
      if (response.status >= 400 && response.status < 500 && response.status !== 429) throw new FatalError();
      throw new RetriableError();
    },
    onmessage(event: EventSourceMessage): void {
      const { id, event: type, data, retry }: EventSourceMessage = event;
      if (type === 'FatalError') throw new FatalError(data);
      log.push(['message', { id, type, data, ...(retry !== undefined && { retry }) }]);
    },
    onclose() {
      log.push(['close']);
    },
    onerror(error) {
      log.push(['error', error.constructor.name === 'FatalError' ? 'fatal' : 'other']);
      if (error instanceof FatalError) throw error;
      return 5;
    },
  };
}

/** Asks a question, and returns the log. */
export async function chat(url: string): Promise<unknown[]> {
  const log: unknown[] = [];
  const init: Init = traced(
    authorized('secret', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ question: 'Why?' }),
      openWhenHidden: true,
      credentials: 'same-origin',
      ...recorder(log),
    }),
  );
  init.headers = { ...init.headers, 'X-More': '2' };
  delete init.headers['X-Trace'];
  const input: Input = url;
  const answered: Promise<void> = fetchEventSource(input, init);
  await answered.then(
    () => log.push('resolved'),
    (error: unknown) => log.push(error instanceof FatalError ? `fatal: ${error.message}` : 'rejected'),
  );
  return log;
}

/** Follows a feed, reconnects after each end, and stops after `enough` events. */
export async function follow(url: string, enough: number): Promise<unknown[]> {
  const log: unknown[] = [];
  const stop = new AbortController();
  const { retries, ...init }: FollowInit = { retries: 3, headers: {}, openWhenHidden: true };
  let failures = 0;
  const client: Client = fetchEventSource;
  const handlers = recorder(log);
  // As an app's tests call them.
  handlers.onmessage({ id: '', event: '', data: 'before all' });
  await client(url, {
    ...init,
    ...handlers,
    signal: stop.signal,
    onmessage: (event) => {
      log.push([event.id, event.data]);
      if (event.data === String(enough)) stop.abort();
    },
    onclose: () => {
      throw new RetriableError();
    },
    onerror: (error: unknown): number | undefined => {
      if (!(error instanceof RetriableError) || ++failures > retries) throw error;
      log.push('again');
      return failures === 1 ? undefined : 1;
    },
  });
  log.push('resolved');
  return log;
}

/** A custom `fetch`, without callbacks. */
export async function offline(): Promise<unknown[]> {
  const log: unknown[] = [];
  const answer: typeof fetch = async (input, init) => {
    log.push([String(input), init?.method, new Headers(init?.headers).get('accept')]);
    return new Response('event: x\ndata: 1\n\n', { headers: { 'content-type': EventStreamContentType } });
  };
  const init: FetchEventSourceInit = { fetch: answer, method: 'PUT', openWhenHidden: true };
  await fetchEventSource(new Request('http://127.0.0.1:9/x').url, init);
  await fetchEventSource('/y', { ...init, onmessage: (event) => log.push(event.data) });
  return log;
}
