/** A model's answer as a stream of its parts. */

import { setHeader, toHeaderMap } from '../connection/request-factory.js';
import { type EventSourceMessage, type EventsInit, iterateEvents } from '../iterate/events.js';
import { CompletionError, toFault } from './completion-error.js';
import { type CompletionReader, createReader } from './completion-reader.js';
import { fromJson, isObject } from './json.js';
import { isError, type ProviderError, toBodyError } from './provider-error.js';
import type { StandardSchema, StructuredOutput, StructuredReader } from './structured-output.js';
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

/** The same if the finish came with content, as servers may send a finish with every chunk. */
const LONG_WAIT = 10_000;

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
 * format is recognised. The option `schema` needs `structuredOutput`.
 *
 * @example
 * import { anthropic, createCompletion, structuredOutput } from 'eventsource-wasm/llm';
 * const completion = createCompletion(anthropic, structuredOutput);
 */
export function createCompletion(...features: (CompletionFormat | StructuredOutput)[]): CompletionFunction {
  const structuredOutput = features.find((feature) => typeof feature === 'function');
  const formats = features.filter((feature) => feature !== structuredOutput) as CompletionFormat[];
  return toCompletion(
    formats.map(({ name }) => name),
    () => ({ formats, structuredOutput }),
    !structuredOutput,
  );
}

/** What a `completion` may need. */
export interface Features {
  readonly formats: readonly CompletionFormat[];
  readonly structuredOutput: StructuredOutput | undefined;
}

/** A `completion` that loads its features while its request is sent, if they are needed. */
export function toCompletion(
  names: readonly string[],
  load: () => Features | Promise<Features>,
  isWithoutSchema = false,
): CompletionFunction {
  return (source, { format, schema, onChunk, ...init } = {}) => {
    if (schema && isWithoutSchema) throw new TypeError('"schema" needs structuredOutput');
    const given = typeof format !== 'string' && format;
    if (!given && !names.includes(format || `${names[0]}`)) {
      throw new TypeError(`The format "${format}" is unknown; known are ${names.join(', ')}`);
    }
    const reader = createReader(onChunk);
    return stream(source, init, reader, async () => {
      const loaded = given && !schema ? undefined : await load();
      const formats = given ? [given] : loaded?.formats.filter(({ name }) => !format || name === format);
      reader.setFormats(formats ?? []);
      return schema && loaded?.structuredOutput?.(schema, reader.answer);
    });
  };
}

function stream<Output>(
  source: string | URL | Request | Response,
  init: Omit<CompletionInit, 'format' | 'schema' | 'onChunk'>,
  reader: CompletionReader,
  prepare: () => Promise<StructuredReader<Output> | undefined>,
): Completion<Output> {
  const { answer } = reader;
  let structured: StructuredReader<Output> | undefined;
  let unfinished: EventSourceMessage | undefined;
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
    onUnfinished: (message) => {
      unfinished = message;
    },
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
        let message: EventSourceMessage | undefined;
        [message, structured] = await Promise.all([next(), prepare()]);
        while (message) {
          const wasFinished = answer.isFinished;
          reader.read(message);
          structured?.read();
          const parts = answer.take();
          const wait = parts.length > 0 ? LONG_WAIT : !wasFinished && FINISH_WAIT;
          if (answer.isFinished && wait) limitWait(wait);
          yield* parts;
          message = answer.isDone ? undefined : await next();
        }
        if (unfinished) reader.readUnfinished(unfinished);
      } catch (error) {
        // Only usage can follow the finish.
        if (!answer.isFinished || answer.error) throw toCompletionError(error);
      } finally {
        clearTimeout(timer);
        await messages.return?.();
      }
      reader.complete();
      const object = (await structured?.end()) as Output;
      reader.end();
      yield* answer.take();
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
    if (!outcome) throw toFault('cut', 'The loop ended before the answer did');
    if ('error' in outcome) throw outcome.error;
    const { id, text, reasoning, toolCalls, reason: finishReason, usage } = answer;
    const result = { id, text, reasoning, toolCalls, finishReason, usage, ...(structured && outcome) };
    return Object.defineProperty(result, 'toMessage', { value: reader.message }) as never;
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
  const result: EventsInit = { ...(!isRequest && { method: 'POST' }), ...init, reconnect: false };
  if (body === undefined) return result;
  const isJson = isObject(body) && [Object, Array, undefined].includes(body?.constructor as never);
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
function toCompletionError(error: unknown): unknown {
  const { name, kind, message, status, headers, body, cause, retryAfter } = Object(error);
  if (name !== 'EventSourceError' || !kind || !message) return error;
  // A response with status 200 may be a whole answer instead of a stream.
  const hasError = body && (kind !== 'content-type' || isError(fromJson(body), undefined, false));
  const provider: Partial<ProviderError> = hasError ? toBodyError(body) : {};
  return new CompletionError(provider.message ? `${provider.message} (${message})` : message, {
    ...{ ...provider, kind, headers, body, cause },
    status: status ?? provider.status,
    retryAfter: Number(headers?.get('retry-after-ms')) || (retryAfter ?? provider.retryAfter),
  });
}
