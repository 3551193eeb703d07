/** The format of OpenAI's chat completions and compatible servers. */

import type { OpenCall } from '../answer.js';
import { firstOf, fromJson, isObject, list, textOf, toArguments } from '../json.js';
import type { CompletionFormat, Json } from '../types.js';

/** A streaming call, with extra members that the next request has to repeat. */
interface ChatCall {
  key: unknown;
  call: OpenCall;
  /** The type, if it isn't that of a function. */
  type: string | undefined;
  members: Record<string, unknown>;
}

/** Names of a delta's member with the reasoning. */
const REASONING = /^(reasoning(_content|_text)?|thinking)$/;

/** Lists of a delta that the next request repeats: OpenRouter's and LiteLLM's. */
const REPEATED = ['reasoning_details', 'thinking_blocks'];

/** The member of a delta with a call, before there were several. */
const FUNCTION_CALL = 'function_call';

/** Reasons for an end that are errors, such as Gemini's `function_call_filter: MALFORMED_FUNCTION_CALL`. */
const FAILED = /_error$|malformed_|unexpected_/i;

/** OpenAI's chat completions and text completions, and the servers that are compatible with them. */
export const openaiChat: CompletionFormat = {
  name: 'openai-chat',
  matches: (chunk, type) =>
    'choices' in chunk || (!type && /completion/.test(chunk.object)) || Boolean(chunk.x_groq),
  start: (answer) => {
    const calls: ChatCall[] = [];
    const repeated: Record<string, Json[]> = {};
    /** The name of the delta's member with the reasoning. */
    let reasoningName = '';
    /** The name of such a member that is empty: some servers require it too. */
    let emptyName = '';
    let refusal = '';
    /** The names of members that are passed on as they are. */
    const others = new Set<string>();
    /** The speech of the answer: the next request repeats only its ID. */
    let audio: { id: string } | undefined;

    const readReasoning = (delta: Json) => {
      // Some gateways send an object with the text.
      const toText = (name: string) => textOf(delta[name]) ?? textOf(delta[name]?.text);
      const name = Object.keys(delta).find((name) => REASONING.test(name) && toText(name)) ?? '';
      if (textOf(delta[name])) reasoningName ||= name;
      emptyName ||= Object.keys(delta).find((name) => REASONING.test(name) && delta[name] === '') ?? '';
      let text = '';
      for (const name of REPEATED) text = readRepeated(name, delta[name]) || text;
      answer.write('reasoning', toText(name) ?? text);
    };

    /** Joins the pieces of one item. */
    const readRepeated = (name: string, items: Json) => {
      let written = '';
      for (const item of list(items)) {
        repeated[name] ??= [];
        const all = repeated[name];
        const last = all[all.length - 1];
        const { type, id, index, text, summary, thinking, data } = item;
        written += textOf(text) ?? textOf(summary) ?? textOf(thinking) ?? '';
        const isOther = id && last?.id && last.id !== id;
        // Encrypted data is never split.
        const isNext =
          !last ||
          isOther ||
          data ||
          last.type !== type ||
          last.index !== index ||
          (thinking && last.signature);
        if (isNext) {
          all.push({ ...item });
          continue;
        }
        for (const [name, value] of Object.entries(item)) {
          const isPiece = /^(text|summary|thinking)$/.test(name);
          if (value !== null) last[name] = isPiece ? (last[name] ?? '') + value : value;
        }
      }
      return written;
    };

    const readContent = (content: Json) => {
      for (const item of [content].flat()) {
        if (!isObject(item)) {
          answer.write('text', item);
        } else if (item.thinking) {
          reasoningName = 'content';
          const pieces = list(item.thinking).map(({ text }) => textOf(text) ?? '');
          answer.write('reasoning', textOf(item.thinking) ?? pieces.join(''));
        } else if (textOf(item.text)) {
          answer.write('text', item.text);
        } else if (textOf(item.type) && item.type !== 'text') {
          answer.other(item.type, item);
        }
      }
    };

    const readCall = ({ index, id: anyId, type, function: called, custom, ...members }: Json) => {
      const { name: anyName, arguments: args, input = args } = called ?? custom ?? {};
      const id = textOf(anyId);
      const name = textOf(anyName);
      const piece = toArguments(input);
      const found = find(index, id, name, piece);
      if (found) {
        const { call } = found;
        call.id ??= id;
        // Names aren't split, but some servers repeat them.
        call.name = name ?? call.name;
        for (const [name, value] of Object.entries(members)) {
          if (value !== null) found.members[name] = value;
        }
        // Some servers repeat the complete call at the end.
        const isRepeated = call.arguments !== '{}' && isWhole(piece) && isWhole(call.arguments);
        if (piece && !isRepeated) answer.grow(call, piece);
      } else if (id || name || piece) {
        const call = answer.open(id, name, custom && 'custom');
        calls.push({ key: index ?? id, call, type: textOf(type), members });
        answer.grow(call, piece);
      }
    };

    /** Finds the call of a piece. Some servers number all calls 0, leave out numbers and IDs, or repeat names. */
    const find = (index: unknown, id: string | undefined, name: string | undefined, piece: string) => {
      const sameId = ({ call }: ChatCall) => call.id === id;
      const found = [...calls]
        .reverse()
        .filter((one) => (index == null ? !id || sameId(one) : one.key === index));
      const same = id && found.find(sameId);
      if (same || !found[0]) return same || undefined;
      const { call } = found[0];
      const isEnded = () => isWhole(call.arguments);
      const isNext =
        id && call.id ? name || isEnded() : name && call.name && (name !== call.name || (piece && isEnded()));
      return isNext ? undefined : found[0];
    };

    return {
      read: (chunk) => {
        answer.id ??= textOf(chunk.id);
        answer.count(chunk.usage ?? chunk.x_groq?.usage);
        const choice = firstOf(chunk.choices);
        if (!choice) return;
        const { message, text, usage, finish_reason: reason } = choice;
        const isMessage = !isObject(choice.delta);
        const delta = (isMessage ? message : choice.delta) ?? {};
        answer.count(usage);
        // Some servers repeat the complete message at the end.
        if (!isMessage || !answer.reasoning) readReasoning(delta);
        if (!isMessage || !answer.text) readContent(delta.content);
        // Its deltas may have ended too early.
        else if (textOf(delta.content)?.startsWith(answer.text))
          answer.write('text', delta.content.slice(answer.text.length));
        // The text of a text completion. Together repeats the delta's content there.
        if (isMessage) answer.write('text', text);
        if (!isMessage || !refusal) {
          refusal += textOf(delta.refusal) ?? '';
          answer.write('text', delta.refusal);
        }
        for (const name of ['images', 'annotations', 'audio']) {
          if (isMessage && others.has(name)) continue;
          for (const item of list(delta[name])) {
            others.add(name);
            answer.other(name.replace(/s$/, ''), item);
          }
        }
        const id = textOf(delta.audio?.id);
        if (id) audio = { id };
        list(delta.tool_calls).forEach(readCall);
        const called = delta.function_call;
        if (isObject(called)) readCall({ index: FUNCTION_CALL, function: called });
        const error = choice.error ?? delta.error;
        if (isObject(error) || textOf(error)) answer.fail({ error });
        else if (reason === 'error') answer.fail('');
        else if (FAILED.test(reason)) answer.fail(`The provider ended the answer with "${reason}"`);
        else if (textOf(reason) && reason !== 'null') answer.finish(reason);
      },
      end: () => {
        for (const { call } of calls) answer.close(call);
      },
      tokens: (counts) => [counts.prompt_tokens, counts.completion_tokens, counts.total_tokens],
      message: () => {
        const { text, reasoning } = answer;
        const named = calls.filter(({ call }) => call.name);
        // Without calls, a refusal or speech, the API rejects null.
        const nothing = refusal || audio || named.length > 0 ? null : '';
        const content = (refusal !== text && text) || nothing;
        const message: Json = {
          role: 'assistant',
          content,
          ...(refusal && { refusal }),
          ...(audio && { audio }),
          ...repeated,
        };
        if (reasoningName === 'content') {
          const thinking = { type: 'thinking', thinking: [{ type: 'text', text: reasoning }] };
          message.content = [thinking, ...(text ? [{ type: 'text', text }] : [])];
        }
        if (named.length > 0) {
          const toCalled = ({ kind, name, arguments: text }: OpenCall) =>
            kind ? { name, input: text } : { name, arguments: text || '{}' };
          const [only] = named;
          if (only?.key === FUNCTION_CALL) message.function_call = toCalled(only.call);
          else
            message.tool_calls = named.map(({ call, type, members }) => {
              const kind = call.kind ?? 'function';
              return { ...members, id: call.id, type: type ?? kind, [kind]: toCalled(call) };
            });
          // Models that reason between calls require it; others reject it.
          const name = reasoningName || emptyName;
          if (/^reasoning/.test(name)) message[name] = reasoning;
        }
        return message;
      },
    };
  },
};

/** Whether arguments are complete. Parsing after each piece would take long. */
function isWhole(text: string): boolean {
  return text.trimEnd().endsWith('}') && isObject(fromJson(text));
}
