/** Resolves and checks the URL of a stream, and moves its credentials into a header. */

/** [spec] Forbidden domain code points, percent-encoded: Chromium's `URL` encodes some of them instead of throwing. */
const FORBIDDEN_IN_HOSTS = /%(?:[01].|2[035F]|3[ACEF]|40|5[B-E]|7[CF])/i;

/**
 * Returns the absolute URL, serialized (HTML, "encoding-parse a URL"). The base is the document's base URL, or the
 * script's URL in a worker.
 *
 * @throws `SyntaxError` (a `DOMException`) if the URL doesn't parse
 */
export function resolveUrl(url: unknown): string {
  const { document, location } = globalThis as { document?: Partial<Document>; location?: Location };
  const base = document?.baseURI ?? location?.href;
  const text = `${url as string}`;
  let resolved: string | undefined;
  try {
    const { href, hostname } = new URL(text, base);
    // Most hosts have no escapes, and the first use of a regular expression takes a millisecond in a new page.
    if (!hostname.includes('%') || !FORBIDDEN_IN_HOSTS.test(hostname) || !href.startsWith('http'))
      resolved = href;
  } catch {
    // Reported below.
  }
  if (resolved === undefined) {
    const where = base === undefined ? '; a relative URL needs a page' : ` relative to ${base}`;
    throw new DOMException(`EventSource: "${text}" is not a valid URL${where}`, 'SyntaxError');
  }
  const { characterSet = 'UTF-8' } = document ?? {};
  if (characterSet === 'UTF-8' || !document?.createElement) return resolved;
  // In other encodings, the query is encoded like the document. Only elements do that.
  return Object.assign(document.createElement('a'), { href: text }).href;
}

/**
 * Removes the user name and password, because `fetch` rejects URLs with them. Returns an `Authorization` header if the
 * native class would send them: to the page's own origin, or with credentials.
 */
export function splitCredentials(
  url: string,
  sendsCredentials: boolean,
): { url: string; authorization?: string } {
  // Parsing every URL would cost more than the rest of building the request.
  if (!url.includes('@')) return { url };
  const parsed = new URL(url);
  const { username, password, origin } = parsed;
  if (username === '' && password === '') return { url };
  parsed.username = '';
  parsed.password = '';
  const { location } = globalThis as { location?: Location };
  if (!sendsCredentials && location && location.origin !== origin) return { url: parsed.href };
  return { url: parsed.href, authorization: `Basic ${btoa(percentDecode(`${username}:${password}`))}` };
}

/** Decodes to a byte string: one code unit for each byte. */
const percentDecode = (text: string): string =>
  text.replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Encodes a text for a header: a string whose code units are the bytes of the text in UTF-8. */
export function byteString(text: string): string {
  // `encodeURIComponent` throws for lone surrogates.
  return percentDecode(encodeURIComponent(text.replace(/[\uD800-\uDFFF]/gu, '\uFFFD')));
}

const argumentErrors = new WeakSet<object>();

/** Whether an exception is about a wrong argument: a retry would have the same result. */
export const isArgumentError = (error: unknown): boolean => argumentErrors.has(error as object);

/** Throws a `TypeError` for a wrong argument. */
export function fail(message: string): never {
  const error = new TypeError(`EventSource: ${message}`);
  argumentErrors.add(error);
  throw error;
}

/** The type of a value, for error messages. */
export function typeName(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
