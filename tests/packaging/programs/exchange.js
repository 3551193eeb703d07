/** A POST whose answer is streamed. Gives what came, and whether it came while it was sent. */
export function exchange(EventSource, url) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(url, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: 'ping',
    });
    const words = [];
    const times = [];
    source.onmessage = ({ data }) => {
      words.push(data);
      times.push(Date.now());
    };
    source.onerror = ({ kind, message }) => {
      source.close();
      reject(new Error(`${kind}: ${message}`));
    };
    source.addEventListener('close', () => {
      words.push(times[1] - times[0] > 100 ? 'streamed' : 'at once');
      resolve(words.join(' '));
    });
  });
}
