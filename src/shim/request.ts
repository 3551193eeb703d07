/** The request of each attempt: what the user gave, or what the user's functions give for it. */

import { fail, resolveUrl } from './argument.js';
import type { Attempt, EventSourceInit, PerAttempt, ResumeRequest } from './types.js';

/** What the Rust driver sends (`Request` in `src/browser/sys.rs`). */
export interface Request {
  url: string;
  headers: Headers;
  init: RequestInit;
}

/** A request before its functions are called. */
interface Template {
  url: PerAttempt<string | URL>;
  headers: PerAttempt<HeadersInit>;
  body: PerAttempt<BodyInit | null>;
  init: RequestInit;
}

/** Makes requests. What can be seen to be wrong before the first is thrown by the constructor. */
export class Requests {
  readonly #first: Template;
  readonly #resuming: Template;
  #idempotencyKey: string | null = null;
  #isBodySpent = false;

  constructor(url: string, method: string, init: RequestInit, options: EventSourceInit) {
    const { headers = {}, body = null } = options;
    this.#first = { url: options.url ?? url, headers, body, init: { ...init, method } };
    const resume: ResumeRequest = options.resume ?? {};
    this.#resuming = {
      url: resume.url ?? this.#first.url,
      headers: resume.headers ?? withoutContentType(headers),
      body: resume.body ?? null,
      init: { ...init, method: `${resume.method ?? 'GET'}` },
    };
    for (const { headers, body, init } of [this.#first, this.#resuming]) {
      if (typeof headers !== 'function') toHeaders(headers);
      if (typeof body !== 'function') checkBody(init.method as string, body);
    }
  }

  /** The request of an attempt, at once where no function of the user's has to be waited for. */
  make(attempt: Attempt, resumes: boolean): Request | Promise<Request> {
    const { url, headers, body, init } = resumes ? this.#resuming : this.#first;
    const parts = [url, headers, body].map((part) => (typeof part === 'function' ? part(attempt) : part));
    const isAsync = parts.some((part) => typeof (part as Promise<unknown> | null)?.then === 'function');
    const finish = (parts: unknown[]) =>
      this.#finish(init, parts as [string | URL, HeadersInit, BodyInit | null], resumes);
    return isAsync ? Promise.all(parts).then(finish) : finish(parts);
  }

  #finish(
    template: RequestInit,
    [url, headersInit, body]: [string | URL, HeadersInit, BodyInit | null],
    resumes: boolean,
  ): Request {
    const headers = toHeaders(headersInit);
    const init: RequestInit & { duplex?: 'half' } = { ...template };
    if (!resumes) {
      this.#idempotencyKey ??= headers.get('Idempotency-Key');
      if (this.#idempotencyKey !== null) headers.set('Idempotency-Key', this.#idempotencyKey);
    }
    checkBody(init.method as string, body);
    if (body !== null && body !== undefined) init.body = body;
    if (typeof ReadableStream === 'function' && body instanceof ReadableStream) {
      if (this.#isBodySpent && this.#first.body === body) {
        fail(
          'the body is a stream, which can be sent only once; give a function that makes a new one each time',
        );
      }
      this.#isBodySpent = true;
      checkStreamsCanBeSent();
      init.duplex ??= 'half';
    }
    return { url: resolveUrl(url), headers, init };
  }
}

function checkBody(method: string, body: unknown): void {
  if (body === undefined || body === null) return;
  if (/^(get|head)$/i.test(method)) {
    fail(`a ${method} request can't have a body; give a method that can: { method: 'POST', body }`);
  }
  const prototype = typeof body === 'object' ? Object.getPrototypeOf(body) : undefined;
  if (prototype === null || prototype === Object.prototype || Array.isArray(body)) {
    fail(
      'the body is a plain object, which fetch would send as "[object Object]"; give JSON.stringify(body)' +
        ' and the header Content-Type: application/json',
    );
  }
}

/** Some browsers send the text "[object ReadableStream]" and say nothing. Those that can send it ask for `duplex`. */
function checkStreamsCanBeSent(): void {
  let asked = false;
  const { headers } = new globalThis.Request('http://localhost/', {
    method: 'POST',
    body: new ReadableStream(),
    get duplex() {
      asked = true;
      return 'half';
    },
  } as RequestInit);
  if (!asked || headers.has('Content-Type')) fail("this platform's fetch can't send a stream as a body");
}

function toHeaders(init: HeadersInit): Headers {
  if (init instanceof Headers) return new Headers(init);
  const entries: Iterable<unknown> = isIterable(init) ? init : Object.entries(init ?? {});
  const headers = new Headers();
  for (const entry of entries) {
    const [name, value] = entry as [string, unknown];
    if (typeof value !== 'string') {
      fail(
        `the value of the header "${name}" is ${value === null ? 'null' : typeof value}; it has to be a string`,
      );
    }
    try {
      headers.append(name, value as string);
    } catch (cause) {
      fail(`the header "${name}" can't be sent: ${(cause as Error).message}`);
    }
  }
  return headers;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** A body's type is of no use to a request without one. */
function withoutContentType(headers: PerAttempt<HeadersInit>): PerAttempt<HeadersInit> {
  const strip = (init: HeadersInit) => {
    const stripped = toHeaders(init);
    stripped.delete('Content-Type');
    return stripped;
  };
  return typeof headers === 'function' ? async (attempt) => strip(await headers(attempt)) : strip(headers);
}
