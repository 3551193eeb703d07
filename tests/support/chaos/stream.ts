/** The events of the chaos server, for the server and the tests. */

/** The data of the event with this number: one to three lines, with characters of one to four bytes. */
export function dataOf(number: number): string {
  const filler = ['plain', 'é', '世界', '😀', ''][number % 5] ?? '';
  const lines = Array.from(
    { length: 1 + (number % 3) },
    (_, line) => `${filler.repeat(number % 11)} ${line}`,
  );
  return `${number} ${lines.join('\n')}`;
}

/** How a run went, as seen by the server. */
export interface Run {
  /** Requests that reached the server. */
  requests: number;
  /** The number of connections for each kind of end. */
  fates: Record<string, number>;
}

/** Addresses and options of the chaos server, injected by the bundler. */
export interface ChaosFacts {
  /** The address of the proxy. */
  proxy: string;
  /** The address of the server. `/runs/<key>` returns the `Run` of `/streams/<key>`. */
  server: string;
  seed: number;
  runs: number;
}
