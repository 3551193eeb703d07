/** Distinguishes a CORS error from a server that can't be reached. */

/**
 * Whether the server responds to a request without CORS. The request is aborted once the headers have arrived, or if the
 * answer isn't needed any more.
 */
export async function respondsWithoutCors(
  url: string,
  credentials: RequestCredentials,
  abort: AbortController,
): Promise<boolean> {
  try {
    await fetch(url, { mode: 'no-cors', cache: 'no-store', credentials, signal: abort.signal });
    return true;
  } catch {
    return false;
  } finally {
    abort.abort();
  }
}
