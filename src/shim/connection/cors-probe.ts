/** Distinguishes a CORS error from a server that can't be reached. */

/** Whether the server responds to a request without CORS. The request is aborted once the headers have arrived. */
export async function respondsWithoutCors(url: string, credentials: RequestCredentials): Promise<boolean> {
  const abort = new AbortController();
  try {
    await fetch(url, { mode: 'no-cors', cache: 'no-store', credentials, signal: abort.signal });
    return true;
  } catch {
    return false;
  } finally {
    abort.abort();
  }
}
