/** A POST whose answer is streamed. */
export const request = { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'ping' };

/** Takes words, and gives them with whether they came one after the other. */
export function note() {
  const words = [];
  const times = [];
  const hear = (word) => {
    words.push(word);
    times.push(Date.now());
  };
  const heard = () => [...words, times[1] - times[0] > 50 ? 'streamed' : 'at once'].join(' ');
  return { hear, heard };
}

/** The exchange by any class that is an `EventSource`. */
export function exchange(EventSource, url) {
  return new Promise((resolve, reject) => {
    const { hear, heard } = note();
    const source = new EventSource(url, request);
    source.onmessage = ({ data }) => hear(data);
    source.onerror = ({ kind, message }) => {
      source.close();
      reject(new Error(`${kind}: ${message}`));
    };
    source.addEventListener('close', () => resolve(heard()));
  });
}
