/** Cohere's chat API, version 2. */

import { type Answer, isObject, list, type OpenCall, textOf, toArguments } from '../answer.js';
import type { CompletionFormat, FormatReader, Json } from '../types.js';

/** Cohere's chat API, version 2. */
export const cohere: CompletionFormat = {
  name: 'cohere',
  matches: (_chunk, type) =>
    /^(message-(start|end)|content-(start|delta|end)|tool-plan-delta|tool-call-(start|delta|end)|citation-(start|end))$/.test(
      type ?? '',
    ),
  start: (answer) => new ChatV2Reader(answer),
};

class ChatV2Reader implements FormatReader {
  readonly #answer: Answer;
  readonly #open = new Map<unknown, OpenCall>();
  readonly #calls: Json[] = [];
  readonly #citations: Json[] = [];
  /** Blocks of content by their index, in order. */
  readonly #content = new Map<unknown, Json>();
  #plan = '';

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  read(chunk: Json, type: string): void {
    const answer = this.#answer;
    const { index, delta } = chunk;
    const message = delta?.message;
    if (type === 'message-start') {
      answer.id = textOf(chunk.id) ?? answer.id;
    } else if (type === 'content-start' || type === 'content-delta') {
      for (const piece of list(message?.content)) this.#readContent(index, piece);
    } else if (type === 'tool-plan-delta') {
      this.#plan += textOf(message?.tool_plan) ?? '';
      answer.write('reasoning', message?.tool_plan, 'plan');
    } else if (type.startsWith('tool-call')) {
      this.#readCall(type, index, list(message?.tool_calls)[0]);
    } else if (type === 'citation-start') {
      for (const citation of list(message?.citations)) {
        this.#citations.push(citation);
        answer.other('citation', citation);
      }
    } else if (type === 'message-end') {
      const { finish_reason: reason, usage, error } = delta ?? {};
      answer.count(usage);
      if (textOf(error) || isObject(error)) answer.fail({ error });
      else if (/^error/i.test(reason)) answer.fail(`The provider ended the answer with ${reason}`);
      else answer.finish(reason);
      answer.isDone = true;
    }
  }

  end(): void {
    for (const index of [...this.#open.keys()]) this.#close(index);
  }

  tokens({ tokens, billed_units }: Json): [number | undefined, number | undefined] {
    const { input_tokens, output_tokens } = tokens ?? billed_units ?? {};
    return [input_tokens, output_tokens];
  }

  message(): Json {
    return {
      role: 'assistant',
      ...(this.#plan && { tool_plan: this.#plan }),
      ...(this.#content.size > 0 && { content: [...this.#content.values()] }),
      ...(this.#calls.length > 0 && { tool_calls: this.#calls }),
      ...(this.#citations.length > 0 && { citations: this.#citations }),
    };
  }

  #readContent(index: unknown, { text, thinking }: Json): void {
    const piece = textOf(thinking) ?? textOf(text);
    if (!piece) return;
    const type = textOf(thinking) ? 'thinking' : 'text';
    const block = this.#content.get(index) ?? { type, [type]: '' };
    this.#content.set(index, block);
    block[type] += piece;
    this.#answer.write(type === 'text' ? 'text' : 'reasoning', piece, index);
  }

  #readCall(type: string, index: unknown, piece: Json): void {
    if (type === 'tool-call-end') {
      this.#close(index);
      return;
    }
    const { id, function: called } = piece ?? {};
    let call = this.#open.get(index);
    if (type === 'tool-call-start' || !call) {
      this.#close(index);
      call = this.#answer.open(id, called?.name);
      this.#open.set(index, call);
    }
    this.#answer.grow(call, toArguments(called?.arguments));
  }

  #close(index: unknown): void {
    const call = this.#open.get(index);
    if (!call) return;
    this.#open.delete(index);
    const { id, name, arguments: text } = call;
    this.#answer.close(call);
    this.#calls.push({ id, type: 'function', function: { name, arguments: text || '{}' } });
  }
}
