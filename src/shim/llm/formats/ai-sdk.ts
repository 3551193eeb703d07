/** The UI message stream of Vercel's AI SDK. */

import { type Answer, type OpenCall, textOf, toArguments, toTotal } from '../answer.js';
import type { CompletionFormat, FormatReader, Json } from '../types.js';

const TYPES =
  /^(start|finish|abort|(start|finish)-step|(text|reasoning)-(start|delta|end)|tool-(input|output|approval)-[a-z-]+|source-(url|document)|file|data-.+|message-metadata)$/;

/** The UI message stream of Vercel's AI SDK, versions 5 and 6. */
export const aiSdk: CompletionFormat = {
  name: 'ai-sdk',
  matches: (_chunk, type) => TYPES.test(type ?? ''),
  start: (answer) => new UiMessageReader(answer),
};

class UiMessageReader implements FormatReader {
  readonly #answer: Answer;
  /** Calls without a result, by their ID. */
  readonly #open = new Map<unknown, OpenCall>();
  /** The parts of the UI message. */
  readonly #parts: Json[] = [];
  readonly #byId = new Map<string, Json>();
  #block = 0;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  read(chunk: Json, type: string): void {
    const answer = this.#answer;
    const [kind, what] = type.split('-', 2) as [string, string?];
    if (kind === 'text' || kind === 'reasoning') {
      this.#readText(kind, what, chunk);
    } else if (kind === 'tool') {
      this.#readTool(type, chunk);
    } else if (type === 'finish') {
      const metadata = chunk.messageMetadata;
      answer.count(metadata?.totalUsage ?? metadata?.usage ?? chunk.totalUsage);
      answer.finish(chunk.finishReason);
    } else if (type === 'start') {
      answer.id = textOf(chunk.messageId) ?? answer.id;
    } else if (type === 'abort') {
      answer.fail(textOf(chunk.reason) ?? 'The server aborted the answer');
    } else if (/^(source|file|data)/.test(type)) {
      answer.other(type, chunk);
      this.#parts.push(chunk);
    } else if (type === 'start-step') {
      this.#parts.push({ type: 'step-start' });
    }
  }

  /** Calls that have no result are the client's. */
  end(): void {
    for (const call of this.#open.values()) this.#answer.close(call);
  }

  tokens({ inputTokens, outputTokens, totalTokens }: Json): [number | undefined, number | undefined] {
    return toTotal(inputTokens, outputTokens, totalTokens);
  }

  message(): Json {
    const { id } = this.#answer;
    return { ...(id && { id }), role: 'assistant', parts: this.#parts };
  }

  #readText(kind: 'text' | 'reasoning', what: string | undefined, chunk: Json): void {
    const key = `${kind} ${chunk.id}`;
    let part = this.#byId.get(key);
    if (what === 'start' || !part) {
      part = { type: kind, text: '' };
      this.#byId.set(key, part);
      this.#parts.push(part);
      part.block = ++this.#block;
      Object.defineProperty(part, 'block', { enumerable: false });
    }
    if (chunk.providerMetadata) part.providerMetadata = chunk.providerMetadata;
    const text = textOf(chunk.delta ?? chunk.text);
    if (what !== 'delta' || !text) return;
    part.text += text;
    this.#answer.write(kind, text, part.block);
  }

  #readTool(type: string, chunk: Json): void {
    const answer = this.#answer;
    const { toolCallId: id, toolName, input, output, errorText } = chunk;
    const key = `tool ${id}`;
    let part = this.#byId.get(key);
    let call = this.#open.get(id);
    if (!part) {
      const name = textOf(toolName) ?? '';
      part = {
        type: chunk.dynamic ? 'dynamic-tool' : `tool-${name}`,
        toolCallId: id,
        state: 'input-streaming',
      };
      if (chunk.dynamic) part.toolName = name;
      this.#byId.set(key, part);
      this.#parts.push(part);
      call = answer.open(id, name);
      this.#open.set(id, call);
      if (type === 'tool-input-start') answer.grow(call, '');
    }
    const isProviders = Boolean(chunk.providerExecuted);
    if (isProviders) part.providerExecuted = true;
    if (type === 'tool-input-delta' && call && textOf(chunk.inputTextDelta)) {
      answer.grow(call, chunk.inputTextDelta);
    } else if (type === 'tool-input-available') {
      Object.assign(part, { state: 'input-available', input });
      if (call) call.arguments = toArguments(input) || call.arguments;
      if (isProviders) this.#execute(id);
    } else if (type === 'tool-output-available') {
      Object.assign(part, { state: 'output-available', output });
      this.#execute(id);
      const name = part.toolName ?? part.type.slice('tool-'.length);
      answer.add({ type: 'server-tool-result', id: textOf(id), name, result: output });
    } else if (/-(error|denied)$/.test(type)) {
      Object.assign(part, { state: 'output-error', errorText, ...(input !== undefined && { input }) });
      this.#execute(id);
      const name = part.toolName ?? part.type.slice('tool-'.length);
      answer.add({ type: 'server-tool-result', id: textOf(id), name, result: chunk });
    }
  }

  /** The call isn't the client's. */
  #execute(id: unknown): void {
    const call = this.#open.get(id);
    if (!call) return;
    this.#open.delete(id);
    const { name, arguments: text } = call;
    this.#answer.add({ type: 'server-tool-call', id: call.id, name, arguments: text || '{}' });
  }
}
