import { type FaceName, faces } from './faces';
import type { State } from './meter';

export interface Message {
  role: 'user' | 'assistant';
  content: string;
}

export interface CompletionRequest {
  /** Through which the answer comes. */
  face: FaceName;
  baseUrl: string;
  key: string;
  model: string;
  messages: Message[];
  maxTokens?: number | undefined;
  /** The embedded server's switches; other servers know none. */
  switches: Record<string, string>;
  fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
}

/** An error of whatever face. */
export interface StreamError {
  /** One of the package's, or nothing where the platform's own came. */
  kind?: string | undefined;
  message: string;
  status?: number | undefined;
  headers?: Headers | undefined;
  body?: string | undefined;
  cause?: unknown;
}

export type End =
  | { how: 'done'; reason: string | undefined }
  | { how: 'stopped' }
  | { how: 'failed'; error: StreamError };

export interface Listener {
  state(state: State): void;
  /** An event came; `token` is its piece of the answer, empty where it brought none. */
  event(data: string, token: string): void;
  /** Called once, last. */
  end(end: End): void;
}

/** Streams one answer. Gives the function that stops it. */
export function streamCompletion(request: CompletionRequest, listener: Listener): () => void {
  const stop = new AbortController();
  let reason: string | undefined;
  let ended = false;

  const end = (how: End) => {
    if (ended) return;
    ended = true;
    listener.state('CLOSED');
    listener.end(how);
  };

  faces[request.face]
    .stream(
      {
        url: completionUrl(request),
        headers: { Authorization: `Bearer ${request.key}` },
        body: {
          model: request.model,
          messages: request.messages,
          stream: true,
          ...(request.maxTokens && { max_tokens: request.maxTokens }),
        },
        signal: stop.signal,
        fetch: request.fetch,
      },
      {
        opened: () => ended || listener.state('OPEN'),
        took: (data, token) => ended || listener.event(data, token),
        reason: (word) => {
          reason = word;
        },
      },
    )
    .then(
      () => end({ how: 'done', reason }),
      (error) => end({ how: 'failed', error }),
    );

  return () => {
    end({ how: 'stopped' });
    stop.abort();
  };
}

export function completionUrl({
  baseUrl,
  switches,
}: Pick<CompletionRequest, 'baseUrl' | 'switches'>): string {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/chat/completions`);
  for (const [name, value] of Object.entries(switches)) url.searchParams.set(name, value);
  return url.href;
}
