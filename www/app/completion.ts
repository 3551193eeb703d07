import { EventSource } from 'eventsource-wasm';
import type { State } from './meter';

export interface Message {
  role: 'user' | 'assistant';
  content: string;
}

export interface CompletionRequest {
  baseUrl: string;
  key: string;
  model: string;
  messages: Message[];
  maxTokens?: number | undefined;
  /** The embedded server's switches; other servers know none. */
  switches: Record<string, string>;
}

export interface StreamError {
  kind: string;
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

  const source = new EventSource(completionUrl(request), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${request.key}` },
    body: JSON.stringify({
      model: request.model,
      messages: request.messages,
      stream: true,
      ...(request.maxTokens && { max_tokens: request.maxTokens }),
    }),
    signal: stop.signal,
  });

  const end = (how: End) => {
    if (ended) return;
    ended = true;
    source.close();
    listener.state('CLOSED');
    listener.end(how);
  };
  const fail = (kind: string, message: string) => end({ how: 'failed', error: { kind, message } });

  source.addEventListener('open', () => listener.state('OPEN'));
  source.addEventListener('message', ({ data }) => {
    if (data === '[DONE]') {
      listener.event(data, '');
      end({ how: 'done', reason });
      return;
    }
    const chunk = parse(data);
    if (chunk?.error) {
      fail('server', chunk.error.message ?? 'no message');
    } else if (!chunk || !Array.isArray(chunk.choices)) {
      fail('protocol', `This came: ${data.slice(0, 200)}`);
    } else {
      const choice = chunk.choices[0];
      reason = choice?.finish_reason ?? reason;
      listener.event(data, choice?.delta?.content ?? '');
    }
  });
  source.addEventListener('error', (event) => {
    if (event.willReconnect) listener.state('CONNECTING');
    else end({ how: 'failed', error: event });
  });
  source.addEventListener('close', () => {
    // Some servers leave out [DONE]; a reason to finish says as much.
    if (reason) end({ how: 'done', reason });
    else fail('network', 'The stream ended before the answer did.');
  });

  return () => {
    stop.abort();
    end({ how: 'stopped' });
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

interface Chunk {
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  error?: { message?: string };
}

function parse(data: string): Chunk | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
