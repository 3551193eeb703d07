import { type ApiName, apis } from './apis';
import { type FormatName, formats, headersOf } from './formats';
import type { State } from './meter';

export interface Message {
  role: 'user' | 'assistant';
  content: string;
}

export interface CompletionRequest {
  /** The API that reads the answer. */
  api: ApiName;
  /** The provider's format that the server uses. */
  format: FormatName;
  baseUrl: string;
  key: string;
  model: string;
  messages: Message[];
  maxTokens?: number | undefined;
  /** Query parameters of the embedded server. Empty for other servers. */
  switches: Record<string, string>;
  fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
}

/** An error of any API. */
export interface StreamError {
  /** A kind of this package, or undefined for an error of the platform. */
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
  /** An event arrived. `token` is its piece of the answer, or empty. */
  event(data: string, token: string): void;
  /** Called once, last. */
  end(end: End): void;
}

/** Streams one answer. Returns a function that stops it. */
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

  apis[request.api]
    .stream(
      {
        url: completionUrl(request),
        headers: headersOf(request.format, request.key),
        body: formats[request.format].body(request),
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
  format,
  model,
  switches,
}: Pick<CompletionRequest, 'baseUrl' | 'format' | 'model' | 'switches'>): string {
  const path = formats[format].path(model);
  // The base URL ends with a version, which differs between providers.
  const base = baseUrl
    .replace(/\/+$/, '')
    .replace(/\/v\d\w*$/, (version) => (/^\/v\d/.test(path) ? '' : version));
  const url = new URL(base + path);
  for (const [name, value] of Object.entries(switches)) url.searchParams.set(name, value);
  return url.href;
}
