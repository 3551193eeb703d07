/** Builds the request of each attempt from the user's options. */

import { isNode, works } from '../platform.js';
import type { Attempt, EventSourceInit, PerAttempt, RequestHeaders, ResumeRequest } from '../types.js';
import { byteString, fail, resolveUrl, splitCredentials, typeName } from './url.js';

/** A request for the Rust driver to send. */
export interface RequestSpec {
  url: string;
  headers: Record<string, string>;
  init: RequestInit;
}

/** A request before its functions are called. */
interface Template {
  url: PerAttempt<string | URL>;
  headers: PerAttempt<RequestHeaders>;
  body: PerAttempt<BodyInit | null>;
  init: RequestInit;
}

type Parts = [url: string | URL, headers: RequestHeaders, body: BodyInit | null];

/** Builds the requests of a connection. The constructor throws if a value can't be sent. */
export class RequestFactory {
  readonly #first: Template;
  readonly #resuming: Template;
  /** Whether the `resume` request uses the headers of the first request, without those about its body. */
  readonly #dropsContentType: boolean;
  #idempotencyKey: string | undefined;
  #isBodySpent = false;

  constructor(address: string, method: string, init: RequestInit, options: EventSourceInit) {
    const { url = address, headers = {}, body = null } = options;
    const resume: ResumeRequest = options.resume ?? {};
    this.#first = { url, headers, body, init: { ...init, method } };
    this.#resuming = {
      url: resume.url ?? url,
      headers: resume.headers ?? headers,
      body: resume.body ?? null,
      init: { ...init, method: `${resume.method ?? 'GET'}` },
    };
    this.#dropsContentType = !resume.headers;
    for (const { headers, body, init } of [this.#first, this.#resuming]) {
      // A `Request` takes time, so the defaults aren't checked. Another function may accept more than the platform's.
      const isGiven = Object.keys(init).some((name) => name in options || name in resume);
      if (isGiven && !options.fetch) checkInit(init);
      if (typeof headers !== 'function') toHeaderMap(headers);
      if (typeof body !== 'function') checkBody(init.method as string, body);
    }
  }

  /** Builds the request of an attempt: synchronously, unless one of the user's functions returns a promise. */
  make(attempt: Attempt, resumes: boolean): RequestSpec | Promise<RequestSpec> {
    const { url, headers, body } = resumes ? this.#resuming : this.#first;
    const parts: unknown[] = [];
    try {
      for (const part of [url, headers, body]) parts.push(typeof part === 'function' ? part(attempt) : part);
    } catch (error) {
      // A promise of another function may be rejected too.
      Promise.all(parts).catch(() => {});
      throw error;
    }
    const isAsync = parts.some((part) => typeof (part as Promise<unknown> | null)?.then === 'function');
    const finish = (parts: unknown[]) => this.#finish(parts as Parts, resumes, attempt.lastEventId);
    return isAsync ? Promise.all(parts).then(finish) : finish(parts);
  }

  #finish([url, headersInit, body]: Parts, resumes: boolean, lastEventId: string): RequestSpec {
    const template = resumes ? this.#resuming : this.#first;
    const headers = toHeaderMap(headersInit);
    const init: RequestInit & { duplex?: 'half' } = { ...template.init };
    if (!resumes) {
      this.#idempotencyKey ??= headers.get('idempotency-key')?.[1];
      if (this.#idempotencyKey !== undefined) setHeader(headers, 'Idempotency-Key', this.#idempotencyKey);
    } else if (this.#dropsContentType) {
      for (const name of ['type', 'encoding', 'language', 'location']) headers.delete(`content-${name}`);
    }
    checkBody(init.method as string, body);
    if (body !== null && body !== undefined) init.body = body;
    const isStream = typeof ReadableStream === 'function' && body instanceof ReadableStream;
    // Node's `fetch` sends any async iterable.
    if (isStream || Symbol.asyncIterator in Object(body)) {
      if (this.#isBodySpent && this.#first.body === body) {
        fail(
          'the body is a stream, which can be sent only once; pass a function that makes a new one each time',
        );
      }
      this.#isBodySpent = true;
      checkCanBeSent(isStream ? new ReadableStream() : noBytes());
      init.duplex ??= 'half';
    }
    const { url: address, authorization } = splitCredentials(resolveUrl(url), init.credentials === 'include');
    if (authorization && !headers.has('authorization')) setHeader(headers, 'Authorization', authorization);
    return { url: address, headers: toSentHeaders(headers, lastEventId), init };
  }
}

