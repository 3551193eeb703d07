/** The UI message stream of Vercel's AI SDK. */

import type { OpenCall } from '../answer.js';
import { fromJson, isObject, textOf, toArguments } from '../json.js';
import type { CompletionFormat, Json } from '../types.js';

const TYPES =
  /^((start|finish)(-step)?|abort|file|message-metadata|(text|reasoning)-(start|delta|end))$|^(tool-(input|output|approval)|source|data)-/;

const nameOf = (part: Json): string => part.toolName ?? part.type.slice('tool-'.length);

/** Merges objects member by member. All other values, such as lists, replace earlier ones. */
const merge = (before: Json, after: Json): Json =>
  isObject(before) && isObject(after) && !Array.isArray(before) && !Array.isArray(after)
    ? Object.fromEntries([
        ...Object.entries(before),
        ...Object.entries(after).map(([name, value]) => [name, merge(before[name], value)]),
      ])
    : after;

/** The UI message stream of Vercel's AI SDK, versions 5 and 6. */
export const aiSdk: CompletionFormat = {
  name: 'ai-sdk',
  matches: (_chunk, type) => TYPES.test(type),
  start: (answer) => {
    /** Calls without a result, by their ID. */
    const open = new Map<unknown, OpenCall>();
    /** The parts of the UI message. */
    const parts: Json[] = [];
    const byId = new Map<string, Json>();
    /** The number of a text's block. */
    const blocks = new Map<Json, number>();
    let metadata: Json;

    const readText = (kind: 'text' | 'reasoning', isStart: boolean, chunk: Json) => {
      const key = `${kind} ${chunk.id}`;
      let part = byId.get(key);
      if (isStart || !part) {
        part = { type: kind, text: '' };
        byId.set(key, part);
        blocks.set(part, parts.push(part));
      }
      if (chunk.providerMetadata) part.providerMetadata = chunk.providerMetadata;
      const text = textOf(chunk.delta ?? chunk.text);
      if (!text || isStart) return;
      part.text += text;
      answer.write(kind, text, blocks.get(part));
    };

    const readTool = (type: string, chunk: Json) => {
      const { toolCallId: id, toolName, input, output, errorText, dynamic, providerExecuted } = chunk;
      const key = `tool ${id}`;
      let part = byId.get(key);
      let call = open.get(id);
      const isOutput = type.startsWith('tool-output');
      if (!part && isOutput && !toolName) {
        // A call of an earlier answer, which the user has approved.
        const result = type === 'tool-output-available' ? output : chunk;
        if (!chunk.preliminary) answer.add({ type: 'server-tool-result', id: textOf(id), name: '', result });
        return;
      }
      if (!part) {
        const name = textOf(toolName) ?? '';
        part = {
          type: dynamic ? 'dynamic-tool' : `tool-${name}`,
          toolCallId: id,
          state: 'input-streaming',
          ...(dynamic && { toolName: name }),
        };
        byId.set(key, part);
        parts.push(part);
        call = answer.open(id, name);
        open.set(id, call);
        if (type === 'tool-input-start') answer.grow(call, '');
      }
      if (providerExecuted) part.providerExecuted = true;
      if (call) call.arguments = toArguments(input) || call.arguments;
      const isFailed = /-(error|denied)$/.test(type);
      const isEnded = isFailed || (type === 'tool-output-available' && !chunk.preliminary);
      // A call with invalid input has an output with the same error, too.
      const hadFailed = part.state === 'output-error';
      for (const name of ['title', 'toolMetadata']) {
        if (chunk[name] !== undefined) part[name] = chunk[name];
      }
      if (chunk.providerMetadata) {
        part[isOutput ? 'resultProviderMetadata' : 'callProviderMetadata'] = chunk.providerMetadata;
      }
      delete part.preliminary;
      if (type === 'tool-input-delta') {
        if (call && textOf(chunk.inputTextDelta)) answer.grow(call, chunk.inputTextDelta);
      } else if (type === 'tool-input-available') {
        Object.assign(part, { state: 'input-available', input });
      } else if (type === 'tool-approval-request') {
        const { type: _, toolCallId, approvalId, approvalDescriptor: descriptor, ...more } = chunk;
        Object.assign(part, {
          state: 'approval-requested',
          approval: { id: approvalId, ...(descriptor !== undefined && { descriptor }), ...more },
        });
        // The client has to answer, also if the provider executes the call.
        const asked = call ?? answer.open(id, nameOf(part));
        open.set(id, { ...asked, kind: type, arguments: asked.arguments || toArguments(part.input) });
      } else if (type === 'tool-output-denied') {
        part.state = 'output-denied';
      } else if (isFailed) {
        Object.assign(part, { state: 'output-error', errorText });
        // The input of a tool with a schema would be validated.
        if (input !== undefined) part[part.type === 'dynamic-tool' ? 'input' : 'rawInput'] = input;
      } else if (type === 'tool-output-available') {
        Object.assign(part, { state: 'output-available', output, ...(!isEnded && { preliminary: true }) });
      }
      if (call && (isEnded || (providerExecuted && type === 'tool-input-available'))) {
        // The provider executes this call, so the client doesn't have to answer it.
        open.delete(id);
        const { name, arguments: text, kind } = call;
        const isKnown = kind && part.providerExecuted;
        if (!isKnown) answer.add({ type: 'server-tool-call', id: call.id, name, arguments: text || '{}' });
      }
      if (!isEnded || hadFailed) return;
      const result = isFailed ? chunk : output;
      answer.add({ type: 'server-tool-result', id: textOf(id), name: nameOf(part), result });
    };

    const readData = (chunk: Json) => {
      if (chunk.transient) return;
      const isSame = ({ type, id }: Json) => type === chunk.type && id === chunk.id;
      const part = chunk.id === undefined ? undefined : parts.find(isSame);
      if (part) part.data = chunk.data;
      else parts.push({ ...chunk });
    };

    return {
      read(chunk, type) {
        if (isObject(chunk.messageMetadata)) metadata = merge(metadata, chunk.messageMetadata);
        const [kind, what] = type.split('-', 2) as [string, string?];
        if (kind === 'text' || kind === 'reasoning') {
          if (what !== 'end' || chunk.providerMetadata) readText(kind, what === 'start', chunk);
        } else if (kind === 'tool') {
          readTool(type, chunk);
        } else if (type === 'finish') {
          answer.count(metadata?.totalUsage ?? metadata?.usage ?? chunk.totalUsage);
          if (chunk.finishReason === 'error') answer.fail('');
          else answer.finish(chunk.finishReason);
        } else if (type === 'start') {
          answer.id = textOf(chunk.messageId) ?? answer.id;
        } else if (type === 'abort') {
          answer.fail(textOf(chunk.reason) ?? 'The server aborted the answer');
        } else if (/^(source|file|data)/.test(type)) {
          answer.other(type, chunk);
          if (kind === 'data') readData(chunk);
          else parts.push(chunk);
        } else if (type === 'start-step') {
          parts.push({ type: 'step-start' });
        }
      },
      /** Calls without a result have to be answered by the client. */
      end() {
        for (const [id, call] of open) {
          const isStreaming = byId.get(`tool ${id}`)?.state === 'input-streaming';
          if (isStreaming && !isObject(fromJson(call.arguments))) {
            const { name, arguments: text } = call;
            throw answer.fault('cut', `The answer ended in the middle of a call of "${name}": ${text}`, call);
          }
          answer.close(call);
        }
      },
      tokens: (counts) => [counts.inputTokens, counts.outputTokens, counts.totalTokens],
      message: () => ({
        ...(answer.id && { id: answer.id }),
        role: 'assistant',
        ...(metadata && { metadata }),
        parts,
      }),
    };
  },
};
