/** What all arguments have in common: URLs among them, and the words for what is wrong. */

/**
 * The absolute URL, serialized (HTML, "encoding-parse a URL"). The base is the document's, in a worker its script's.
 */
export function resolveUrl(url: unknown): string {
  const { document, location } = globalThis as { document?: Document; location?: Location };
  const base = document?.baseURI ?? location?.href;
  const text = `${url as string}`;
  let resolved: string;
  try {
    resolved = new URL(text, base).href;
  } catch {
    const where =
      base === undefined
        ? '; there is no page here that a relative URL could refer to'
        : ` relative to ${base}`;
    throw new DOMException(`EventSource: "${text}" is not a valid URL${where}`, 'SyntaxError');
  }
  if (!document?.createElement || document.characterSet === 'UTF-8') return resolved;
  // Elsewhere the query is encoded as the document is, which only elements do.
  return Object.assign(document.createElement('a'), { href: text }).href;
}

/** Says which class and what is wrong. */
export function fail(message: string): never {
  throw new TypeError(`EventSource: ${message}`);
}
