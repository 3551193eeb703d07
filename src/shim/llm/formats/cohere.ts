/** Cohere's chat API, version 2. */

import type { OpenCall } from '../answer.js';
import { isObject, list, textOf, toArguments } from '../json.js';
import type { CompletionFormat, Json } from '../types.js';

/** Cohere's chat API, version 2. */
export const cohere: CompletionFormat = {
  name: 'cohere',
  matches: (_chunk, type) => /^(message-(start|end)$|(content|tool-(plan|call)|citation)-)/.test(type),
  start: (answer) => {
    const open = new Map<unknown, OpenCall>();
    const calls: Json[] = [];
    const citations: Json[] = [];
    /** Blocks of content by their index, in order. */
    const content = new Map<unknown, Json>();
    let plan = '';

    const readContent = (index: unknown, { text, thinking }: Json) => {
      const thought = textOf(thinking);
      const piece = thought ?? textOf(text);
      if (!piece) return;
      const type = thought ? 'thinking' : 'text';
      // Thinking and text may have the same index.
      const key = `${type} ${index}`;
      const block = content.get(key) ?? { type, [type]: '' };
      content.set(key, block);
      block[type] += piece;
      answer.write(thought ? 'reasoning' : 'text', piece, index);
    };

    const close = (index: unknown) => {
      const call = open.get(index);
      if (!call) return;
      open.delete(index);
      const { id, name, arguments: text } = call;
      answer.close(call);
      calls.push({ id, type: 'function', function: { name, arguments: text || '{}' } });
    };

    const readCall = (type: string, index: unknown, { id, function: called }: Json) => {
      let call = open.get(index);
      if (!call || /start$/.test(type)) {
        close(index);
        call = answer.open(id, called?.name);
        open.set(index, call);
      }
      answer.grow(call, toArguments(called?.arguments));
    };

    return {
      read({ id, index, delta }, type) {
        const message = delta?.message;
        if (type === 'message-start') {
          answer.id = textOf(id) ?? answer.id;
        } else if (/^content/.test(type)) {
          for (const piece of list(message?.content)) readContent(index, piece);
        } else if (type === 'tool-plan-delta') {
          plan += textOf(message?.tool_plan) ?? '';
          answer.write('reasoning', message?.tool_plan, 'plan');
        } else if (type === 'tool-call-end') {
          close(index);
        } else if (/^tool-call/.test(type)) {
          readCall(type, index, list(message?.tool_calls)[0] ?? {});
        } else if (type === 'citation-start') {
          for (const citation of list(message?.citations)) {
            citations.push(citation);
            answer.other('citation', citation);
          }
        } else if (type === 'message-end') {
          const { finish_reason: reason, usage, error } = delta ?? {};
          answer.count(usage);
          if (textOf(error) || isObject(error)) answer.fail({ error });
          else if (/^(error|timeout)/i.test(reason))
            answer.fail(`The provider ended the answer with ${reason}`);
          else answer.finish(reason);
          answer.isDone = true;
        }
      },
      end: () => [...open.keys()].forEach(close),
      tokens({ tokens, billed_units }) {
        const counts = tokens ?? billed_units ?? {};
        return [counts.input_tokens, counts.output_tokens];
      },
      message: () => ({
        role: 'assistant',
        ...(plan && { tool_plan: plan }),
        ...(content.size > 0 && { content: [...content.values()] }),
        ...(calls.length > 0 && { tool_calls: calls }),
        ...(citations.length > 0 && { citations }),
      }),
    };
  },
};
