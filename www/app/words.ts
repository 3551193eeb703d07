import type { StreamError } from './completion';
import * as format from './format';

/** An error for the user: what happened, what to do, and the server's message. */
export interface Notice {
  /** For tests and styles. */
  kind: string;
  title: string;
  advice: string;
  detail?: string;
  /** When the server allows the next request. */
  retryAt?: Date;
  /** Whether this isn't an error, and is shown differently. */
  isNormal?: boolean;
}

const kept = 'The text so far is kept above.';

/** Titles and advice by the kind of the error. */
const known: Record<
  string,
  (received: number, headers: Headers | undefined) => [title: string, advice: string]
> = {
  webassembly: () => [
    'WebAssembly is blocked on this page',
    "The page's Content-Security-Policy has to allow it: add 'wasm-unsafe-eval' to script-src.",
  ],
  'content-type': (_received, headers) => [
    'The response is not an event stream',
    `Its content type is ${headers?.get('content-type') ?? 'missing'}, but text/event-stream is expected. Check the URL.`,
  ],
  malformed: () => [
    'The answer can’t be read',
    'It is not in the format of OpenAI’s API. Check the base URL.',
  ],
  provider: (received) => ['The server reported an error', received > 0 ? kept : 'Send the message again.'],
  'too-large': () => ['An event is too large', 'It is above the limit of 64 MiB.'],
  timeout: () => ['The server was silent for too long', 'Check the server, or choose a longer timeout.'],
  cut: (received) => [
    'The answer is incomplete',
    received > 0 ? kept : 'The response is empty. Check that this is the URL of a model.',
  ],
};

export function explain(error: StreamError, received: number): Notice {
  const { kind, status, headers, message } = error;
  const detail = serverMessage(error.body) ?? message;
  const words = kind === undefined ? undefined : known[kind];
  if (kind !== undefined && words) {
    const [title, advice] = words(received, headers);
    return { kind, title, advice, detail };
  }
  if (status !== undefined && status !== 200) return explainStatus(status, detail, headers);
  if (received > 0) {
    return {
      kind: 'lost',
      title: 'The connection broke',
      advice: `${kept} The request is not sent again automatically, so that nothing is done or paid for twice.`,
      detail: message,
    };
  }
  return {
    kind: 'network',
    title: 'The server can’t be reached',
    advice: 'Check the URL and your connection. A server on another origin has to allow this page by CORS.',
    detail: message,
  };
}

function explainStatus(status: number, detail: string, headers: Headers | undefined): Notice {
  const kind = String(status);
  switch (status) {
    case 401:
    case 403:
      return {
        kind,
        title: 'The server rejects the key',
        advice: 'Check the API key in the settings, or the Authorization header.',
        detail,
      };
    case 404:
      return { kind, title: 'Not found', advice: 'Check the URL and the name of the model.', detail };
    case 429: {
      const retryAt = parseRetryAfter(headers?.get('retry-after') ?? null);
      return {
        kind,
        title: 'Too many requests',
        advice: retryAt ? 'The server asks you to wait.' : 'Wait a little, then send again.',
        detail,
        ...(retryAt && { retryAt }),
      };
    }
    case 204:
      return {
        kind,
        title: 'No content',
        advice: 'The server answered 204: there are no events, and the client does not come back.',
        isNormal: true,
      };
    default:
      return {
        kind,
        title: status >= 500 ? 'The server has a problem' : 'The server refused the request',
        advice: status >= 500 ? `It answered ${status}. Try again later.` : `It answered ${status}.`,
        detail,
      };
  }
}

/** `Retry-After` is a number of seconds or a date. */
export function parseRetryAfter(value: string | null, now = Date.now()): Date | undefined {
  if (value === null) return undefined;
  const time = /^\d+$/.test(value.trim()) ? now + Number(value) * 1000 : Date.parse(value);
  return Number.isNaN(time) ? undefined : new Date(time);
}

/** The message of an error in OpenAI's format, or the start of any other body. */
function serverMessage(body: string | undefined): string | undefined {
  if (!body) return undefined;
  try {
    const { error } = JSON.parse(body);
    if (typeof error?.message === 'string') return error.message;
  } catch {}
  return body.length > 300 ? `${body.slice(0, 300)}…` : body;
}

/** The time left, such as `12 s` or `2 min 5 s`. Empty when the time has passed. */
export function timeUntil(date: Date, now = Date.now()): string {
  const left = Math.ceil((date.getTime() - now) / 1000) * 1000;
  return left <= 0 ? '' : left < 60_000 ? `${left / 1000} s` : format.duration(left);
}
