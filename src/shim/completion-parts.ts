/**
 * What the chunks of models' answers mean. Shapes as the providers document them: OpenAI's chat completions and those
 * like them, OpenAI's responses, Anthropic's messages, Google's streamGenerateContent.
 */

/** The shapes that are known. */
export type CompletionFormat = 'openai-chat' | 'openai-responses' | 'anthropic' | 'google';

/** How many tokens were used. */
export interface Usage {
  /** Tokens that were read. */
  inputTokens: number | undefined;
  /** Tokens that were written, those of reasoning among them. */
  outputTokens: number | undefined;
  /** What the provider said, all of it. */
  raw: Record<string, unknown>;
}

/** A call of a tool, put together. */
export interface ToolCall {
  /** The provider's ID of the call; Google gives none. */
  id: string | undefined;
  /** The tool's name. */
  name: string;
  /** The arguments as the model wrote them, which should be JSON and isn't always. */
  arguments: string;
}

/** A part of an answer, in the order in which they come; `usage` is the last. */
export type CompletionPart =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | ({ type: 'tool-call' } & ToolCall)
  /** `reason` is the provider's word for why the answer ended, such as `stop`, `end_turn` or `length`. */
  | { type: 'finish'; reason: string }
  | { type: 'usage'; usage: Usage };

/** An error that the provider reports within the stream, or instead of it. */
export interface ProviderError {
  message: string;
  /** The provider's name for it. */
  type: string | undefined;
  code: string | undefined;
  raw: unknown;
}

// Chunks are what somebody else's server sends: each member may be anything, and what isn't as expected is left out.
// biome-ignore lint/suspicious/noExplicitAny: see above.
type Json = any;

/** Takes an answer's chunks, one after the other, and remembers what belongs together. */
export class CompletionReader {
  /** Nothing follows. */
  isDone = false;
  /** Whether the answer was said to be finished: if not, a stream that ends was cut. */
  isFinished = false;
  /** What the provider reports to have gone wrong. */
  error: ProviderError | undefined;

  readonly #format: CompletionFormat | undefined;
  #parts: CompletionPart[] = [];
  /** Calls that aren't complete, by the provider's index. */
  readonly #calls = new Map<unknown, ToolCall>();
  #usage: Record<string, unknown> | undefined;

  /** Without a format, each chunk is recognised by its shape. */
  constructor(format?: CompletionFormat) {
    this.#format = format;
  }

  /** What a chunk brings. Throws a `SyntaxError` if it isn't JSON. */
  read(data: string): CompletionPart[] {
    this.#parts = [];
    if (data.trim() === '[DONE]') {
      this.isFinished = true;
      this.isDone = true;
    } else if (data.trim() !== '') {
      this.#readChunk(JSON.parse(data));
    }
    return this.#parts;
  }

  /** What is left when the stream has ended. */
  end(): CompletionPart[] {
    this.#parts = [];
    this.#completeCalls();
    const raw = this.#usage;
    if (raw) {
      const count = (...names: string[]) =>
        names.map((name) => raw[name]).find((value): value is number => typeof value === 'number');
      const thoughts = count('thoughtsTokenCount') ?? 0;
      const candidates = count('candidatesTokenCount');
      const usage = {
        inputTokens: count('prompt_tokens', 'input_tokens', 'promptTokenCount'),
        outputTokens:
          candidates === undefined ? count('completion_tokens', 'output_tokens') : candidates + thoughts,
        raw,
      };
      this.#parts.push({ type: 'usage', usage });
    }
    return this.#parts;
  }

