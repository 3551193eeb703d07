/** A log of the network traffic: requests, responses, and every line of their event streams. */

export type WireKind = 'request' | 'response' | 'event' | 'comment' | 'retry' | 'delay' | 'end' | 'error';
export type WireSource = 'chat' | 'feed';

export interface WireEntry {
  /** Milliseconds since the page was loaded. */
  at: number;
  source: WireSource;
  /** The number of the request since the connection was opened: the first is 1. */
  attempt: number;
  kind: WireKind;
  /** The first line of the entry. */
  summary: string;
  /** The original lines of an event, or the headers and the body of a request. */
  details?: string | undefined;
  /** The data of an event. */
  data?: string | undefined;
}

const mostEntries = 2000;
const mostDetails = 20_000;
const secret = /^(authorization|cookie|.*(api-?key|token|secret).*)$/i;

export class Wire {
  readonly entries: WireEntry[] = [];
  onchange: () => void = () => {};
  readonly #attempts = new Map<WireSource, number>();

  /** Starts a new connection, whose attempts are counted from 1 again. */
  begin(source: WireSource): void {
    this.#attempts.set(source, 0);
  }

  /** Adds an entry of the client, not of the network. */
  note(source: WireSource, kind: WireKind, summary: string): void {
    this.#add({ source, attempt: this.#attempts.get(source) ?? 0, kind, summary });
  }

  clear(): void {
    this.entries.length = 0;
    this.onchange();
  }

  /** Returns a `fetch` that logs its requests and responses. */
  fetch(source: WireSource): (input: RequestInfo | URL, init?: RequestInit) => Promise<Response> {
    return async (input, init) => {
      const attempt = (this.#attempts.get(source) ?? 0) + 1;
      this.#attempts.set(source, attempt);
      const add = (entry: Pick<WireEntry, 'kind' | 'summary' | 'details' | 'data'>) =>
        this.#add({ source, attempt, ...entry });
      const url = input instanceof Request ? input.url : `${input}`;
      const body = typeof init?.body === 'string' ? `\n\n${init.body}` : '';
      add({
        kind: 'request',
        summary: `${init?.method ?? 'GET'} ${url}`,
        details: headerLines(new Headers(init?.headers)) + body,
      });
      let response: Response;
      try {
        response = await fetch(input, init);
      } catch (error) {
        add(init?.signal?.aborted ? gone : { kind: 'error', summary: `No response: ${error}` });
        throw error;
      }
      const { status, statusText, headers } = response;
      const summary = `${status} ${statusText}`.trim();
      add({ kind: 'response', summary, details: headerLines(headers) });
      // Some engines give a 204 a body, with which a Response can't be constructed.
      const { body: stream } = response;
      return stream && ![204, 205, 304].includes(status) ? observed(response, stream, add) : response;
    };
  }

  #add(entry: Omit<WireEntry, 'at'>): void {
    this.entries.push({ ...entry, at: performance.now() });
    if (this.entries.length > mostEntries) this.entries.shift();
    this.onchange();
  }
}

type Add = (entry: Pick<WireEntry, 'kind' | 'summary' | 'details' | 'data'>) => void;

const gone = { kind: 'end', summary: 'The client closed the connection' } as const;

/** Returns a response whose body is logged while the client reads it. */
function observed(response: Response, body: ReadableStream<Uint8Array>, add: Add): Response {
  const reader = body.getReader();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  const lines = new WireLines(add);
  let isOver = false;
  const end = (entry: Parameters<Add>[0]) => {
    if (!isOver) add(entry);
    isOver = true;
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            end({ kind: 'end', summary: 'The server ended the response' });
            controller.close();
            return;
          }
          if (isStream) lines.feed(value);
          controller.enqueue(value);
        } catch (error) {
          const isAborted = (error as Error)?.name === 'AbortError';
          end(isAborted ? gone : { kind: 'error', summary: `The connection broke: ${error}` });
          controller.error(error);
        }
      },
      cancel(reason) {
        end(gone);
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  const { status, statusText, headers, url } = response;
  return Object.defineProperty(new Response(stream, { status, statusText, headers }), 'url', { value: url });
}

/** Splits a stream into its blocks, without changes. */
class WireLines {
  readonly #add: Add;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #block: string[] = [];

  constructor(add: Add) {
    this.#add = add;
  }

  feed(bytes: Uint8Array): void {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    // A carriage return at the end may be half of a line break.
    for (;;) {
      const found = /\r\n|\n|\r(?!$)/.exec(this.#rest);
      if (!found) break;
      this.#line(this.#rest.slice(0, found.index));
      this.#rest = this.#rest.slice(found.index + found[0].length);
    }
  }

  #line(line: string): void {
    if (line.startsWith(':')) {
      this.#add({ kind: 'comment', summary: line });
    } else if (line.startsWith('retry:')) {
      this.#add({ kind: 'retry', summary: line });
    } else if (line !== '') {
      this.#block.push(line);
    } else if (this.#block.length > 0) {
      const values = (name: string) =>
        this.#block
          .filter((line) => line === name || line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).replace(/^ /, ''));
      const data = values('data').join('\n');
      const type = values('event').at(-1) || 'message';
      const id = values('id').at(-1);
      const summary = id === undefined ? type : `${type} · id ${id}`;
      const details = this.#block.join('\n').slice(0, mostDetails);
      this.#add({ kind: 'event', summary, details, data: data.slice(0, mostDetails) });
      this.#block = [];
    }
  }
}

const headerLines = (headers: Headers): string =>
  [...headers].map(([name, value]) => `${name}: ${secret.test(name) ? hide(value) : value}`).join('\n');

/** Hides secrets, because users share logs. */
const hide = (value: string): string => value.replace(/\S+$/, '•••');

/** The text for copying. */
export const toText = (entries: readonly WireEntry[]): string =>
  entries
    .map(({ at, source, attempt, kind, summary, details }) => {
      const head = `${(at / 1000).toFixed(3)} ${source} #${attempt} ${kind}: ${summary}`;
      return details ? `${head}\n${details.replace(/^/gm, '    ')}` : head;
    })
    .join('\n');
