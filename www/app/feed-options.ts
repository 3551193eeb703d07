/** Parses and checks the form of the feed view. */

export interface FeedOptions {
  url: string;
  method: string;
  headers: [string, string][];
  body: string | undefined;
  reconnect: boolean | Record<string, unknown> | undefined;
  /** Milliseconds. */
  idleTimeout: number | undefined;
  lastEventId: string;
  shared: boolean;
}

/** The choices of the control `reconnect`. */
export const reconnections: { name: string; label: string; value: FeedOptions['reconnect'] }[] = [
  { name: '', label: 'as the standard says', value: undefined },
  { name: 'off', label: 'never', value: false },
  { name: 'on', label: 'always, with longer and longer delays', value: true },
  { name: 'three', label: 'three attempts at most', value: { maxAttempts: 3 } },
  { name: 'busy', label: 'also after 429 and 503', value: { statuses: [429, 503] } },
];

/** Parses headers, one per line. */
export function parseHeaders(text: string): [string, string][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const colon = line.indexOf(':');
      if (colon < 1) throw new TypeError(`Write a header as "Name: value". This line has no name: ${line}`);
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    });
}

/** Returns the absolute URL. The class accepts any scheme, but `fetch` supports only these. */
export function parseUrl(text: string): string {
  const url = URL.canParse(text, document.baseURI) ? new URL(text, document.baseURI) : undefined;
  if (!url) throw new TypeError(`This is not a valid URL: ${text}`);
  if (!/^https?:$/.test(url.protocol))
    throw new TypeError(`The URL begins with ${url.protocol} but must begin with http:// or https://`);
  return url.href;
}

/** Adds the JSON content type if the body is JSON and no header sets a type. */
export function withContentType(headers: [string, string][], body: string | undefined): [string, string][] {
  const isJson = body !== undefined && isObject(body);
  if (!isJson || headers.some(([name]) => /^content-type$/i.test(name))) return headers;
  return [...headers, ['Content-Type', 'application/json']];
}

function isObject(body: string): boolean {
  try {
    return typeof JSON.parse(body) === 'object';
  } catch {
    return false;
  }
}