  #readChunk(chunk: Json): void {
    const error = chunk?.error ?? (chunk?.type === 'error' ? chunk : undefined);
    if (error) {
      this.#fail(error);
      return;
    }
    switch (this.#format ?? formatOf(chunk)) {
      case 'openai-chat':
        this.#readChat(chunk);
        break;
      case 'openai-responses':
        this.#readResponses(chunk);
        break;
      case 'anthropic':
        this.#readAnthropic(chunk);
        break;
      case 'google':
        this.#readGoogle(chunk);
        break;
    }
  }

  #readChat(chunk: Json): void {
    this.#count(chunk?.usage);
    // Of several answers to one question, the first.
    const choice = chunk?.choices?.find?.((choice: Json) => (choice?.index ?? 0) === 0);
    if (!choice) return;
    const delta = choice.delta ?? {};
    this.#reason(delta.reasoning_content ?? delta.reasoning);
    this.#say(delta.content ?? choice.text);
    this.#say(delta.refusal);
    for (const call of delta.tool_calls ?? []) {
      this.#call(call.index ?? call.id, call.id, call.function?.name, call.function?.arguments);
    }
    this.#finish(choice.finish_reason);
  }

  #readResponses(chunk: Json): void {
    switch (chunk?.type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        this.#say(chunk.delta);
        break;
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        this.#reason(chunk.delta);
        break;
      case 'response.output_item.done':
        if (chunk.item?.type === 'function_call') {
          this.#call(chunk.item.id, chunk.item.call_id, chunk.item.name, chunk.item.arguments);
          this.#completeCalls();
        }
        break;
      case 'response.completed':
      case 'response.incomplete':
        this.#count(chunk.response?.usage);
        this.#finish(chunk.response?.incomplete_details?.reason ?? chunk.response?.status ?? 'completed');
        this.isDone = true;
        break;
      case 'response.failed':
        this.#fail(chunk.response?.error);
        break;
    }
  }

  #readAnthropic(chunk: Json): void {
    switch (chunk?.type) {
      case 'message_start':
        this.#count(chunk.message?.usage);
        break;
      case 'content_block_start': {
        const { content_block: block, index } = chunk;
        this.#say(block?.text);
        this.#reason(block?.thinking);
        // The arguments follow, unless there are none.
        if (block?.type === 'tool_use') this.#call(index, block.id, block.name, '');
        break;
      }
      case 'content_block_delta':
        this.#say(chunk.delta?.text);
        this.#reason(chunk.delta?.thinking);
        if (chunk.delta?.type === 'input_json_delta') {
          this.#call(chunk.index, undefined, undefined, chunk.delta.partial_json);
        }
        break;
      case 'content_block_stop':
        this.#completeCalls();
        break;
      case 'message_delta':
        this.#count(chunk.usage);
        this.#finish(chunk.delta?.stop_reason);
        break;
      case 'message_stop':
        this.isFinished = true;
        this.isDone = true;
        break;
    }
  }

  #readGoogle(chunk: Json): void {
    this.#count(chunk?.usageMetadata);
    this.#finish(chunk?.promptFeedback?.blockReason);
    const candidate = chunk?.candidates?.find?.((candidate: Json) => (candidate?.index ?? 0) === 0);
    for (const part of candidate?.content?.parts ?? []) {
      if (part?.thought) this.#reason(part.text);
      else this.#say(part?.text);
      const call = part?.functionCall;
      if (call) {
        this.#call(call, call.id, call.name, JSON.stringify(call.args ?? {}));
        this.#completeCalls();
      }
    }
    this.#finish(candidate?.finishReason);
  }

  #say(text: unknown): void {
    if (typeof text === 'string' && text !== '') this.#parts.push({ type: 'text', text });
  }

  #reason(text: unknown): void {
    if (typeof text === 'string' && text !== '') this.#parts.push({ type: 'reasoning', text });
  }

  /** A piece of a call. The first has the name, and the others more of the arguments. */
  #call(index: unknown, id: unknown, name: unknown, piece: unknown): void {
    let call = this.#calls.get(index);
    // Some servers number all calls 0.
    if (call?.id && id && call.id !== id) {
      this.#completeCalls();
      call = undefined;
    }
    if (!call) {
      call = { id: undefined, name: '', arguments: '' };
      this.#calls.set(index, call);
    }
    if (typeof id === 'string' && id !== '') call.id = id;
    // It comes whole, and from some servers again and again.
    if (typeof name === 'string' && name !== '') call.name = name;
    // Some servers send the arguments as an object.
    call.arguments += typeof piece === 'object' && piece !== null ? JSON.stringify(piece) : (piece ?? '');
  }

  #completeCalls(): void {
    for (const call of this.#calls.values()) {
      this.#parts.push({ type: 'tool-call', ...call, arguments: call.arguments || '{}' });
    }
    this.#calls.clear();
  }

  #finish(reason: unknown): void {
    if (typeof reason !== 'string' || reason === '') return;
    this.isFinished = true;
    this.#completeCalls();
    this.#parts.push({ type: 'finish', reason });
  }

  /** Later counts complete or correct earlier ones. */
  #count(usage: unknown): void {
    if (typeof usage !== 'object' || usage === null) return;
    const known = Object.entries(usage).filter(([, value]) => value !== null && value !== undefined);
    if (known.length > 0) this.#usage = { ...this.#usage, ...Object.fromEntries(known) };
  }

  #fail(error: Json): void {
    this.isDone = true;
    this.error = toProviderError(error);
  }
}

/** By what none of the others has. */
function formatOf(chunk: Json): CompletionFormat | undefined {
  if (chunk?.candidates || chunk?.usageMetadata || chunk?.promptFeedback) return 'google';
  if (typeof chunk?.type !== 'string') return 'openai-chat';
  return chunk.type.startsWith('response.') ? 'openai-responses' : 'anthropic';
}

/** The error in a provider's JSON: an object, or an object in `error`, or in a list, or text. */
export function toProviderError(json: Json): ProviderError {
  const outer = Array.isArray(json) ? json[0] : json;
  const error = outer?.error ?? outer;
  const { message, type, status, code } = Object(error);
  const text = (value: unknown) => (value === null || value === undefined ? undefined : String(value));
  return {
    message: text(message) ?? (typeof error === 'string' ? error : JSON.stringify(error)),
    type: text(type ?? status),
    code: text(code),
    raw: json,
  };
}
