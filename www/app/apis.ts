/** Reads a model's answer with each API of the package, like an app. */
import { EventSource } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { type CompletionErrorKind, completion } from 'eventsource-wasm/llm';
import { events } from 'eventsource-wasm/stream';

export interface FaceRequest {
  url: string;
  headers: Record<string, string>;
  body: object;
  signal: AbortSignal;
  fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
}

/** Callbacks for one answer. */
export interface Taker {
  /** The response has arrived. */
  opened(): unknown;
  /** An event arrived; `token` is its piece of the answer, or empty. */
  took(data: string, token: string): unknown;
  /** The provider's reason for the end of the answer. */
  reason(reason: string): void;
}

export interface Api {
  /** The name in the user interface. */
  label: string;
  /** Resolves when the answer is complete or `signal` is aborted. Rejects if the answer is incomplete. */
  stream(request: FaceRequest, taker: Taker): Promise<void>;
}

/** Reads the chunks of an answer, for the APIs other than `completion`, which does this itself. */
class Chunks {
  /** The end marker has arrived. */
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
    if (!Array.isArray(choices)) throw problem('malformed', `The chunk is: ${data.slice(0, 200)}`);
    const reason = choices[0]?.finish_reason;
    if (reason) {
      this.#isFinished = true;
      this.#taker.reason(reason);
    }
    this.#taker.took(data, choices[0]?.delta?.content ?? '');
  }

  /** Checks the end of the stream. Some servers send no [DONE], so a finish reason is enough. */
  end(): void {
    if (!this.isDone && !this.#isFinished)
      throw problem('cut', 'The stream ended before the answer was complete.');
  }
}

const withCompletion: Api = {
  label: 'completion()',
  async stream({ url, headers, body, signal, fetch }, taker) {
    const answer = completion(url, { headers, body, signal, fetch: telling(taker, fetch) });
    for await (const part of answer) {
      if (part.type === 'text') taker.took(part.text, part.text);
      if (part.type === 'finish') taker.reason(part.reason ?? '');
    }
  },
};

const withClass: Api = {
  label: 'EventSource',
  stream: ({ url, headers, body, signal, fetch }, taker) =>
    new Promise((resolve, reject) => {
      const chunks = new Chunks(taker);
      const source = new EventSource(url, { ...post(headers, body), signal, fetch });
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
      // A POST is never retried automatically, so the first error is final.
      source.onerror = reject;
      signal.addEventListener('abort', () => resolve());
    }),
};

const withCallbacks: Api = {
  label: 'fetchEventSource()',
  async stream({ url, headers, body, signal, fetch }, taker) {
    const chunks = new Chunks(taker);
    const done = new AbortController();
    await fetchEventSource(url, {
      ...post(headers, body),
      signal: AbortSignal.any([signal, done.signal]),
      fetch: telling(taker, fetch),
      onmessage({ data }) {
        chunks.take(data);
        if (chunks.isDone) done.abort();
      },
    });
    if (!signal.aborted) chunks.end();
  },
};

const withLoop: Api = {
  label: 'events()',
  async stream({ url, headers, body, signal, fetch }, taker) {
    const chunks = new Chunks(taker);
    for await (const { data } of events(url, {
      ...post(headers, body),
      signal,
      fetch: telling(taker, fetch),
    })) {
      chunks.take(data);
      if (chunks.isDone) break;
    }
    chunks.end();
  },
};

/** All APIs by name. The first one is the usual choice for an app. */
export const apis = {
  completion: withCompletion,
  EventSource: withClass,
  fetchEventSource: withCallbacks,
  events: withLoop,
} satisfies Record<string, Api>;

export type ApiName = keyof typeof apis;

const post = (headers: Record<string, string>, body: object) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** A `fetch` that calls `opened` when an event stream begins, for the APIs without an event for that. */
const telling =
  (taker: Taker, fetch: FaceRequest['fetch']): FaceRequest['fetch'] =>
  async (input, init) => {
    const response = await fetch(input, init);
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) taker.opened();
    return response;
  };

/** Creates an error with the same `kind` as in `completion`. */
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
