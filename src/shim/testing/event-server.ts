/** `createEventServer()`: a scripted event server behind `fetch`, whose requests the test answers. */

import { type Chaos, createChaos } from './chaos.js';
import { answerBy, type EventServerRequest, ServerRequest } from './server-request.js';

/** The options of {@link createEventServer}. */
export interface EventServerInit {
  /** Answers each request: your own function, or `fakeCompletion(…)`. Default: none; the test answers the requests. */
  onRequest?: ((request: EventServerRequest) => unknown) | undefined;
  /** Faults that are added to every connection. Default: none. */
  chaos?: Chaos | undefined;
}

/** A server without a port and without timers, for one test. */
export interface EventServer {
  /** A `fetch` that sends all requests to this server. Pass it to a client, or call `install()`. */
  readonly fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
  /** All requests, in order. */
  readonly requests: readonly EventServerRequest[];
  /** Resolves with the next request that was not returned yet. */
  nextRequest(): Promise<EventServerRequest>;
  /** Replaces the global `fetch` until `restore()`. */
  install(): void;
  /**
   * Restores the global `fetch`. Call it at the end of each test, for example in `afterEach`.
   *
   * @throws `Error` that lists all requests that were neither answered nor aborted.
   */
  restore(): void;
}

/**
 * Creates a scripted event server for a test.
 *
 * @example
 * const server = createEventServer();
 * const source = new EventSource('https://example.test/feed', { fetch: server.fetch });
 * const request = await server.nextRequest();
 * request.open();
 * request.send({ event: 'price', id: '7', data: '12' });
 */
export function createEventServer({ onRequest, chaos }: EventServerInit = {}): EventServer {
  const requests: ServerRequest[] = [];
  /** Requests before this index have been returned by `nextRequest()` or belong to an earlier test. */
  let taken = 0;
  const waiting: { resolve(request: ServerRequest): void; reject(reason: unknown): void }[] = [];
  let layer: Layer | undefined;
  const chaosOf = createChaos(chaos);

  const server: EventServer = {
    requests,
    async fetch(input, init) {
      const signal = init?.signal ?? (input as Partial<Request>).signal;
      if (signal?.aborted) throw signal.reason;
      const number = requests.length + 1;
      const request = new ServerRequest({ number, input, init, chaos: chaosOf(number) });
      requests.push(request);
      const next = waiting.shift();
      if (next) {
        taken++;
        next.resolve(request);
      }
      return onRequest ? answerBy(onRequest, request) : request.response;
    },
    nextRequest() {
      const request = requests[taken];
      if (!request) {
        const next = new Promise<EventServerRequest>((resolve, reject) => waiting.push({ resolve, reject }));
        // A test that no longer waits must not fail because of an unhandled rejection.
        next.catch(() => {});
        return next;
      }
      taken++;
      return Promise.resolve(request);
    },
    install() {
      if (layer) throw new Error('install(): this server is installed already; call restore() first');
      layer = { replaced: Object.getOwnPropertyDescriptor(globalThis, 'fetch') ?? {} };
      layers.push(layer);
      Object.defineProperty(globalThis, 'fetch', {
        value: server.fetch,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    },
    restore() {
      if (layer) remove(layer);
      layer = undefined;
      const unanswered = requests.filter(({ isAnswered }) => !isAnswered);
      for (const request of unanswered) request.isAnswered = true;
      taken = requests.length;
      for (const { reject } of waiting.splice(0))
        reject(new Error(`nextRequest(): no request arrived; there were ${requests.length} before it`));
      if (unanswered.length > 0) {
        throw new Error(
          `${unanswered.length === 1 ? '1 request was' : `${unanswered.length} requests were`} never answered: ${unanswered.join(', ')}. Call open(), refuse(), networkError() or stall() on each.`,
        );
      }
    },
  };
  return server;
}

/** An installed server: what it has replaced. */
interface Layer {
  replaced: PropertyDescriptor;
}

/** The installed servers, each of which has replaced the one before. */
const layers: Layer[] = [];

/** Removes an installed server, in any order. */
function remove(layer: Layer): void {
  const at = layers.indexOf(layer);
  const above = layers[at + 1];
  const { replaced } = layer;
  layers.splice(at, 1);
  if (above) {
    above.replaced = replaced;
    return;
  }
  Reflect.deleteProperty(globalThis, 'fetch');
  if ('configurable' in replaced) Object.defineProperty(globalThis, 'fetch', replaced);
}
