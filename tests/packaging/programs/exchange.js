/** A POST whose answer is streamed. */
export const request = { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'ping' };

/**
 * Collects words. It confirms the first word to the server, which waits for that. The second word says whether the
 * confirmation came in time.
 */
export function note(url) {
  const words = [];
  const hear = (word) => {
    words.push(word);
    if (words.length === 1) fetch(url.replace(/scenarios\/(\d+)\/stream$/, 'heard/$1')).catch(() => {});
  };
  return { hear, heard: () => words.join(' ') };
}

/** Does the exchange with any `EventSource` class. */
export function exchange(EventSource, url, init = request) {
  return new Promise((resolve, reject) => {
    const { hear, heard } = note(url);
    const source = new EventSource(url, init);
    source.onmessage = ({ data }) => hear(data);
    source.onerror = ({ kind, message }) => {
      source.close();
      reject(new Error(`${kind}: ${message}`));
    };
    source.addEventListener('close', () => resolve(heard()));
  });
}
