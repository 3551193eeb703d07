import type { StreamError } from './completion';
import * as format from './format';

/** An error as its reader needs it: what happened, what to do, and the server's own words. */
export interface Notice {
  /** For tests and styles. */
  kind: string;
  title: string;
  advice: string;
  detail?: string;
  /** When the server asked to be asked again. */
  retryAt?: Date;
}

export function explain(error: StreamError, received: number): Notice {
  const { kind, status, headers, message } = error;
  const said = serverMessage(error.body);
  const detail = said ?? message;

  if (kind === 'webassembly') {
    return {
      kind,
      title: 'WebAssembly is blocked on this page',
      advice: "The page's Content-Security-Policy has to allow it: add 'wasm-unsafe-eval' to script-src.",
      detail: message,
    };
  }
  if (kind === 'content-type') {
    return {
      kind,
      title: 'That is not an event stream',
      advice: `The server answered with ${headers?.get('content-type') ?? 'no type'} where text/event-stream was expected. Check the URL.`,
      detail: message,
    };
  }
  if (kind === 'malformed') {
    return {
      kind,
      title: 'The answer can’t be read',
      advice: 'The stream isn’t in OpenAI’s shape. Check the base URL.',
      detail,
    };
  }
  if (kind === 'provider') {
    return {
      kind,
      title: 'The server reported an error',
      advice: received > 0 ? kept : 'Send again.',
      detail,
    };
  }
  if (kind === 'too-large') {
    return {
      kind,
      title: 'The server sent too much at once',
      advice: 'One event was above the limit.',
      detail,
    };
  }
  if (kind === 'cut') {
    return {
      kind,
      title: 'The answer ends before it is complete',
      advice: received > 0 ? kept : 'Nothing came of it. Check that this is the URL of a model.',
      detail,
    };
  }
  if (status !== undefined && status !== 200) return explainStatus(status, detail, headers);
  if (received > 0) {
    return {
      kind: 'lost',
      title: 'The server went away in mid-answer',
      advice: `${kept} It isn’t sent again by itself, so that nothing is done or paid for twice.`,
      detail: message,
    };
  }
  return {
    kind: 'network',
    title: 'The server can’t be reached',
    advice:
      'Check the address and the connection; a server on another origin also has to allow this page by CORS.',
    detail: message,
  };
}

const kept = 'What came so far is kept above.';

function explainStatus(status: number, detail: string, headers: Headers | undefined): Notice {
  const kind = String(status);
  switch (status) {
    case 401:
    case 403:
      return {
        kind,
        title: 'The server doesn’t accept the key',
        advice: 'Check the API key in the settings, or the Authorization header.',
        detail,
      };
    case 404:
      return {
        kind,
        title: 'The server doesn’t know this',
        advice: 'Check the URL and the model’s name.',
        detail,
      };
    case 429: {
      const retryAt = parseRetryAfter(headers?.get('retry-after') ?? null);
      return {
        kind,
        title: 'Too many requests',
        advice: retryAt ? 'The server asks for a pause.' : 'Wait a little, then send again.',
        detail,
        ...(retryAt && { retryAt }),
      };
    }
    case 204:
      return {
        kind,
        title: 'The server has nothing to say',
        advice: 'It answered 204 No Content, which asks clients not to come back.',
      };
    default:
      return {
        kind,
        title: status >= 500 ? 'The server is in trouble' : 'The server refused the request',
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

/** The message in OpenAI's error body, or the start of a plain one. */
function serverMessage(body: string | undefined): string | undefined {
  if (!body) return undefined;
  try {
    const { error } = JSON.parse(body);
    if (typeof error?.message === 'string') return error.message;
  } catch {}
  return body.length > 300 ? `${body.slice(0, 300)}…` : body;
}

/** `12 s`, or `2 min 5 s`, until a time; empty once it has come. */
export function timeUntil(date: Date, now = Date.now()): string {
  const left = Math.ceil((date.getTime() - now) / 1000) * 1000;
  return left <= 0 ? '' : left < 60_000 ? `${left / 1000} s` : format.duration(left);
}
