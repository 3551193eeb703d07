/** A request to a scripted server, with the methods by which the test answers it. */

import { type ConnectionChaos, noChaos } from './chaos.js';
import { OutgoingBody } from './outgoing-body.js';
import { clientTurns } from './turns.js';

/** An event to send. Without `data`, the client gets no event, but stores the ID. */
export interface ServerSentEvent {
  /** The type of the event. Default: none, which clients dispatch as `message`. */
  event?: string | undefined;
  /** The event ID, which the client sends as `Last-Event-ID` when it reconnects. */
  id?: string | number | undefined;
  /** The data. Line breaks are allowed. A value that isn't a string is sent as JSON. */
  data?: unknown;
  /** The reconnection time, in milliseconds. */
  retry?: number | undefined;
}

/** The status and headers for {@link EventServerRequest.open}. */
export interface OpenInit {
  /** @default 200 */
  status?: number | undefined;
  /** Added to `Content-Type: text/event-stream` and `Cache-Control: no-store`. */
  headers?: HeadersInit | undefined;
}

/**
 * A request to a scripted server, with the methods that answer it.
 *
 * First call `open()`, `refuse()` or `networkError()`. After `open()` you can send events. They are delivered in order,
 * before a following `end()` or `cut()`. After the client has disconnected, everything that you send is ignored, as on
 * a real network.
 *
 * @example
 * const request = await server.nextRequest();
 * request.open();
 * request.send({ event: 'price', id: '7', data: '12' });
 * request.cut();
 */
export interface EventServerRequest {
  /** The number of the request: the first is 1. */
  readonly number: number;
  /** The method. Standard methods are in upper case. */
  readonly method: string;
  /**
   * The absolute URL, without a fragment. Relative URLs are resolved against the page or, without one,
   * `http://localhost/`.
   */
  readonly url: string;
  readonly headers: Headers;
  /** The header `Last-Event-ID`, decoded as UTF-8. Empty if there is none. */
  readonly lastEventId: string;
  /** Whether events can reach the client: `open()` was called, and neither side has ended the connection. */
  readonly isOpen: boolean;
  /**
   * Resolves when the connection is over: with `'client'` if the client has aborted or cancelled it, with `'server'` if
   * you have refused, ended or cut it and the client has noticed. By then, the client has fired its events and set the
   * timer for its next request.
   */
  readonly closed: Promise<'client' | 'server'>;
  /** The body of the request as text. */
  text(): Promise<string>;
  /** The body of the request as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: as in the DOM's `Request`.
  json(): Promise<any>;
  /** Sends the status and headers of an event stream. */
  open(init?: OpenInit): void;
  /** Sends an event. A string is the data of an event without a type. */
  send(event: ServerSentEvent | string): void;
  /** Sends a comment, such as a heartbeat. */
  comment(text?: string): void;
  /** Sends a reconnection time, in milliseconds. */
  retry(milliseconds: number): void;
  /** Sends raw bytes, or text as UTF-8. */
  write(bytes: Uint8Array | string): void;
  /**
   * Keeps the connection open, but holds back everything that you send until `resume()`. Before `open()`, it marks the
   * request as intentionally unanswered.
   */
  stall(): void;
  /** Ends a `stall()`. */
  resume(): void;
  /** Ends the body normally. */
  end(): void;
  /** Breaks the connection: the client's read fails with a `TypeError`. */
  cut(): void;
  /** Sends a response that isn't an event stream, or whose status isn't 200. An object is sent as JSON. */
  refuse(status: number, headers?: HeadersInit, body?: BodyInit | object | null): void;
  /** Rejects the client's `fetch` with a `TypeError`, as if the server couldn't be reached. */
  networkError(message?: string): void;
}

/** The arguments of `fetch`, and the data that the server adds. */
export interface RequestInput {
  number: number;
  input: RequestInfo | URL;
  init: RequestInit | undefined;
  chaos?: ConnectionChaos | undefined;
}

const BODILESS_STATUSES = [101, 103, 204, 205, 304];

