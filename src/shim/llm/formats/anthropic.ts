/** Anthropic's messages. */

import { type Answer, fromJson, isObject, list, type OpenCall, textOf, toArguments } from '../answer.js';
import type { CompletionFormat, FormatReader, Json } from '../types.js';

/** A block of the message, as the next request repeats it. */
interface Block {
  value: Json;
  /** The pieces of a tool's input. */
  json: string;
  call: OpenCall | undefined;
}

/** Anthropic's messages API, and the servers that are compatible with it. */
export const anthropic: CompletionFormat = {
  name: 'anthropic',
  matches: (_chunk, type) => /^(message|content_block)_(start|delta|stop)$/.test(type ?? ''),
  start: (answer) => new MessageReader(answer),
};

class MessageReader implements FormatReader {
  readonly #answer: Answer;
  /** In the order of the message. */
  readonly #blocks: Json[] = [];
  readonly #open = new Map<unknown, Block>();
  /** Text belongs together until something else comes between. */
  #run = 0;
  #lastType: unknown;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  read(chunk: Json, type: string): void {
    const answer = this.#answer;
    const { index, delta, message } = chunk;
    if (type === 'message_start') this.#startMessage(message);
    else if (type === 'content_block_start') this.#start(index, chunk.content_block);
    else if (type === 'content_block_delta' && isObject(delta)) this.#grow(index, delta);
    else if (type === 'content_block_stop') this.#stop(index);
    else if (type === 'message_delta') {
      answer.count(chunk.usage);
      if (textOf(delta?.stop_reason)) answer.finish(delta.stop_reason);
    } else if (type === 'message_stop') {
      answer.finish(undefined);
      answer.isDone = true;
    }
  }

  end(): void {
    for (const index of [...this.#open.keys()]) this.#stop(index);
  }

  tokens(counts: Json): [number | undefined, number | undefined] {
    const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = counts;
    const input = [input_tokens, cache_read_input_tokens, cache_creation_input_tokens].filter(
      Number.isFinite,
    );
    return [input.length > 0 ? input.reduce((a, b) => a + b) : undefined, output_tokens];
  }

  message(): Json {
    // A request with empty text is refused.
    return { role: 'assistant', content: this.#blocks.filter(({ type, text }) => type !== 'text' || text) };
  }

  #startMessage(message: Json): void {
    const answer = this.#answer;
    if (this.#blocks.length > 0) {
      answer.fail('The answer began again before it was complete');
      return;
    }
    answer.id = textOf(message?.id) ?? answer.id;
    answer.count(message?.usage);
    list(message?.content).forEach((block, index) => {
      this.#start(index, block);
      this.#stop(index);
    });
    if (textOf(message?.stop_reason)) answer.finish(message.stop_reason);
  }

  #start(index: unknown, started: Json): Block {
    const answer = this.#answer;
    this.#stop(index);
    const value = isObject(started) ? { ...started } : { type: 'text' };
    const { type } = value;
    if (type !== 'text' || this.#lastType !== 'text') this.#run++;
    this.#lastType = type;
    const call = type === 'tool_use' ? answer.open(value.id, value.name) : undefined;
    const block: Block = { value, json: '', call };
    this.#open.set(index, block);
    this.#blocks.push(value);
    if (call) answer.grow(call, '');
    answer.write('text', value.text, this.#run);
    answer.write('reasoning', value.thinking, this.#run);
    if (/_tool_result$/.test(type)) {
      const id = textOf(value.tool_use_id);
      answer.add({
        type: 'server-tool-result',
        id,
        name: type.replace(/_tool_result$/, ''),
        result: value.content,
      });
    }
    return block;
  }

  #grow(index: unknown, delta: Json): void {
    const answer = this.#answer;
    const { type, text, thinking, signature, partial_json, citation } = delta;
    const block =
      this.#open.get(index) ?? this.#start(index, { type: textOf(thinking) ? 'thinking' : 'text' });
    const { value, call } = block;
    const append = (name: string, piece: unknown) => {
      if (textOf(piece)) value[name] = (value[name] ?? '') + piece;
    };
    if (type === 'input_json_delta') {
      const piece = toArguments(partial_json);
      block.json += piece;
      if (call && piece) answer.grow(call, piece);
    } else if (type === 'citations_delta') {
      value.citations = [...list(value.citations), citation];
      answer.other('citation', citation);
    } else if (type === 'compaction_delta') {
      append('content', delta.content);
    } else {
      append('text', text);
      append('thinking', thinking);
      append('signature', signature);
      answer.write('text', text, this.#run);
      answer.write('reasoning', thinking, this.#run);
    }
  }

  #stop(index: unknown): void {
    const answer = this.#answer;
    const block = this.#open.get(index);
    if (!block) return;
    this.#open.delete(index);
    const { value, json, call } = block;
    const { type, id, name } = value;
    const args = json || toArguments(value.input);
    if (/_use$/.test(type)) {
      const input = fromJson(args || '{}');
      // A request with anything but an object is refused.
      value.input = isObject(input) ? input : {};
    }
    if (call) answer.close({ ...call, arguments: args });
    else if (/_use$/.test(type)) {
      answer.add({
        type: 'server-tool-call',
        id: textOf(id),
        name: textOf(name) ?? type,
        arguments: args || '{}',
      });
    } else if (!/^(text|thinking)$|_tool_result$/.test(type)) {
      answer.other(`${type}`, value);
    }
  }
}