/** Headers by their lower-case names. `Headers` would lose the original case. */
export type HeaderMap = Map<string, [name: string, value: string]>;

/** Converts headers to a map. Throws if a name or a value can't be sent. */
export function toHeaderMap(init: RequestHeaders | null | undefined): HeaderMap {
  const headers: HeaderMap = new Map();
  for (const [name, value] of isIterable(init) ? init : Object.entries(init ?? {})) {
    const text = toHeaderValue(name, value);
    const before = headers.get(`${name}`.toLowerCase())?.[1];
    setHeader(headers, name, before === undefined ? text : `${before}, ${text}`);
  }
  return headers;
}

export function setHeader(headers: HeaderMap, name: string, value: string): void {
  headers.set(`${name}`.toLowerCase(), [name, value]);
}

/** Adds the default headers. Returns a plain object, so that `{ ...init.headers }` works in a custom `fetch`. */
export function toSentHeaders(headers: HeaderMap, lastEventId: string): Record<string, string> {
  setHeader(headers, 'Accept', headers.get('accept')?.[1] ?? 'text/event-stream');
  if (lastEventId !== '') {
    const bytes = byteString(lastEventId);
    if (isNode() && /[^\t -~\x80-\xff]/.test(bytes))
      fail(`fetch can't send the last event ID ${JSON.stringify(lastEventId)} here`);
    setHeader(headers, 'Last-Event-ID', bytes);
  }
  return Object.fromEntries(headers.values());
}

/** Throws if `fetch` would refuse these options each time. */
function checkInit(init: RequestInit): void {
  const make = (init?: RequestInit) => new Request('http://localhost/', init);
  try {
    make(init);
  } catch (cause) {
    // Not if `Request` is missing or fails for another reason.
    if (works(make)) fail(`fetch would refuse the options: ${(cause as Error).message}`);
  }
}

export function checkBody(method: string, body: unknown): void {
  if (body === undefined || body === null) return;
  if (/^(get|head)$/i.test(method)) {
    fail(`a ${method} request can't have a body; set another method: { method: 'POST', body }`);
  }
  const prototype = typeof body === 'object' ? Object.getPrototypeOf(body) : undefined;
  if (prototype === null || prototype === Object.prototype || Array.isArray(body)) {
    fail(
      'the body is a plain object, which fetch would send as "[object Object]"; use JSON.stringify(body)' +
        ' and the header Content-Type: application/json',
    );
  }
}

async function* noBytes() {}

/**
 * Some browsers send the text "[object ReadableStream]" instead of a stream, and most send "[object AsyncGenerator]"
 * instead of an async iterable. Those that can send streams read `duplex`.
 */
function checkCanBeSent(body: unknown): void {
  let asked = false;
  const { headers } = new Request('http://localhost/', {
    method: 'POST',
    body,
    get duplex() {
      asked = true;
      return 'half';
    },
  } as RequestInit);
  if (!asked || headers.has('Content-Type')) fail("this platform's fetch can't send this stream as a body");
}

function toHeaderValue(name: string, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') {
    fail(`the value of the header "${name}" is ${typeName(value)}; it must be a string or a number`);
  }
  const text = `${value}`;
  const headers = new Headers();
  try {
    headers.append(name, text);
  } catch (cause) {
    fail(`the header "${name}" can't be sent: ${(cause as Error).message}`);
  }
  return text;
}

function isIterable(value: unknown): value is Iterable<[string, unknown]> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
