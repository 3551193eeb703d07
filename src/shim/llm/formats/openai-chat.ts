/** OpenAI's chat completions, and compatible servers. */

import {
  type Answer,
  firstOf,
  isObject,
  list,
  type OpenCall,
  textOf,
  toArguments,
  toTotal,
} from '../answer.js';
import type { CompletionFormat, FormatReader, Json } from '../types.js';

/** A streaming call, with extra members that the next request has to repeat. */
interface ChatCall {
  key: unknown;
  call: OpenCall;
  members: Record<string, unknown>;
}

/** OpenAI's chat completions and text completions, and the servers that are compatible with them. */
export const openaiChat: CompletionFormat = {
  name: 'openai-chat',
  matches: (chunk, type) =>
    'choices' in chunk || (!type && /completion/.test(chunk.object)) || Boolean(chunk.x_groq),
  start: (answer) => new ChatReader(answer),
};

class ChatReader implements FormatReader {
  readonly #answer: Answer;
  readonly #calls: ChatCall[] = [];
  /** OpenRouter's `reasoning_details`, sent back unchanged. */
  readonly #details: Json[] = [];
  /** The delta's member that had the reasoning. */
  #reasoningName = '';
  #refusal = '';

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  read(chunk: Json): void {
    const answer = this.#answer;
    answer.id ??= textOf(chunk.id);
    answer.count(chunk.usage ?? chunk.x_groq?.usage);
    const choice = firstOf(chunk.choices);
    if (!choice) return;
    const delta = isObject(choice.delta) ? choice.delta : isObject(choice.message) ? choice.message : {};
    answer.count(choice.usage);
    this.#readReasoning(delta);
    this.#readContent(delta.content);
    answer.write('text', choice.text);
    this.#refusal += textOf(delta.refusal) ?? '';
    answer.write('text', delta.refusal);
    for (const image of list(delta.images)) answer.other('image', image);
    for (const entry of list(delta.tool_calls)) this.#readCall(entry);
    if (isObject(delta.function_call))
      this.#readCall({ index: 'function_call', function: delta.function_call });
    const error = choice.error ?? delta.error;
    if (isObject(error) || textOf(error)) answer.fail({ error });
    else if (choice.finish_reason === 'error') answer.fail('The provider ended the answer with an error');
    else if (textOf(choice.finish_reason)) answer.finish(choice.finish_reason);
  }

  end(): void {
    for (const { call } of this.#calls) this.#answer.close(call);
  }

  tokens({ prompt_tokens, completion_tokens, total_tokens }: Json): [number | undefined, number | undefined] {
    return toTotal(prompt_tokens, completion_tokens, total_tokens);
  }

  message(): Json {
    const { text, reasoning } = this.#answer;
    const content = this.#refusal === text ? '' : text;
    const message: Json = { role: 'assistant', content: content || null };
    if (this.#refusal) message.refusal = this.#refusal;
    if (this.#reasoningName === 'content') {
      const thinking = { type: 'thinking', thinking: [{ type: 'text', text: reasoning }] };
      message.content = [thinking, ...(text ? [{ type: 'text', text }] : [])];
    }
    const calls = this.#calls.filter(({ call }) => call.name);
    if (calls.length > 0) {
      message.tool_calls = calls.map(({ call: { id, kind, name, arguments: text }, members }) =>
        kind
          ? { ...members, id, type: 'custom', custom: { name, input: text } }
          : { ...members, id, type: 'function', function: { name, arguments: text || '{}' } },
      );
      // Models that reason between calls require it; others reject it.
      if (this.#reasoningName.startsWith('reasoning')) message[this.#reasoningName] = reasoning;
    }
    if (this.#details.length > 0) message.reasoning_details = this.#details;
    return message;
  }

  #readReasoning(delta: Json): void {
    const name = ['reasoning_content', 'reasoning', 'reasoning_text', 'thinking'].find((name) =>
      textOf(delta[name]),
    );
    if (name) this.#reasoningName ||= name;
    const details = list(delta.reasoning_details);
    this.#answer.write(
      'reasoning',
      name ? delta[name] : details.map(({ text, summary }) => textOf(text) ?? textOf(summary) ?? '').join(''),
    );
    for (const detail of details) this.#keep(detail);
  }

  /** Joins the pieces of one detail. */
  #keep(detail: Json): void {
    const last = this.#details.at(-1);
    if (!last || last.type !== detail.type || last.index !== detail.index) {
      this.#details.push({ ...detail });
      return;
    }
    for (const [name, value] of Object.entries(detail)) {
      const isPiece = ['text', 'summary', 'data'].includes(name) && typeof last[name] === 'string';
      if (isPiece) last[name] += value ?? '';
      else if (value !== null) last[name] = value;
    }
  }

  #readContent(content: Json): void {
    if (typeof content === 'string') {
      this.#answer.write('text', content);
      return;
    }
    for (const item of list(content)) {
      if (item.type === 'thinking' || item.thinking) {
        this.#reasoningName = 'content';
        const pieces = list(item.thinking).map(({ text }) => textOf(text) ?? '');
        this.#answer.write('reasoning', textOf(item.thinking) ?? pieces.join(''));
      } else if (textOf(item.text)) {
        this.#answer.write('text', item.text);
      } else if (textOf(item.type) && item.type !== 'text') {
        this.#answer.other(item.type, item);
      }
    }
  }

  #readCall({ index, id, type: _, function: called, custom, ...members }: Json): void {
    const { name } = called ?? custom ?? {};
    let piece = toArguments(called?.arguments ?? custom?.input);
    let found = this.#find(index, textOf(id), textOf(name), piece);
    const isNew = !found;
    if (!found) {
      if (!textOf(id) && !textOf(name) && !piece) return;
      const call = this.#answer.open(id, name, custom ? 'custom' : undefined);
      found = { key: index ?? textOf(id), call, members };
      this.#calls.push(found);
    }
    const { call } = found;
    // Some servers send the whole call again at the end.
    if (!isNew && piece === call.arguments && isWhole(piece)) piece = '';
    call.id ??= textOf(id);
    // Names arrive whole; some servers repeat them.
    call.name = textOf(name) ?? call.name;
    Object.assign(found.members, members);
    if (isNew || piece) this.#answer.grow(call, piece);
  }

  /** The call that a piece belongs to. Servers number all calls 0, leave out numbers and IDs, or repeat names. */
  #find(
    index: unknown,
    id: string | undefined,
    name: string | undefined,
    piece: string,
  ): ChatCall | undefined {
    const isKeyed = index !== undefined && index !== null;
    const found = [...this.#calls]
      .reverse()
      .find(({ key, call }) => (isKeyed ? key === index : !id || call.id === id));
    if (!found || (id && found.call.id === id)) return found;
    if (id && found.call.id) return undefined;
    const { call } = found;
    const isNext = name && call.name && (name !== call.name || (piece && isWhole(call.arguments)));
    return isNext ? undefined : found;
  }
}

function isWhole(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}
