/** The format of OpenAI's responses. */

import type { Answer, OpenCall } from '../answer.js';
import { isObject, list, textOf, toArguments } from '../json.js';
import type { CompletionFormat, FormatReader, Json } from '../types.js';

/** Types of calls that the client has to answer. The provider executes all others. */
const CLIENT_CALL =
  /^((function|custom_tool|shell|local_shell|tool_search|computer|apply_patch)_call|mcp_approval_request)$/;

/** OpenAI's responses API, and the servers that are compatible with it. */
export const openaiResponses: CompletionFormat = {
  name: 'openai-responses',
  matches: (_chunk, type) => /^response\./.test(type),
  start,
};

function start(answer: Answer): FormatReader {
  /** Calls whose arguments are streaming, with the item's ID and the output's index. */
  const open: { id: unknown; index: unknown; call: OpenCall }[] = [];
  /** The text written so far, by block. */
  const written = new Map<string, string>();
  /** The keys of blocks whose text is complete. */
  const complete = new Set<string>();
  let hasDeltas = false;
  let items: Json[] = [];
  let isStored = true;

  /** Writes a piece of a block, or the rest of a complete block after its pieces. */
  const write = (kind: 'text' | 'reasoning', chunk: Json, value: unknown, isWhole: boolean) => {
    const { item_id, output_index, content_index, summary_index } = chunk;
    // The ID comes second: some servers give each event another one.
    const item = output_index ?? item_id;
    const key = `${kind} ${item} ${summary_index ?? `c${content_index ?? 0}`}`;
    const before = written.get(key) ?? '';
    let text = textOf(value) ?? '';
    if (isWhole) {
      if (!text) return;
      const isRepeated = hasDeltas && text !== before && occurs(kind, text);
      if (text.startsWith(before)) complete.add(key);
      if (isRepeated || !text.startsWith(before)) return;
      text = text.slice(before.length);
    } else {
      hasDeltas = true;
    }
    written.set(key, before + text);
    // Parts of one message's text belong together.
    answer.write(kind, text, kind === 'text' ? item : key);
  };

  /** Whether deltas under other keys, or another complete block, have had this text. */
  const occurs = (kind: string, text: string) => {
    let streamed = '';
    for (const [key, part] of written) {
      if (!key.startsWith(kind)) continue;
      if (!complete.has(key)) streamed += part;
      else if (part === text) return true;
    }
    return withoutBreaks(streamed).includes(withoutBreaks(text));
  };

  /** Finds a call. Some servers give each event another ID, others give each item the same index. */
  const find = (id: unknown, index: unknown) =>
    open.find((one) => id != null && one.id === id) ?? [...open].reverse().find((one) => one.index === index);

  const take = (id: unknown, index: unknown) => {
    const one = find(id, index);
    if (one) open.splice(open.indexOf(one), 1);
    return one?.call;
  };

  const readItem = (item: Json, output_index?: unknown) => {
    const { type, call_id } = item;
    const id = idOf(item);
    const isSame = (known: Json) =>
      known.call_id && call_id
        ? known.call_id === call_id && known.type === type
        : id !== undefined && idOf(known) === id;
    if (items.some(isSame)) return;
    items.push(item);
    const name = nameOf(item);
    const args = argumentsOf(item);
    const result = { type: 'server-tool-result', id: textOf(call_id) ?? id, result: item } as const;
    if (type === 'message' || type === 'reasoning') {
      for (const name of ['summary', 'content']) {
        list(item[name]).forEach(({ text, refusal }, index) => {
          const place = { item_id: item.id, output_index, [`${name}_index`]: index };
          write(type === 'message' ? 'text' : type, place, text ?? refusal, true);
        });
      }
    } else if (isForClient(item)) {
      const call = take(id, output_index) ?? begin(item);
      // The final item overrides the deltas.
      const final = { ...call, id: result.id, name, arguments: args || call.arguments };
      answer.close(final, item.status === 'incomplete' || undefined);
    } else if (/_output$/.test(type)) {
      answer.add({ ...result, name: type });
    } else if (name === type && !call_id) {
      answer.other(type, item);
    } else if (name) {
      answer.add({ type: 'server-tool-call', id: result.id, name, arguments: args });
      // Without a `call_id`, the item also has the result. Otherwise the result is a separate item.
      if (!call_id) answer.add({ ...result, name });
    }
  };

  const begin = (item: Json) =>
    answer.open(
      textOf(item.call_id) ?? item.id,
      nameOf(item),
      item.type === 'function_call' ? undefined : item.type,
    );

  const end = (response: Json, name: string) => {
    const { error, incomplete_details: details, usage, output } = response ?? {};
    const status = textOf(response?.status) ?? name;
    answer.count(usage);
    if (isObject(error) || textOf(error)) {
      answer.fail(response);
    } else if (/failed|cancelled/.test(name + status)) {
      answer.fail(`The provider ended the answer with "${status}"`);
    } else {
      const final = list(output);
      for (const [index, item] of final.entries()) readItem(item, index);
      if (final.length > 0) items = final;
      answer.finish(details?.reason ?? status);
      answer.isDone = true;
    }
  };

  return {
    read(chunk, type) {
      const { response, item, delta, output_index, item_id } = chunk;
      answer.id ??= textOf(response?.id);
      if (response?.store === false) isStored = false;
      const [, name = '', what] = type.split('.');
      if (/annotation/.test(type)) {
        answer.other('annotation', chunk.annotation);
      } else if (/^(output_text|refusal|reasoning(_summary)?(_text)?)$/.test(name)) {
        const isWhole = what !== 'delta';
        const text = isWhole ? (chunk.text ?? chunk.refusal) : (textOf(delta) ?? delta?.text);
        write(/^reasoning/.test(name) ? 'reasoning' : 'text', chunk, text, isWhole);
      } else if (name === 'output_item' && isObject(item)) {
        if (what === 'done') {
          readItem(item, output_index);
        } else if (isForClient(item)) {
          const call = begin(item);
          open.push({ id: idOf(item), index: output_index, call });
          answer.grow(call, textOf(item.arguments ?? item.input) ?? '');
        }
      } else if (/(arguments|_input|shell_call_command)$/.test(name)) {
        const call = find(item_id, output_index)?.call;
        const piece = toArguments(delta);
        if (call && piece) answer.grow(call, piece);
        else if (call) call.arguments = argumentsOf(chunk) || call.arguments;
      } else if (name === 'error') {
        answer.fail(chunk);
      } else if (/^(completed|incomplete|done|failed|cancelled)$/.test(name)) {
        end(response, name);
      }
    },
    /** Completes calls and text without a final item. */
    end() {
      for (const { call } of open) {
        const { id: call_id, name, kind, arguments: input } = call;
        answer.close(call, Boolean(call.kind) || undefined);
        const type = kind ?? 'function_call';
        items.push({ type, call_id, name, [kind ? 'input' : 'arguments']: input });
      }
      const { text } = answer;
      if (!text || items.some(({ type }) => type === 'message')) return;
      items.unshift({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] });
    },
    tokens: (counts) => [counts.input_tokens, counts.output_tokens, counts.total_tokens],
    /**
     * The output's items, to be appended to `input`. With `store: false`, reasoning is only valid if encrypted. The API
     * rejects reasoning that nothing follows.
     */
    message: () => {
      const kept = items.filter(
        ({ type, encrypted_content }) => isStored || type !== 'reasoning' || encrypted_content,
      );
      while (kept[kept.length - 1]?.type === 'reasoning') kept.pop();
      return kept;
    },
  };
}

function idOf({ id, call_id }: Json): string | undefined {
  return textOf(id) ?? textOf(call_id);
}

function isForClient({ type, execution, environment }: Json): boolean {
  return CLIENT_CALL.test(type) && execution !== 'server' && !/^container/.test(environment?.type);
}

function nameOf({ type, name }: Json): string {
  return textOf(name) ?? textOf(type)?.replace(/_call$/, '') ?? '';
}

function argumentsOf(item: Json): string {
  const { input, action, actions, operation, code, queries, prompt } = item;
  return toArguments(item.arguments ?? input ?? action ?? actions ?? operation ?? code ?? queries ?? prompt);
}

function withoutBreaks(text: string): string {
  return text.replaceAll('\n\n', '');
}
