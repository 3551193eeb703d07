/** What the chaos server streams, known to both ends. */

/** The data of the event with this number: of one line or several, of characters of one byte to four. */
export function dataOf(number: number): string {
  const filler = ['plain', 'é', '世界', '😀', ''][number % 5] ?? '';
  const lines = Array.from(
    { length: 1 + (number % 3) },
    (_, line) => `${filler.repeat(number % 11)} ${line}`,
  );
  return `${number} ${lines.join('\n')}`;
}

/** How a run went, as the server saw it. */
export interface Run {
  /** Requests that reached the server. */
  requests: number;
  /** Connections by what became of them. */
  fates: Record<string, number>;
}

/** Where the chaos is, put in by the bundler. */
export interface ChaosFacts {
  /** Through the proxy. */
  proxy: string;
  /** The server itself: `/runs/<key>` has the `Run` of `/streams/<key>`. */
  server: string;
  seed: number;
  runs: number;
}
