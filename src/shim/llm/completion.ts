/** A model's answer as a stream of its parts. */

import { type EventSourceMessage, type EventsInit, iterateEvents } from '../iterate/events.js';
import { setHeader, toHeaderMap } from '../request.js';
import { retryAfter as toMilliseconds } from '../wasm/load.js';
import { fromJson, isObject } from './answer.js';
import { CompletionError, toFault } from './completion-error.js';
import { CompletionReader } from './completion-reader.js';
import { partialJson } from './partial-json.js';
import { isError, type ProviderError, toBodyError } from './provider-error.js';
import { type StandardSchema, validate } from './schema.js';
import type {
  CompletionFormat,
  CompletionFormatName,
  CompletionPart,
  CompletionReducer,
  ToolCall,
  Usage,
} from './types.js';

/** Milliseconds to wait for usage after the answer's finish, if the server leaves the connection open. */
const FINISH_WAIT = 1_000;

/** The same if the answer went on after its finish. */
const LONG_WAIT = 10_000;

/** Partial objects are parsed again when the text has grown by this share. */
const PARTIAL_STEP = 0.01;

/**
 * The second argument of `completion`: the options of `EventSource`, without those that would repeat the request or
 * resume the stream.
 */
export interface CompletionInit<Output = unknown>
  extends Omit<
    EventsInit,
    'body' | 'url' | 'reconnect' | 'resume' | 'lastEventId' | 'dropReplayed' | 'whenHidden'
  > {
  /** @default 'POST' */
  method?: string | undefined;
  /** An object is sent as JSON. */
  body?: BodyInit | object | null | undefined;
  /**
   * The provider's format: one of this package's or its name, or a function of your own.
   * @default recognised by the chunks' shape
   */
  format?: CompletionFormat | CompletionFormatName | CompletionReducer | undefined;
  /**
   * Structured output: the answer's text is JSON, and `result()` has the validated `object`. Takes any schema that
   * implements Standard Schema, such as those of zod, valibot and arktype.
   */
  schema?: StandardSchema<Output> | undefined;
  /** Called with every parsed chunk, before its parts are given. */
  onChunk?: ((chunk: unknown, event: string | undefined) => void) | undefined;
}

/** A whole answer. */
export interface CompletionResult<Output = unknown> {
  /** The provider's ID of the answer: OpenAI's `previous_response_id`. */
  id: string | undefined;
  text: string;
  reasoning: string;
  /** The calls for the client to answer. */
  toolCalls: ToolCall[];
  /** The provider's word for why the answer ended. */
  finishReason: string | undefined;
  usage: Usage | undefined;
  /** With `schema`: the validated object. `undefined` if the model called tools instead of answering. */
  object: Output;
  /**
   * The assistant message in the provider's request format, with everything that the provider wants back: signatures,
   * encrypted reasoning, calls. OpenAI's responses give a list of items. `concat` appends either:
   *
   * @example
   * messages = messages.concat(result.toMessage());
   */
  // biome-ignore lint/suspicious/noExplicitAny: it is for each provider's own type.
  toMessage(): any;
}

/** A model's answer. The request is sent once, when the answer is first iterated or awaited. */
export interface Completion<Output = unknown> extends AsyncIterable<CompletionPart> {
  /** The parts, as they arrive. There is one iterator: a second loop continues where the first stopped. */
  [Symbol.asyncIterator](): AsyncGenerator<CompletionPart, void, undefined>;
  /**
   * The text of the complete answer.
   * @throws {CompletionError} if the answer is incomplete
   */
  text(): Promise<string>;
  /**
   * The complete answer, also after a loop has taken its parts.
   * @throws {CompletionError} if the answer is incomplete
   */
  result(): Promise<CompletionResult<Output>>;
}

/** Asks a model and streams its answer. */
export type CompletionFunction = <Output = unknown>(
  source: string | URL | Request | Response,
  init?: CompletionInit<Output>,
) => Completion<Output>;

/**
 * Makes a `completion` that knows the given formats only, so that bundles have no others. With several, each answer's
 * format is recognised.
 *
 * @example
 * import { anthropic, createCompletion } from 'eventsource-wasm/llm';
 * const completion = createCompletion(anthropic);
 */
export function createCompletion(...formats: CompletionFormat[]): CompletionFunction {
  return (source, { format, schema, onChunk, ...init } = {}) => {
    const known = [format ?? formats].flat().flatMap((format) => {
      if (typeof format !== 'string') return format;
      return formats.filter(({ name }) => name === format);
    });
    if (known.length === 0) {
      const names = formats.map(({ name }) => name).join(', ');
      throw new TypeError(`The format "${format}" is unknown; known are ${names}`);
    }
    return stream(source, init, new CompletionReader(known, onChunk), schema);
  };
}

