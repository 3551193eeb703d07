/** The format of Anthropic's messages. */

import type { OpenCall } from '../answer.js';
import { fromJson, isObject, list, sum, textOf, toArguments } from '../json.js';
import type { CompletionFormat, Json } from '../types.js';

/** A block of the message, as the next request repeats it. */
interface Block {
  value: Json;
  /** The pieces of a tool's input. */
  json: string;
  call: OpenCall | undefined;
}

const TYPES = /^(message|content_block)_(start|delta|stop)$/;

/** Anthropic's messages API, and the servers that are compatible with it. */
export const anthropic: CompletionFormat = {
  name: 'anthropic',
  matches: (_chunk, type) => TYPES.test(type),
  start: (answer) => {
    /** The message's content. */
    const blocks: Json[] = [];
    const open = new Map<unknown, Block>();
    /** Counts runs of text: other blocks separate them. */
    let run = 0;
    let lastType: unknown;

    const begin = (index: unknown, started: Json): Block => {
      stop(index);
      const value = isObject(started) ? { ...started } : { type: 'text' };
      const { type } = value;
      if (type !== 'text' || lastType !== 'text') run++;
      lastType = type;
      const call = type === 'tool_use' ? answer.open(value.id, value.name) : undefined;
      const block: Block = { value, json: '', call };
      open.set(index, block);
      blocks.push(value);
      if (call) answer.grow(call, '');
      write(value);
      const [, tool] = /^(.+)_tool_result$/.exec(type) ?? [];
      if (tool) {
        const { tool_use_id: id, content: result } = value;
        // The type of the result of an MCP tool doesn't have the tool's name.
        const name = textOf(blocks.find((block) => block.id === id)?.name) ?? tool;
        answer.add({ type: 'server-tool-result', id: textOf(id), name, result });
      }
      return block;
    };

    const write = ({ text, thinking }: Json) => {
      answer.write('text', text, run);
      answer.write('reasoning', thinking, run);
    };

    const grow = (index: unknown, delta: Json) => {
      const { type, partial_json, citation, text, thinking } = delta;
      const kind = thinking ? 'thinking' : 'text';
      const opened = open.get(index)?.value.type ?? kind;
      // Some servers send text in the block of a call.
      const key = (text || thinking) && opened !== kind ? kind + index : index;
      const block = open.get(key) ?? begin(key, { type: kind });
      const { value, call } = block;
      if (type === 'input_json_delta') {
        const piece = toArguments(partial_json);
        block.json += piece;
        if (call && piece) answer.grow(call, piece);
      } else if (type === 'citations_delta') {
        value.citations = [...list(value.citations), citation];
        answer.other('citation', citation);
      } else {
        for (const name of ['text', 'thinking', 'signature', 'content']) {
          if (textOf(delta[name])) value[name] = (value[name] ?? '') + delta[name];
        }
        write(delta);
      }
    };

    const stop = (index: unknown) => {
      const block = open.get(index);
      if (!block) return;
      open.delete(index);
      const { value, json, call } = block;
      const { type, id, name } = value;
      const args = json || toArguments(value.input) || '{}';
      if (/_use$/.test(type)) {
        const input = fromJson(args);
        // The API rejects requests in which the input isn't an object.
        value.input = isObject(input) ? input : {};
        // Without pieces, the end of a block that was cut off looks like an empty input.
        if (call) answer.close({ ...call, arguments: args === '{}' ? json : args });
        else
          answer.add({
            type: 'server-tool-call',
            id: textOf(id),
            name: textOf(name) ?? type,
            arguments: args,
          });
      } else if (!/^(text|thinking)$|_tool_result$/.test(type)) {
        answer.other(`${type}`, value);
      }
    };

    const readers: Record<string, (chunk: Json) => void> = {
      message_start({ message }) {
        if (blocks.length > 0) {
          answer.fail('The answer began again before it was complete');
          return;
        }
        answer.id = textOf(message?.id) ?? answer.id;
        answer.count(message?.usage);
        const content = message?.content;
        list(textOf(content) ? { type: 'text', text: content } : content).forEach((block, index) => {
          begin(index, block);
          stop(index);
        });
        if (textOf(message?.stop_reason)) answer.finish(message.stop_reason);
      },
      content_block_start: ({ index, content_block }) => begin(index, content_block),
      content_block_delta: ({ index, delta }) => isObject(delta) && grow(index, delta),
      content_block_stop: ({ index }) => stop(index),
      message_delta({ delta, usage }) {
        answer.count(usage);
        if (textOf(delta?.stop_reason)) answer.finish(delta.stop_reason);
      },
      message_stop() {
        answer.isDone = true;
      },
    };

    return {
      read: (chunk, type) => {
        if (TYPES.test(type)) readers[type]?.(chunk);
      },
      end: () => [...open.keys()].forEach(stop),
      tokens: ({ input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens }) => [
        sum(input_tokens, cache_read_input_tokens, cache_creation_input_tokens),
        output_tokens,
      ],
      // The API rejects requests with blank text, and with thinking or a server's call without its result at the end, as
      // in an answer that was too long. An answer that has paused goes on with such a call.
      message: () => {
        const content = blocks.filter(({ type, text }) => type !== 'text' || textOf(text)?.trim());
        const unfit = answer.reason === 'pause_turn' ? /thinking$/ : /thinking$|^(server|mcp)_tool_use$/;
        while (unfit.test(content[content.length - 1]?.type)) content.pop();
        return { role: 'assistant', content };
      },
    };
  },
};
