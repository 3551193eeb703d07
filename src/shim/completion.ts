/** A model's answer as a stream of its parts. */

import {
  type CompletionFormat,
  type CompletionPart,
  CompletionReader,
  type ProviderError,
  type ToolCall,
  toProviderError,
  type Usage,
} from './completion-parts.js';
import type { ErrorKind } from './events.js';
import { type EventsInit, events } from './iterate/events.js';
import type { EventSourceMessage } from './parser/message-parser.js';
import { setHeader, toHeaderMap } from './request.js';
import { retryAfter as toMilliseconds } from './wasm/load.js';

/**
 * The second argument of `completion`: what `EventSource` takes, but for what would ask for an answer twice, and for
 * what concerns resuming.
 */
export interface CompletionInit
  extends Omit<
    EventsInit,
    'body' | 'url' | 'reconnect' | 'resume' | 'lastEventId' | 'dropReplayed' | 'whenHidden'
  > {
  /** Default: `'POST'`. */
  method?: string | undefined;
  /** An object is sent as JSON. */
  body?: BodyInit | object | null | undefined;
  /** The shape of the chunks. Default: recognised by them. */
  format?: CompletionFormat | undefined;
}

/** A whole answer. */
export interface CompletionResult {
  text: string;
  reasoning: string;
  toolCalls: ToolCall[];
  /** The provider's word for why the answer ended. */
  finishReason: string | undefined;
  usage: Usage | undefined;
}

/**
 * What can go wrong with an answer besides what can with any stream:
 *
 * - `provider`: the provider reported an error in the middle of the stream
 * - `cut`: the stream ended before the answer did
 * - `malformed`: a chunk isn't JSON
 */
export type CompletionErrorKind = ErrorKind | 'provider' | 'cut' | 'malformed';

/** Why an answer isn't complete. */
export class CompletionError extends Error {
  override name = 'CompletionError';
  /** What went wrong, by name. */
  readonly kind: CompletionErrorKind;
  /** The status of the response, if it was refused. */
  readonly status: number | undefined;
  /** The headers of the response, if it was refused. */
  readonly headers: Headers | undefined;
  /** The beginning of the body of the response, if it was refused. */
  readonly body: string | undefined;
  /** In how many milliseconds the server asks to try again (`Retry-After`). */
  readonly retryAfter: number | undefined;
  /** The provider's name for the error. */
  readonly type: string | undefined;
  /** The provider's code for the error. */
  readonly code: string | undefined;
  /** The provider's error as it came. */
  readonly raw: unknown;

  /** @internal */
  constructor(message: string, details: { kind: CompletionErrorKind } & Partial<CompletionError>) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = details.kind;
    this.status = details.status;
    this.headers = details.headers;
    this.body = details.body;
    this.retryAfter = details.retryAfter;
    this.type = details.type;
    this.code = details.code;
    this.raw = details.raw;
  }
}

/** A model's answer, which is asked for once: when it is first iterated or awaited. */
export interface Completion extends AsyncIterable<CompletionPart> {
  /** The parts, as they come. There is one iterator: a second loop goes on where the first stopped. */
  [Symbol.asyncIterator](): AsyncGenerator<CompletionPart, void, undefined>;
  /** The text, when the answer is complete. Rejects if it doesn't become complete. */
  text(): Promise<string>;
  /** Everything, when the answer is complete. Rejects if it doesn't become complete. */
  result(): Promise<CompletionResult>;
}

/**
 * Asks a model and streams its answer:
 *
 *     for await (const part of completion(url, { headers, body: { model, messages, stream: true } }))
 *       if (part.type === 'text') show(part.text);
 *
 * The loop ends when the answer is complete, and throws a `CompletionError` if it doesn't become so. Leaving the loop
 * ends the request; aborting `signal` too, which throws the signal's reason.
 */
export function completion(url: string | URL, init: CompletionInit = {}): Completion {
  const messages = events(url, toEventsInit(init));
  const parts = read(messages, new CompletionReader(init.format));
  const iterator: AsyncGenerator<CompletionPart, void, undefined> = {
    next: () => parts.next(),
    throw: (error) => parts.throw(error),
    // A generator that waits hears of nothing before its wait is over.
    return: async () => {
      await messages.return?.();
      return parts.return();
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  let result: Promise<CompletionResult> | undefined;
  return {
    [Symbol.asyncIterator]: () => iterator,
    async text() {
      return (await this.result()).text;
    },
    result() {
      result ??= collect(parts);
      return result;
    },
  };
}

async function* read(
  messages: AsyncIterable<EventSourceMessage>,
  reader: CompletionReader,
): AsyncGenerator<CompletionPart, void, undefined> {
  try {
    for await (const { data } of messages) {
      try {
        yield* reader.read(data);
      } catch (cause) {
        if (!(cause instanceof SyntaxError)) throw cause;
        throw new CompletionError(`A chunk of the answer isn't JSON: ${data.slice(0, 80)}`, {
          kind: 'malformed',
          raw: data,
          cause,
        });
      }
      if (reader.error) throw inStream(reader.error);
      if (reader.isDone) break;
    }
  } catch (error) {
    const failure = await toCompletionError(error);
    // What comes after the finish is the usage at most.
    if (!(reader.isFinished && failure instanceof CompletionError && failure.kind === 'network'))
      throw failure;
  }
  if (!reader.isFinished) {
    throw new CompletionError('The stream ended before the answer did', { kind: 'cut' });
  }
  yield* reader.end();
}

async function collect(parts: AsyncIterable<CompletionPart>): Promise<CompletionResult> {
  const result: CompletionResult = {
    text: '',
    reasoning: '',
    toolCalls: [],
    finishReason: undefined,
    usage: undefined,
  };
  for await (const part of parts) {
    if (part.type === 'finish') {
      result.finishReason = part.reason;
    } else if (part.type === 'usage') {
      result.usage = part.usage;
    } else if (part.type === 'tool-call') {
      const { type: _, ...call } = part;
      result.toolCalls.push(call);
    } else {
      result[part.type] += part.text;
    }
  }
  return result;
}

function toEventsInit({ body, format: _, ...init }: CompletionInit): EventsInit {
  const isJson =
    typeof body === 'object' &&
    body !== null &&
    (Array.isArray(body) || [Object.prototype, null].includes(Object.getPrototypeOf(body)));
  const result: EventsInit = { method: 'POST', ...init, reconnect: false };
  if (!isJson) return { ...result, body: body as BodyInit | null | undefined };
  const { headers } = init;
  result.headers = async (attempt) => {
    const merged = toHeaderMap(typeof headers === 'function' ? await headers(attempt) : headers);
    if (!merged.has('content-type')) setHeader(merged, 'Content-Type', 'application/json');
    return merged.values();
  };
  return { ...result, body: JSON.stringify(body) };
}

function inStream(error: ProviderError): CompletionError {
  return new CompletionError(error.message, { kind: 'provider', ...error });
}

/** The error of a stream, with the provider's words for it. */
async function toCompletionError(error: unknown): Promise<unknown> {
  const { name, kind, message, status, headers, body, cause } = Object(error) as Partial<CompletionError>;
  if (name !== 'EventSourceError' || !kind || !message) return error;
  let provider: Partial<ProviderError> = {};
  try {
    if (body) provider = toProviderError(JSON.parse(body));
  } catch {
    // A page of a proxy, perhaps: the status says it.
  }
  const header = headers?.get('Retry-After');
  const retryAfter = header ? toMilliseconds(header) : undefined;
  const words = provider.message ? `${provider.message} (${message})` : message;
  return new CompletionError(words, { ...provider, kind, status, headers, body, cause, retryAfter });
}