export class ServerRequest implements EventServerRequest {
  readonly number: number;
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly closed: Promise<'client' | 'server'>;
  /** The result of the client's `fetch`. */
  readonly response: Promise<Response>;
  /** Whether the test has answered the request, or the client has aborted it. */
  isAnswered = false;

  readonly #content: Response | Request;
  #text: Promise<string> | undefined;
  readonly #body: OutgoingBody;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #close: (by: 'client' | 'server') => void;
  /** Whether the client has got a response or an error. */
  #isDecided = false;
  #isEnded = false;
  #isOver = false;

  constructor({ number, input, init, chaos = noChaos }: RequestInput) {
    const request = isRequest(input) ? input : undefined;
    const method = `${init?.method ?? request?.method ?? 'GET'}`;
    this.number = number;
    this.method = /^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method;
    // A fragment isn't sent.
    this.url = (request?.url ?? new URL(`${input as string | URL}`, pageUrl()).href).replace(/#.*/, '');
    this.headers = new Headers(init?.headers ?? request?.headers);
    // A Response can read every kind of body, and has its default content type.
    this.#content = request && init?.body == null ? request : new Response(init?.body);
    if (init?.body != null && /^(GET|HEAD)$/.test(this.method))
      throw new TypeError(`fetch: a ${this.method} request can't have a body`);
    const type = this.#content.headers.get('Content-Type');
    if (type && !this.headers.has('Content-Type')) this.headers.set('Content-Type', type);

    let close: (by: 'client' | 'server') => void = () => {};
    this.closed = new Promise((resolve) => {
      close = resolve;
    });
    let resolveResponse: (response: Response) => void = () => {};
    let rejectResponse: (reason: unknown) => void = () => {};
    this.response = new Promise((resolve, reject) => {
      resolveResponse = resolve;
      rejectResponse = reject;
    });
    this.#resolve = resolveResponse;
    this.#reject = rejectResponse;

    const signal = init?.signal ?? request?.signal;
    const abort = () => this.#abort(signal?.reason);
    this.#close = (by) => {
      this.#isOver = true;
      signal?.removeEventListener('abort', abort);
      clientTurns().then(() => close(by));
    };
    this.#body = new OutgoingBody(chaos, this.#close);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort);
  }

