/** The constructor's arguments, checked and completed. What is wrong with them is thrown at once. */

import type { EventSourceInit } from './types.js';

/** What the Rust driver takes for a request (`Request` in `src/browser/sys.rs`). */
export interface Request {
  url: string;
  method: string;
  headers: Headers;
  init: RequestInit;
  fetch: EventSourceInit['fetch'];
}

const ownNames = ['withCredentials', 'headers', 'signal', 'fetch'];

/** What `fetch` takes in browsers, and what the `fetch` of Node, Bun, Deno and Cloudflare's workers adds to it. */
const fetchNames = [
  ...['method', 'body', 'cache', 'credentials', 'duplex', 'integrity', 'keepalive', 'mode', 'priority'],
  ...['redirect', 'referrer', 'referrerPolicy', 'targetAddressSpace', 'window'],
  ...['dispatcher', 'client', 'cf', 'decompress', 'proxy', 'tls', 'unix', 'verbose'],
];

/**
 * The absolute URL, serialized (HTML, "encoding-parse a URL"). The base is the document's, in a worker its script's.
 */
export function resolveUrl(text: string): string {
  const { document, location } = globalThis as { document?: Document; location?: Location };
  const base = document?.baseURI ?? location?.href;
  let url: string;
  try {
    url = new URL(text, base).href;
  } catch {
    const where =
      base === undefined
        ? '; there is no page here that a relative URL could refer to'
        : ` relative to ${base}`;
    throw new DOMException(`EventSource: "${text}" is not a valid URL${where}`, 'SyntaxError');
  }
  if (!document?.createElement || document.characterSet === 'UTF-8') return url;
  // Elsewhere the query is encoded as the document is, which only elements do.
  return Object.assign(document.createElement('a'), { href: text }).href;
}

/** The constructor's second argument as a dictionary: a copy, as each member is read once. */
export function toDictionary(init: unknown): EventSourceInit {
  if (init === undefined || init === null) return {};
  if (typeof init !== 'object' && typeof init !== 'function') fail('the second argument has to be an object');
  // Also where a loop over the names doesn't come by.
  const { withCredentials } = init as EventSourceInit;
  const members: Record<string, unknown> = { withCredentials: Boolean(withCredentials) };
  for (const name in init) {
    if (name !== 'withCredentials') members[name] = (init as Record<string, unknown>)[name];
  }
  return members;
}

/** The request that the user's `init` asks for. */
export function toRequest(url: string, init: EventSourceInit): Request {
  const fetchInit: Record<string, unknown> = {
    cache: 'no-store',
    credentials: init.withCredentials ? 'include' : 'same-origin',
    mode: 'cors',
  };
  for (const name in init) {
    const value = init[name as keyof EventSourceInit];
    if (fetchNames.includes(name)) {
      if (value !== undefined) fetchInit[name] = value;
    } else if (!ownNames.includes(name)) {
      fail(`unknown option "${name}"; there are ${[...ownNames, ...fetchNames].join(', ')}`);
    }
  }
  const { fetch } = init;
  if (fetch !== undefined && typeof fetch !== 'function') fail('the option "fetch" has to be a function');
  const method = `${init.method ?? 'GET'}`;
  checkBody(method, init.body);
  return { url, method, headers: toHeaders(init.headers), init: fetchInit, fetch };
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

function toHeaders(init: HeadersInit | undefined): Headers {
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

/** Says which class and what is wrong. */
function fail(message: string): never {
  throw new TypeError(`EventSource: ${message}`);
}
