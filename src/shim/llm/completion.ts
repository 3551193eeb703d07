/** A model's answer as a stream of its parts. */

import { setHeader, toHeaderMap } from '../connection/request-factory.js';
import { EventSourceError } from '../event-source/event-classes.js';
import { type EventSourceMessage, type EventsInit, iterateEvents } from '../iterate/events.js';
import { once } from '../platform.js';
import { CompletionError, toFault } from './completion-error.js';
import { type CompletionReader, createReader } from './completion-reader.js';
import { fromJson, isObject } from './json.js';
import { isError, type ProviderError, toBodyError } from './provider-error.js';
import { selectFormats } from './select-formats.js';
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
  const complete = toCompletion(() => ({
    formatsFor: (name) => selectFormats(formats, name),
    structuredOutput: structuredOutput as StructuredOutput,
  }));
  return (source, init) => {
    const { format, schema } = init ?? {};
    if (schema && !structuredOutput) throw new TypeError('"schema" needs structuredOutput');
    // At once, as nothing has to be loaded for that.
    if (!format || typeof format === 'string') selectFormats(formats, format);
    return complete(source, init);
  };
}

/** What a `completion` may need. */
export interface Features {
  formatsFor(name: string | undefined): CompletionFormat[];
  readonly structuredOutput: StructuredOutput;
}

/** A `completion` that loads its features while its request is sent, if they are needed. */
export function toCompletion(load: () => Features | Promise<Features>): CompletionFunction {
  return (source, { format, schema, onChunk, ...init } = {}) => {
    const isNamed = !format || typeof format === 'string';
    const reader = createReader(onChunk);
    return stream(source, init, reader, async () => {
      const loaded = isNamed || schema ? await load() : undefined;
      reader.setFormats(isNamed ? (loaded as Features).formatsFor(format) : [format]);
      return schema && loaded?.structuredOutput(schema, reader.answer);
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
  /** If no event comes within the limit, the stream ends. */
  const limitWait = (wait: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => messages.end(), wait);
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

  let outcome = (): Output => {
    throw toFault('cut', 'The loop ended before the answer did');
  };
  async function* read(): AsyncGenerator<CompletionPart, void, undefined> {
    try {
      try {
        let next: IteratorResult<EventSourceMessage>;
        [next, structured] = await Promise.all([messages.next(), prepare()]);
        while (!next.done) {
          const wasFinished = answer.isFinished;
          reader.read(next.value);
          structured?.read();
          const parts = answer.take();
          // The time that the loop's body takes doesn't count.
          if (parts.length > 0 && !answer.error) clearTimeout(timer);
          yield* parts;
          if (answer.isDone) break;
          const wait = parts.length > 0 ? LONG_WAIT : !wasFinished && FINISH_WAIT;
          if (answer.isFinished && wait) limitWait(wait);
          next = await messages.next();
        }
        if (unfinished) reader.readUnfinished(unfinished);
      } catch (error) {
        // Only usage can follow the finish.
        if (!answer.isFinished || answer.error) throw toCompletionError(error);
      } finally {
        clearTimeout(timer);
        await messages.return();
      }
      reader.complete();
      const object = (await structured?.end()) as Output;
      reader.end();
      yield* answer.take();
      outcome = () => object;
    } catch (error) {
      outcome = () => {
        throw error;
      };
      throw error;
    }
  }

  const parts = read();
  const leave = parts.return;
  // A generator that awaits an event can't be returned: the event has to fail first.
  parts.return = async (value) => {
    await messages.return();
    return leave.call(parts, value);
  };
  const result = once(async (): Promise<CompletionResult<Output>> => {
    for await (const _part of parts);
    const object = outcome();
    const { id, text, reasoning, toolCalls, reason: finishReason, usage } = answer;
    const whole = { id, text, reasoning, toolCalls, finishReason, usage, ...(structured && { object }) };
    return Object.defineProperty(whole, 'toMessage', { value: reader.message }) as never;
  });
  return { [Symbol.asyncIterator]: () => parts, text: async () => (await result()).text, result };
}

function toEventsInit(
  source: string | URL | Request | Response,
  { body, ...init }: Omit<CompletionInit, 'format' | 'schema' | 'onChunk'>,
): EventsInit {
  // A Request has its own method, a Response needs none.
  const isRequest = typeof source === 'object' && 'headers' in source;
  const method = isRequest ? {} : { method: 'POST' };
  const result: EventsInit = { ...method, ...init, body: body as BodyInit, reconnect: false };
  if (isObject(body) && [Object, Array, undefined].includes(body?.constructor as never)) {
    const { headers } = init;
    result.body = JSON.stringify(body);
    result.headers = async (attempt) => {
      const merged = toHeaderMap(typeof headers === 'function' ? await headers(attempt) : headers);
      if (!merged.has('content-type')) setHeader(merged, 'Content-Type', 'application/json');
      return merged.values();
    };
  }
  return result;
}

/** The error of a stream, with the provider's words for it. */
function toCompletionError(error: unknown): unknown {
  if (!(error instanceof EventSourceError)) return error;
  const { kind, message, status, headers, body, cause, retryAfter } = error;
  // A response with status 200 may be a whole answer instead of a stream.
  const hasError = body && (kind !== 'content-type' || isError(fromJson(body)));
  const provider: Partial<ProviderError> = hasError ? toBodyError(body) : {};
  return new CompletionError(provider.message ? `${provider.message} (${message})` : message, {
    ...{ ...provider, kind, headers, body, cause },
    status: status ?? provider.status,
    retryAfter: Number(headers?.get('retry-after-ms')) || (retryAfter ?? provider.retryAfter),
  });
}