  #isBodiless(status: number): boolean {
    return this.method === 'HEAD' || BODILESS_STATUSES.includes(status);
  }

  get isOpen(): boolean {
    return this.#isDecided && !this.#isEnded && !this.#isOver;
  }

  get lastEventId(): string {
    const header = this.headers.get('Last-Event-ID') ?? '';
    // Header values are byte strings.
    return new TextDecoder().decode(Uint8Array.from(header, (byte) => byte.charCodeAt(0)));
  }

  text(): Promise<string> {
    this.#text ??= this.#content.text();
    return this.#text;
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  open({ status = 200, headers }: OpenInit = {}): void {
    const all = new Headers({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    new Headers(headers).forEach((value, name) => {
      all.set(name, value);
    });
    this.#answer('open()', () => {
      // Throws for a wrong status.
      const isBodiless = this.#isBodiless(status);
      const response = new Response(isBodiless ? null : this.#body.stream, { status, headers: all });
      this.#isDecided = true;
      this.#respond(response);
      if (isBodiless) this.#close('server');
    });
  }

  send(event: ServerSentEvent | string): void {
    const { event: type, id, retry, data } = typeof event === 'string' ? { data: event } : event;
    let block = field('event', type) + field('id', id) + field('retry', retry);
    if (data !== undefined) {
      const text = typeof data === 'string' ? data : JSON.stringify(data);
      if (text === undefined)
        throw new TypeError(`send(): "data" is a ${typeof data}, which JSON can't have`);
      for (const line of lines(text)) block += `data: ${line}\n`;
    }
    this.#write('send()', `${block}\n`);
  }

  comment(text = ''): void {
    const comment = lines(text).map((line) => `:${line && ` ${line}`}\n`);
    this.#write('comment()', `${comment.join('')}\n`);
  }

  retry(milliseconds: number): void {
    this.#write('retry()', `retry: ${milliseconds}\n\n`);
  }

  write(bytes: Uint8Array | string): void {
    this.#write('write()', bytes);
  }

  stall(): void {
    this.isAnswered = true;
    this.#body.push({ stall: true });
  }

  resume(): void {
    this.#body.resume();
  }

  end(): void {
    this.#requireOpen('end()');
    this.#isEnded = true;
    this.#body.push({ end: true });
  }

  cut(): void {
    if (!this.#isDecided) {
      this.networkError();
      return;
    }
    this.#requireOpen('cut()');
    this.#isEnded = true;
    this.#body.push({ error: new TypeError('The connection was cut') });
  }

  refuse(status: number, headers?: HeadersInit, body?: BodyInit | object | null): void {
    const isJson = body !== null && typeof body === 'object' && isPlain(body);
    const all = new Headers(headers);
    if (isJson && !all.has('Content-Type')) all.set('Content-Type', 'application/json');
    const content = isJson ? JSON.stringify(body) : ((body ?? null) as BodyInit | null);
    this.#answer('refuse()', () => {
      const isBodiless = this.#isBodiless(status);
      this.#respond(new Response(isBodiless ? null : content, { status, headers: all }));
      this.#close('server');
    });
    this.#isEnded = true;
  }

  networkError(message = 'Failed to fetch'): void {
    this.#answer('networkError()', () => this.fail(new TypeError(message)));
    this.#isEnded = true;
  }

  /** Fails the request or the body, after the function that answers the request has thrown. */
  fail(error: unknown): void {
    this.isAnswered = true;
    if (this.#isDecided) {
      this.#isEnded = true;
      this.#body.push({ error });
      return;
    }
    this.#isDecided = true;
    this.#isEnded = true;
    this.#reject(error);
    this.#close('server');
  }

  /** The request's name in error messages. */
  toString(): string {
    return `${this.method} ${this.url} (request ${this.number})`;
  }

  #answer(method: string, answer: () => void): void {
    if (this.#isDecided) throw new Error(`${method}: ${this} has been answered already`);
    this.isAnswered = true;
    // If the client has disconnected, the answer is ignored: that isn't a mistake of the test.
    if (!this.#isOver) answer();
    this.#isDecided = true;
  }

  #respond(response: Response): void {
    // A constructed response has no URL, which clients need for the origin of events.
    Object.defineProperty(response, 'url', { value: this.url });
    this.#resolve(response);
  }

  #write(method: string, bytes: Uint8Array | string): void {
    this.#requireOpen(method);
    this.#body.push({ bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes.slice() });
  }

  #requireOpen(method: string): void {
    if (this.#isEnded) throw new Error(`${method}: ${this} has ended already`);
    if (this.#isOver) return;
    if (!this.#isDecided) throw new Error(`${method}: ${this} is not open; call open() first`);
  }

  #abort(reason: unknown): void {
    this.isAnswered = true;
    if (this.#isDecided) this.#body.abort(reason);
    else this.#reject(reason);
    this.#close('client');
  }
}

/** Calls a function that answers a request, and returns the response. It rejects with the function's exception. */
export function answerBy(
  onRequest: (request: EventServerRequest) => unknown,
  request: ServerRequest,
): Promise<Response> {
  Promise.resolve(request)
    .then(onRequest)
    .catch((error) => request.fail(error));
  return request.response;
}

function field(name: string, value: string | number | undefined): string {
  if (value === undefined) return '';
  if (/[\r\n]/.test(`${value}`))
    throw new TypeError(`send(): "${name}" is ${JSON.stringify(value)}; it must not contain a line break`);
  return `${name}: ${value}\n`;
}

const lines = (text: string): string[] => text.split(/\r\n|\r|\n/);

const isRequest = (input: RequestInfo | URL): input is Request =>
  typeof input === 'object' && 'headers' in input;

function isPlain(body: object): boolean {
  return Array.isArray(body) || [Object.prototype, null].includes(Object.getPrototypeOf(body));
}

function pageUrl(): string {
  const { location } = globalThis as { location?: { href?: string } };
  const url = location?.href;
  // Some test environments have the URL about:blank, which can't be a base.
  return url && !url.startsWith('about:') ? url : 'http://localhost/';
}