function stream<Output>(
  source: string | URL | Request | Response,
  init: Omit<CompletionInit, 'format' | 'schema' | 'onChunk'>,
  reader: CompletionReader,
  schema: StandardSchema<Output> | undefined,
): Completion<Output> {
  const { answer } = reader;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopWaiting = () => {};
  const limitWait = (wait: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => stopWaiting(), wait);
  };
  const messages = iterateEvents(source, toEventsInit(source, init), {
    onIgnoredLine: (line) => {
      reader.readIgnored(line);
      if (answer.error) limitWait(FINISH_WAIT);
    },
    onUnfinished: (message) => reader.readUnfinished(message),
  });
  /** The next event; `undefined` at the end, or if none comes within the limit. */
  const next = () =>
    new Promise<EventSourceMessage | undefined>((resolve, reject) => {
      stopWaiting = () => resolve(undefined);
      messages.next().then(({ value }) => resolve(value), reject);
    });

  let outcome: { error: unknown } | { object: Output } | undefined;
  async function* read(): AsyncGenerator<CompletionPart, void, undefined> {
    try {
      try {
        let partialLength = 0;
        while (!answer.isDone) {
          const wasFinished = answer.isFinished;
          const message = await next();
          if (!message) break;
          reader.read(message);
          if (schema && answer.text.length > partialLength * (1 + PARTIAL_STEP)) {
            partialLength = answer.text.length;
            answer.add({ type: 'object', object: partialJson(answer.text), isFinal: false });
          }
          const parts = reader.take();
          if (answer.isFinished && !wasFinished) limitWait(FINISH_WAIT);
          else if (wasFinished && parts.length > 0) limitWait(LONG_WAIT);
          yield* parts;
        }
      } catch (error) {
        // Only usage can follow the finish.
        if (!answer.isFinished || answer.error) throw await toCompletionError(error);
      } finally {
        clearTimeout(timer);
        await messages.return?.();
      }
      reader.complete();
      let object = undefined as Output;
      if (schema && (answer.text || answer.toolCalls.length === 0)) {
        object = await validate(schema, answer.text, answer.reason);
        answer.add({ type: 'object', object, isFinal: true });
      }
      reader.end();
      yield* reader.take();
      outcome = { object };
    } catch (error) {
      outcome = { error };
      throw error;
    }
  }

  const parts = read();
  const leave = parts.return;
  // A generator that awaits an event can't be returned: the event has to fail first.
  parts.return = async (value) => {
    await messages.return?.();
    return leave.call(parts, value);
  };
  const finish = async (): Promise<CompletionResult<Output>> => {
    for await (const _part of parts);
    if (!outcome) throw toFault('cut', 'The loop was left before the answer was complete');
    if ('error' in outcome) throw outcome.error;
    const { id, text, reasoning, toolCalls, reason: finishReason, usage } = answer;
    const result = { id, text, reasoning, toolCalls, finishReason, usage, ...(schema && outcome) };
    return Object.defineProperty(result, 'toMessage', { value: () => reader.message() }) as never;
  };
  let result: Promise<CompletionResult<Output>> | undefined;
  const completion: Completion<Output> = {
    [Symbol.asyncIterator]: () => parts,
    text: async () => (await completion.result()).text,
    result: () => {
      result ??= finish();
      return result;
    },
  };
  return completion;
}

function toEventsInit(
  source: string | URL | Request | Response,
  { body, ...init }: Omit<CompletionInit, 'format' | 'schema' | 'onChunk'>,
): EventsInit {
  // A Request has its own method, a Response needs none.
  const isRequest = typeof source === 'object' && 'headers' in source;
  const isJson =
    isObject(body) && (Array.isArray(body) || [Object.prototype, null].includes(Object.getPrototypeOf(body)));
  const result: EventsInit = { ...(!isRequest && { method: 'POST' }), ...init, reconnect: false };
  if (body === undefined) return result;
  if (!isJson) return { ...result, body: body as BodyInit | null };
  const { headers } = init;
  result.headers = async (attempt) => {
    const merged = toHeaderMap(typeof headers === 'function' ? await headers(attempt) : headers);
    if (!merged.has('content-type')) setHeader(merged, 'Content-Type', 'application/json');
    return merged.values();
  };
  return { ...result, body: JSON.stringify(body) };
}

/** The error of a stream, with the provider's words for it. */
async function toCompletionError(error: unknown): Promise<unknown> {
  const details = Object(error);
  const { name, kind, message, status, headers, body, cause } = details;
  if (name !== 'EventSourceError' || !kind || !message) return error;
  let provider: Partial<ProviderError> = {};
  // A response with status 200 may be a whole answer instead of a stream.
  if (body && (kind !== 'content-type' || isError(fromJson(body), undefined, false)))
    provider = toBodyError(body);
  const words = provider.message ? `${provider.message} (${message})` : message;
  const header = headers?.get('Retry-After');
  const retryAfter =
    Number(headers?.get('retry-after-ms')) ||
    (details.retryAfter ?? (header ? toMilliseconds(header) : undefined) ?? provider.retryAfter);
  return new CompletionError(words, {
    ...provider,
    kind,
    status: status ?? provider.status,
    headers,
    body,
    cause,
    retryAfter,
  });
}
