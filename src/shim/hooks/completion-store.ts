/** The state behind the hooks for completions. */

import { joinPart, nextFrame } from '../iterate/every-frame.js';
import type { CompletionInit, CompletionResult } from '../llm/completion.js';
import type { CompletionError } from '../llm/completion-error.js';
import { completion } from '../llm/lazy-completion.js';
import type { CompletionPart } from '../llm/types.js';
import { Store } from './store.js';

/** The options of the hooks: those of `completion` and the following. */
export interface UseCompletionInit<Output = unknown> extends CompletionInit<Output> {
  /** A new value sends the request again, as a new URL does. */
  key?: string | number | undefined;
  /** Called with each complete answer. */
  onFinish?: ((result: CompletionResult<Output>) => void) | undefined;
}

/** The state of a streaming answer. */
export interface CompletionState<Output = unknown> {
  /**
   * - `idle`: there is no URL
   * - `streaming`: the request was sent, and the answer is incomplete
   * - `done`: the answer is complete
   * - `stopped`: `stop()` was called; the partial answer is kept
   * - `error`: the answer is incomplete; the partial answer is kept
   */
  status: 'idle' | 'streaming' | 'done' | 'stopped' | 'error';
  text: string;
  reasoning: string;
  /** The parts in order. Pieces of text, of reasoning and of one call's arguments are joined. */
  parts: readonly CompletionPart[];
  /** With `schema`: the JSON so far, or the validated value once `status` is `done`. */
  object: Output | undefined;
  /**
   * Why the answer is incomplete: a `CompletionError`, or the error that your own function threw. A thrown value that
   * isn't an `Error` is the `cause` of a new one.
   */
  error: CompletionError | Error | undefined;
  /** The complete answer, with `toolCalls`, `usage` and `toMessage()`. */
  result: CompletionResult<Output> | undefined;
}

export const EMPTY: CompletionState<never> = {
  status: 'idle',
  text: '',
  reasoning: '',
  parts: [],
  object: undefined,
  error: undefined,
  result: undefined,
};

/** One answer at a time. Listeners are called at most once per frame, and at once when `status` changes. */
export class CompletionStore<Output = unknown> extends Store<CompletionState<Output>> {
  /** Ends the current request, or the one that is about to be sent. */
  #stop: AbortController | undefined;
  /** Adds what has arrived since the last frame. */
  #flush = () => {};

  constructor() {
    super(EMPTY);
  }

  /** Ends the request. The partial answer is kept. */
  readonly stop = (): void => {
    if (!this.#stop || this.#stop.signal.aborted) return;
    this.#flush();
    this.#stop.abort();
    this.#set({ status: 'stopped' });
  };

  /** Ends the request without changing the state. */
  abort(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#flush = () => {};
  }

  /**
   * Removes the answer, and calls `send` after the other effects of the framework, unless this request is ended before:
   * React's StrictMode ends an effect and runs it again at once.
   */
  begin(send: () => void): void {
    this.clear();
    const stop = new AbortController();
    this.#stop = stop;
    // Not `queueMicrotask`, which fake timers replace.
    Promise.resolve().then(() => {
      if (!stop.signal.aborted) send();
    });
  }

  /** Ends the request and removes the answer. */
  clear(): void {
    this.abort();
    if (this.state !== EMPTY) this.#set(EMPTY);
  }

  /** Sends a new request, whose answer replaces the current one. */
  ask(url: string | URL, { key: _, onFinish, ...init }: UseCompletionInit<Output>): void {
    this.abort();
    const stop = new AbortController();
    this.#stop = stop;
    const { signal } = init;
    const abort = () => stop.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    this.#set({ ...EMPTY, status: 'streaming' });
    this.#stream(url, { ...init, signal: stop.signal }, stop)
      .then(
        (result) => {
          if (this.#stop !== stop || this.state.status !== 'streaming') return;
          this.#stop = undefined;
          this.#set({ status: 'done', result, object: result.object });
          onFinish?.(result);
        },
        (error) => {
          if (this.#stop !== stop || this.state.status !== 'streaming') return;
          this.#stop = undefined;
          this.#set({ status: 'error', error: toError(error) });
        },
      )
      .finally(() => signal?.removeEventListener('abort', abort));
  }

  async #stream(
    url: string | URL,
    init: CompletionInit<Output>,
    stop: AbortController,
  ): Promise<CompletionResult<Output>> {
    const answer = completion<Output>(url, init);
    const next = { text: '', reasoning: '', object: undefined as Output | undefined };
    const parts: CompletionPart[] = [];
    let isWaiting = false;
    const flush = () => {
      if (!isWaiting || this.#stop !== stop) return;
      isWaiting = false;
      this.#set({ ...next, parts: [...parts] });
    };
    this.#flush = flush;
    try {
      for await (const part of answer) {
        joinPart(parts, part);
        if (part.type === 'text' || part.type === 'reasoning') next[part.type] += part.text;
        if (part.type === 'object') next.object = part.object as Output;
        if (!isWaiting) {
          isWaiting = true;
          nextFrame().then(flush);
        }
      }
      return await answer.result();
    } finally {
      flush();
    }
  }

  #set(change: Partial<CompletionState<Output>>): void {
    this.setState({ ...this.state, ...change });
  }
}

/** Not `instanceof`, because errors may be of another realm. */
function toError(thrown: unknown): Error {
  const isError = typeof Object(thrown).message === 'string';
  return isError ? (thrown as Error) : new Error(`${thrown}`, { cause: thrown });
}
