/** The package's faces, each as its user would read a model's answer with it. In: a request. Out: pieces of the answer. */
import { EventSource } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { type CompletionErrorKind, completion } from 'eventsource-wasm/llm';
import { events } from 'eventsource-wasm/stream';

export interface FaceRequest {
  url: string;
  headers: Record<string, string>;
  body: object;
  signal: AbortSignal;
}

/** Who hears of an answer. */
export interface Taker {
  /** The response has begun. */
  opened(): unknown;
  /** Something came; `token` is its piece of the answer, empty where it brought none. */
  took(data: string, token: string): unknown;
  /** Why the answer ended, in the server's word. */
  reason(reason: string): void;
}

export interface Face {
  /** How its name is written where it is called. */
  label: string;
  /** Resolves when the answer is complete, or when `signal` is aborted; rejects if it doesn't become complete. */
  stream(request: FaceRequest, taker: Taker): Promise<void>;
}

/** The answer's chunks, read by hand: what `completion` does by itself. */
class Chunks {
  /** Nothing follows. */
  isDone = false;
  readonly #taker: Taker;
  #isFinished = false;

  constructor(taker: Taker) {
    this.#taker = taker;
  }

  take(data: string): void {
    if (data === '[DONE]') {
      this.isDone = true;
      this.#taker.took(data, '');
      return;
    }
    const { error, choices } = parse(data);
    if (error) throw problem('provider', error.message ?? 'no message');
    if (!Array.isArray(choices)) throw problem('malformed', `This came: ${data.slice(0, 200)}`);
    const reason = choices[0]?.finish_reason;
    if (reason) {
      this.#isFinished = true;
      this.#taker.reason(reason);
    }
    this.#taker.took(data, choices[0]?.delta?.content ?? '');
  }

  /** The stream came to its end. Some servers leave out [DONE]; a reason to finish says as much. */
  end(): void {
    if (!this.isDone && !this.#isFinished) throw problem('cut', 'The stream ended before the answer did.');
  }
}

const withCompletion: Face = {
  label: 'completion()',
  async stream({ url, headers, body, signal }, taker) {
    const answer = completion(url, { headers, body, signal, fetch: telling(taker) });
    for await (const part of answer) {
      if (part.type === 'text') taker.took(part.text, part.text);
      if (part.type === 'finish') taker.reason(part.reason ?? '');
    }
  },
};

const withClass: Face = {
  label: 'EventSource',
  stream: ({ url, headers, body, signal }, taker) =>
    new Promise((resolve, reject) => {
      const chunks = new Chunks(taker);
      const source = new EventSource(url, { ...post(headers, body), signal });
      const settle = (step: () => void) => {
        try {
          step();
        } catch (error) {
          source.close();
          reject(error);
        }
      };
      source.onopen = () => taker.opened();
      source.onmessage = ({ data }) =>
        settle(() => {
          chunks.take(data);
          if (!chunks.isDone) return;
          source.close();
          resolve();
        });
      source.addEventListener('close', () =>
        settle(() => {
          chunks.end();
          resolve();
        }),
      );
      // A POST isn't sent again, so each error is the last.
      source.onerror = reject;
      signal.addEventListener('abort', () => resolve());
    }),
};

const withCallbacks: Face = {
  label: 'fetchEventSource()',
  async stream({ url, headers, body, signal }, taker) {
    const chunks = new Chunks(taker);
    const done = new AbortController();
    await fetchEventSource(url, {
      ...post(headers, body),
      signal: AbortSignal.any([signal, done.signal]),
      fetch: telling(taker),
      onmessage({ data }) {
        chunks.take(data);
        if (chunks.isDone) done.abort();
      },
    });
    if (!signal.aborted) chunks.end();
  },
};

const withLoop: Face = {
  label: 'events()',
  async stream({ url, headers, body, signal }, taker) {
    const chunks = new Chunks(taker);
    for await (const { data } of events(url, { ...post(headers, body), signal, fetch: telling(taker) })) {
      chunks.take(data);
      if (chunks.isDone) break;
    }
    chunks.end();
  },
};

/** All that there are, by the name that the page knows them under; the first is what an app would take. */
export const faces = {
  completion: withCompletion,
  EventSource: withClass,
  fetchEventSource: withCallbacks,
  events: withLoop,
} satisfies Record<string, Face>;

export type FaceName = keyof typeof faces;

const post = (headers: Record<string, string>, body: object) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** A `fetch` that says when an event stream begins, for the faces that have no event for it. */
const telling =
  (taker: Taker): typeof fetch =>
  async (input, init) => {
    const response = await fetch(input, init);
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) taker.opened();
    return response;
  };

/** What is wrong with the answer, by the names that `completion` has for it. */
const problem = (kind: CompletionErrorKind, message: string): Error =>
  Object.assign(new Error(message), { kind });

interface Chunk {
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  error?: { message?: string };
}

function parse(data: string): Chunk {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
