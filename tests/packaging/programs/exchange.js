/** A POST whose answer is streamed. */
export const request = { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'ping' };

/**
 * Takes words, tells the server of the first, which it waits for, and gives them all. The server says in the second
 * whether the first came before it.
 */
export function note(url) {
  const words = [];
  const hear = (word) => {
    words.push(word);
    if (words.length === 1) fetch(url.replace(/scenarios\/(\d+)\/stream$/, 'heard/$1')).catch(() => {});
  };
  return { hear, heard: () => words.join(' ') };
}

/** The exchange by any class that is an `EventSource`. */
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
