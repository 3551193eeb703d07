/** The format of Google's streamGenerateContent. */

import type { OpenCall } from '../answer.js';
import { firstOf, fromJson, isObject, list, sum, textOf } from '../json.js';
import type { CompletionFormat, Json } from '../types.js';

/** Reasons for an end after the model has made an invalid call. The provider leaves the call out. */
const INVALID = /^(MALFORMED|UNEXPECTED|TOO_MANY|MISSING)_/;

/** Google's `streamGenerateContent` (with `alt=sse`), of the Gemini API and Vertex AI. */
export const google: CompletionFormat = {
  name: 'google',
  matches: (chunk) => ['candidates', 'usageMetadata', 'promptFeedback'].some((name) => name in unwrap(chunk)),
  start: (answer) => {
    /** The message's parts, as the next request repeats them. */
    const parts: Json[] = [];
    /** The call whose arguments are streaming, and its part of the message. */
    let open: { call: OpenCall; part: Json } | undefined;
    /** Counts runs of text: other parts separate them. */
    let run = 0;

    const readPart = (part: Json) => {
      const { text, thought, functionCall, executableCode, codeExecutionResult, toolCall, toolResponse } =
        part;
      if (isObject(functionCall)) {
        readCall(functionCall, part);
        run++;
        return;
      }
      keep(part);
      const made = executableCode ?? toolCall;
      const result = codeExecutionResult ?? toolResponse;
      const { id, name: given, toolType } = made ?? result ?? {};
      const isCode = executableCode || codeExecutionResult;
      const name = isCode ? 'code_execution' : (textOf(given ?? toolType) ?? 'tool');
      const tool = { id: textOf(id), name };
      if (isObject(made)) {
        const args = JSON.stringify(executableCode ?? made.args ?? {});
        answer.add({ type: 'server-tool-call', ...tool, arguments: args });
      } else if (isObject(result)) {
        answer.add({ type: 'server-tool-result', ...tool, result });
      } else if (typeof text === 'string') {
        answer.write(thought ? 'reasoning' : 'text', text, run);
        return;
      } else {
        const name = Object.keys(part).find((name) => isObject(part[name]));
        if (name) answer.other(name, part[name]);
      }
      run++;
    };

    /** Adds a part to the message. Joins text, except signed text. */
    const keep = (part: Json) => {
      const last = parts[parts.length - 1];
      const isText = ({ text, thoughtSignature }: Json) => typeof text === 'string' && !thoughtSignature;
      if (last && isText(last) && isText(part) && !last.thought === !part.thought) last.text += part.text;
      else if (part.text !== '' || part.thoughtSignature) parts.push({ ...part });
    };

    /**
     * Reads a complete call or a piece of one: the first piece has the name, later ones have members of the arguments.
     */
    const readCall = ({ partialArgs, willContinue, ...called }: Json, part: Json) => {
      if (textOf(called.name)) {
        close();
        const call = answer.open(called.id, called.name);
        const args = fromJson(called.args);
        const kept = { ...part, functionCall: { ...called, args: isObject(args) ? args : {} } };
        parts.push(kept);
        open = { call, part: kept };
        if (willContinue) answer.grow(call, '');
      } else if (open && part.thoughtSignature) {
        open.part.thoughtSignature = part.thoughtSignature;
      }
      if (!open) return;
      const { call, part: kept } = open;
      const { args } = kept.functionCall;
      for (const piece of list(partialArgs)) {
        const value = piece.stringValue ?? piece.numberValue ?? piece.boolValue ?? null;
        setAt(args, `${piece.jsonPath}`, value);
        call.arguments = JSON.stringify(args);
        const delta = value === null ? '' : `${value}`;
        if (delta) answer.add({ type: 'tool-call-delta', ...call, delta });
      }
      if (!willContinue) close();
    };

    const close = (isUnsure = false) => {
      if (open)
        answer.close({ ...open.call, arguments: JSON.stringify(open.part.functionCall.args) }, isUnsure);
      open = undefined;
    };

    return {
      read(wrapped) {
        const chunk = unwrap(wrapped);
        answer.id ??= textOf(chunk.responseId);
        answer.count(chunk.usageMetadata);
        const candidate = firstOf(chunk.candidates);
        for (const { parts } of list(candidate?.content)) list(parts).forEach(readPart);
        const reason = textOf(candidate?.finishReason) ?? textOf(chunk.promptFeedback?.blockReason);
        if (reason && INVALID.test(reason)) {
          const message =
            textOf(candidate?.finishMessage) ?? `The provider ended the answer with "${reason}"`;
          answer.fail({ code: reason, message });
        } else if (reason) {
          answer.finish(reason);
        }
      },
      end: () => close(true),
      tokens: (counts) => [
        sum(counts.promptTokenCount, counts.toolUsePromptTokenCount),
        sum(counts.candidatesTokenCount, counts.thoughtsTokenCount),
        counts.totalTokenCount,
      ],
      message: () => ({ role: 'model', parts }),
    };
  },
};

/** Some gateways wrap chunks in `response`. */
function unwrap(chunk: Json): Json {
  return isObject(chunk.response) ? chunk.response : chunk;
}

/** Sets the member at a path such as `$.recipe.steps[0]` or `$['key']`. Text is appended to text. */
function setAt(root: Json, path: string, value: unknown): void {
  const keys = [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\[(['"])(.*?)\3\]/g)].map(
    ([, name, index, , quoted]) => (index === undefined ? `${name ?? quoted}` : Number(index)),
  );
  let place = root;
  for (const [at, key] of keys.entries()) {
    // Own members only, because `__proto__` is data here.
    const old: unknown = Object.getOwnPropertyDescriptor(place, key)?.value;
    const next = keys[at + 1];
    let made = old;
    if (next === undefined) made = typeof old === 'string' && typeof value === 'string' ? old + value : value;
    else if (!isObject(old)) made = typeof next === 'number' ? [] : {};
    if (made !== old || old === undefined) {
      Object.defineProperty(place, key, {
        value: made,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    place = made;
  }
}
