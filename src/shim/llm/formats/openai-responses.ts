/** OpenAI's responses. */

import { type Answer, isObject, list, type OpenCall, textOf, toArguments, toTotal } from '../answer.js';
import type { CompletionFormat, FormatReader, Json } from '../types.js';

/** Items that wait for the client's answer. Other calls run at the provider. */
const CLIENT_CALLS = [
  ...['function_call', 'custom_tool_call', 'shell_call', 'local_shell_call', 'tool_search_call'],
  ...['computer_call', 'apply_patch_call', 'mcp_approval_request'],
];

/** OpenAI's responses API, and the servers that are compatible with it. */
export const openaiResponses: CompletionFormat = {
  name: 'openai-responses',
  matches: (_chunk, type) => /^response\./.test(type ?? ''),
  start: (answer) => new ResponsesReader(answer),
};

class ResponsesReader implements FormatReader {
  readonly #answer: Answer;
  /** Calls whose arguments are streaming, by the output's index or the item's ID. */
  readonly #open = new Map<unknown, OpenCall>();
  /** The text written so far, by block. */
  readonly #written = new Map<string, string>();
  readonly #items: Json[] = [];
  #output: Json[] | undefined;
  #isStored = true;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  read(chunk: Json, type: string): void {
    const answer = this.#answer;
    const { response, item } = chunk;
    answer.id ??= textOf(response?.id);
    if (response?.store === false) this.#isStored = false;
    const [, name = '', what] = /^response\.(.+?)(?:\.(\w+))?$/.exec(type) ?? [];
    const kind = /reasoning/.test(name) ? 'reasoning' : 'text';
    if (/^(output_text|refusal|reasoning(_summary)?_text)$/.test(name)) {
      if (what === 'delta') this.#write(kind, chunk, chunk.delta);
      else if (what === 'done') this.#complete(kind, chunk, chunk.text ?? chunk.refusal);
      else answer.other('annotation', chunk.annotation);
    } else if (/^output_text\.annotation$/.test(name)) {
      answer.other('annotation', chunk.annotation);
    } else if (name === 'output_item' && isObject(item)) {
      if (what === 'done') this.#readItem(item, chunk.output_index);
      else if (isForClient(item)) this.#begin(item, chunk.output_index ?? item.id);
    } else if (/(arguments|_input|shell_call_command)$/.test(name)) {
      const call = this.#open.get(chunk.output_index ?? chunk.item_id) ?? this.#open.get(chunk.item_id);
      const piece = toArguments(chunk.delta);
      if (call && piece) answer.grow(call, piece);
      else if (call) call.arguments = toArguments(chunk.arguments ?? chunk.input) || call.arguments;
    } else if (name === 'error') {
      answer.fail(chunk);
    } else if (/^(completed|incomplete|done|failed|cancelled)$/.test(name)) {
      this.#end(response, name);
    }
  }

  /** Completes calls without a final item. */
  end(): void {
    for (const call of this.#open.values()) this.#answer.close(call);
  }

  tokens({ input_tokens, output_tokens, total_tokens }: Json): [number | undefined, number | undefined] {
    return toTotal(input_tokens, output_tokens, total_tokens);
  }

  /** The output's items: append all of them to `input`. */
  message(): Json {
    const items = this.#output ?? this.#items;
    // Without storage, the server only knows reasoning that the item contains.
    return this.#isStored
      ? items
      : items.filter((item) => item.type !== 'reasoning' || item.encrypted_content);
  }

  #end(response: Json, name: string): void {
    const answer = this.#answer;
    answer.count(response?.usage);
    if (isObject(response?.error) || textOf(response?.error)) {
      answer.fail(response);
    } else if (/failed|cancelled/.test(name)) {
      answer.fail(`The response's status is "${name}"`);
    } else {
      const output = list(response?.output);
      for (const item of output) this.#readItem(item);
      if (output.length > 0) this.#output = output;
      answer.finish(response?.incomplete_details?.reason ?? response?.status ?? name);
      answer.isDone = true;
    }
  }

  #write(kind: 'text' | 'reasoning', chunk: Json, text: unknown): void {
    const key = keyOf(kind, chunk);
    this.#written.set(key, (this.#written.get(key) ?? '') + (textOf(text) ?? ''));
    // Parts of one message's text belong together.
    this.#answer.write(kind, text, kind === 'text' ? (chunk.item_id ?? chunk.output_index) : key);
  }

  /** Writes what deltas have left out of a block's whole text. */
  #complete(kind: 'text' | 'reasoning', chunk: Json, text: unknown): void {
    const whole = textOf(text);
    const written = this.#written.get(keyOf(kind, chunk)) ?? '';
    // The text of an item is in blocks of its own.
    const isWritten = whole && withoutBreaks(this.#answer[kind]).includes(withoutBreaks(whole));
    if (!whole || isWritten) return;
    this.#write(kind, chunk, whole.startsWith(written) ? whole.slice(written.length) : '');
  }

  #begin(item: Json, key: unknown): OpenCall {
    const isFunction = item.type === 'function_call';
    const name = item.name ?? item.type.replace(/_call$/, '');
    const call = this.#answer.open(item.call_id ?? item.id, name, isFunction ? undefined : item.type);
    this.#open.set(key, call);
    this.#answer.grow(call, textOf(item.arguments ?? item.input) ?? '');
    return call;
  }

  #take(key: unknown): OpenCall | undefined {
    const call = this.#open.get(key);
    this.#open.delete(key);
    return call;
  }

  #readItem(item: Json, index?: unknown): void {
    const answer = this.#answer;
    const id = item.id ?? item.call_id;
    if (this.#items.some((known) => id !== undefined && (known.id ?? known.call_id) === id)) return;
    this.#items.push(item);
    const place = (part: number) => ({
      item_id: item.id,
      output_index: index,
      content_index: part,
      summary_index: part,
    });
    const { type } = item;
    if (type === 'message') {
      list(item.content).forEach((part, at) => {
        this.#complete('text', place(at), part.text ?? part.refusal);
      });
    } else if (type === 'reasoning') {
      [...list(item.summary), ...list(item.content)].forEach((part, at) => {
        this.#complete('reasoning', place(at), part.text);
      });
    } else if (isForClient(item)) {
      const call = this.#take(index ?? item.id) ?? this.#take(item.id);
      // The final item overrides the deltas.
      const { action, actions, operation } = item;
      answer.close({
        ...(call ?? answer.open(undefined, '', type === 'function_call' ? undefined : type)),
        id: textOf(item.call_id ?? item.id),
        name: textOf(item.name) ?? type.replace(/_call$/, ''),
        arguments:
          toArguments(item.arguments ?? item.input ?? action ?? actions ?? operation) ||
          (call?.arguments ?? ''),
      });
    } else if (/_output$/.test(type)) {
      answer.add({
        type: 'server-tool-result',
        id: textOf(item.call_id ?? item.id),
        name: type,
        result: item,
      });
    } else if (textOf(type)) {
      const name = textOf(item.name) ?? type.replace(/_call$/, '');
      if (name === type && !item.call_id) {
        answer.other(type, item);
        return;
      }
      const args = toArguments(item.arguments ?? item.action ?? item.code ?? item.queries ?? item.prompt);
      answer.add({ type: 'server-tool-call', id: textOf(item.call_id ?? item.id), name, arguments: args });
      // The result is in the item, or in one of its own.
      if (!item.call_id) answer.add({ type: 'server-tool-result', id: textOf(item.id), name, result: item });
    }
  }
}

function isForClient({ type, execution, environment }: Json): boolean {
  return CLIENT_CALLS.includes(type) && execution !== 'server' && !/^container/.test(environment?.type);
}

function withoutBreaks(text: string): string {
  return text.replaceAll('\n\n', '');
}

function keyOf(kind: string, { item_id, output_index, content_index, summary_index }: Json): string {
  return `${kind} ${item_id ?? output_index} ${summary_index ?? content_index}`;
}
