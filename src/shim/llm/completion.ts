/** `createCompletion()`: streams the answer of a model as parts. */

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

/**
 * How long to wait for usage after the answer has finished, in milliseconds, if the server keeps the connection open.
 */
const FINISH_WAIT = 1_000;

/** The wait if the finish reason arrived together with content: servers may send one with every chunk. */
const LONG_WAIT = 10_000;

/**
 * The second argument of `completion`: the options of `EventSource`, except those that repeat the request or resume
 * the stream.
 */
export interface CompletionInit<Output = unknown>
  extends Omit<
    EventsInit,
    'body' | 'url' | 'reconnect' | 'resume' | 'lastEventId' | 'dropReplayed' | 'whenHidden'
  > {
  /** @default 'POST' */
  method?: string | undefined;
  /** The body of the request. An object is sent as JSON. */
  body?: BodyInit | object | null | undefined;
  /**
   * The provider's format: a format of this package, its name, or your own function.
   * @default recognized by the shape of the chunks
   */
  format?: CompletionFormat | CompletionFormatName | CompletionReducer | undefined;
  /**
   * Structured output: the answer's text is JSON, and `result()` has the validated `object`. The schema can be of any
   * library that implements Standard Schema, such as zod, valibot or arktype.
   */
  schema?: StandardSchema<Output> | undefined;
  /** Called with every parsed chunk, before its parts are delivered. */
  onChunk?: ((chunk: unknown, event: string | undefined) => void) | undefined;
}

/** A complete answer. */
export interface CompletionResult<Output = unknown> {
  /** The provider's ID of the answer, such as the `previous_response_id` of OpenAI's next request. */
  id: string | undefined;
  text: string;
  reasoning: string;
  /** The tool calls that the client has to answer. */
  toolCalls: ToolCall[];
  /** The provider's reason for the end of the answer. */
  finishReason: string | undefined;
  usage: Usage | undefined;
  /** With `schema`: the validated object. `undefined` if the model called tools instead of answering. */
  object: Output;
  /**
   * Returns the assistant message in the provider's request format, with everything that the next request has to
   * repeat: signatures, encrypted reasoning, calls. For OpenAI's responses, it is a list of items. `concat` appends
   * both:
   *
   * @example
   * messages = messages.concat(result.toMessage());
   */
  // biome-ignore lint/suspicious/noExplicitAny: assignable to the type of each provider.
  toMessage(): any;
}

/** The answer of a model. The request is sent once, when the answer is first iterated or awaited. */
export interface Completion<Output = unknown> extends AsyncIterable<CompletionPart> {
  /** The parts, as they arrive. There is one iterator: a second loop continues where the first stopped. */
  [Symbol.asyncIterator](): AsyncGenerator<CompletionPart, void, undefined>;
  /**
   * Returns the text of the complete answer.
   * @throws {CompletionError} if the answer is incomplete
   */
  text(): Promise<string>;
  /**
   * Returns the complete answer, also before, during or after a loop, which gets all parts.
   * @throws {CompletionError} if the answer is incomplete
   */
  result(): Promise<CompletionResult<Output>>;
}

/** Sends a request to a model and streams its answer. */
export type CompletionFunction = <Output = unknown>(
  source: string | URL | Request | Response,
  init?: CompletionInit<Output>,
) => Completion<Output>;

/**
 * Creates a `completion` with the given formats only, so that bundles don't contain the others. If there are several,
 * the format of each answer is recognized. The option `schema` needs `structuredOutput`.
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
    // Throws synchronously for an unknown name.
    if (!format || typeof format === 'string') selectFormats(formats, format);
    return complete(source, init);
  };
}

/** The parts of `completion` that may be loaded lazily. */
export interface Features {
  formatsFor(name: string | undefined): CompletionFormat[];
  readonly structuredOutput: StructuredOutput;
}

/** Creates a `completion` that loads its features, if it needs them, while the request is sent. */
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
  /** Ends the stream if no event arrives within the time. */
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
  /** Reads an event with each step. The answer keeps the parts until the loop takes them. */
  async function* read(): AsyncGenerator<undefined, void, undefined> {
    let isReading = false;
    try {
      try {
        let next: IteratorResult<EventSourceMessage>;
        [next, structured] = await Promise.all([messages.next(), prepare()]);
        while (!next.done) {
          const wasFinished = answer.isFinished;
          const before = answer.parts.length;
          isReading = true;
          reader.read(next.value);
          structured?.read();
          isReading = false;
          const hasParts = answer.parts.length > before;
          // The time of the loop's body doesn't count.
          if (hasParts && !answer.error) clearTimeout(timer);
          yield;
          if (answer.isDone) break;
          const wait = hasParts ? LONG_WAIT : !wasFinished && FINISH_WAIT;
          if (answer.isFinished && wait) limitWait(wait);
          next = await messages.next();
        }
        isReading = true;
        if (unfinished) reader.readUnfinished(unfinished);
      } catch (error) {
        // Only usage can follow the finish. Exceptions of the user's functions are thrown in any case.
        if (!answer.isFinished || answer.error || isReading) throw toCompletionError(error);
      } finally {
        clearTimeout(timer);
        await messages.return();
      }
      reader.complete();
      const object = (await structured?.end()) as Output;
      reader.end();
      outcome = () => object;
    } catch (error) {
      outcome = () => {
        throw error;
      };
    }
  }

  const steps = read();
  let pending: Promise<boolean> | undefined;
  /** The loop and `result()` wait for the same step. */
  const step = () => {
    pending ??= steps.next().then(({ done }) => {
      pending = undefined;
      return !done;
    });
    return pending;
  };
  async function* deliver(): AsyncGenerator<CompletionPart, void, undefined> {
    try {
      do yield* answer.take();
      while (answer.parts.length > 0 || (await step()));
      yield* answer.take();
      outcome();
    } finally {
      await steps.return();
    }
  }

  const parts = deliver();
  const leave = parts.return;
  // `return` of a generator waits for its pending `await`, so the wait for an event has to end first.
  parts.return = async (value) => {
    await messages.return();
    return leave.call(parts, value);
  };
  const result = once(async (): Promise<CompletionResult<Output>> => {
    while (await step());
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
  // A Request has its own method, and a Response needs none.
  const isRequest = 'headers' in Object(source);
  const method = isRequest ? {} : { method: 'POST' };
  const result: EventsInit = { ...method, ...init, body: body as BodyInit, reconnect: false };
  if (isJson(body)) {
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

/** Whether a body is an object that `fetch` doesn't know. Those that it knows have a tag or are iterable. */
function isJson(body: unknown): boolean {
  const isKnown = !isObject(body) || Symbol.asyncIterator in (body as object);
  return !isKnown && /^\[object (Object|Array)\]$/.test(Object.prototype.toString.call(body));
}

/** Converts the error of a stream, and adds the provider's message. */
function toCompletionError(error: unknown): unknown {
  if (!(error instanceof EventSourceError)) return error;
  const { kind, message, status, headers, body, cause, retryAfter } = error;
  // A response with status 200 may be a complete answer instead of a stream.
  const hasError = body && (kind !== 'content-type' || isError(fromJson(body)));
  const provider: Partial<ProviderError> = hasError ? toBodyError(body) : {};
  return new CompletionError(provider.message ? `${provider.message} (${message})` : message, {
    ...{ ...provider, kind, headers, body, cause },
    status: status ?? provider.status,
    retryAfter: Number(headers?.get('retry-after-ms')) || (retryAfter ?? provider.retryAfter),
  });
}
