/** Google's streamGenerateContent. */

import { type Answer, firstOf, isObject, list, type OpenCall, textOf, toTotal } from '../answer.js';
import type { CompletionFormat, FormatReader, Json } from '../types.js';

/** Google's `streamGenerateContent` (with `alt=sse`), of the Gemini API and Vertex AI. */
export const google: CompletionFormat = {
  name: 'google',
  matches: (chunk) => ['candidates', 'usageMetadata', 'promptFeedback'].some((name) => name in unwrap(chunk)),
  start: (answer) => new ContentReader(answer),
};

/** Some gateways wrap chunks in `response`. */
function unwrap(chunk: Json): Json {
  return isObject(chunk.response) ? chunk.response : chunk;
}

class ContentReader implements FormatReader {
  readonly #answer: Answer;
  /** The message's parts, as the next request repeats them. */
  readonly #parts: Json[] = [];
  /** The call whose arguments are streaming, and its part of the message. */
  #open: { call: OpenCall; part: Json } | undefined;
  /** Counts runs of text: other parts separate them. */
  #run = 0;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  read(wrapped: Json): void {
    const answer = this.#answer;
    const chunk = unwrap(wrapped);
    answer.id ??= textOf(chunk.responseId);
    answer.count(chunk.usageMetadata);
    const candidate = firstOf(chunk.candidates);
    for (const { parts } of list(candidate?.content)) for (const part of list(parts)) this.#readPart(part);
    const reason = textOf(candidate?.finishReason) ?? textOf(chunk.promptFeedback?.blockReason);
    if (reason) answer.finish(reason);
  }

  end(): void {
    this.#close();
  }

  tokens(counts: Json): [number | undefined, number | undefined] {
    const {
      promptTokenCount,
      toolUsePromptTokenCount = 0,
      candidatesTokenCount,
      thoughtsTokenCount,
    } = counts;
    const isCounted = candidatesTokenCount !== undefined || thoughtsTokenCount !== undefined;
    const output = isCounted ? (candidatesTokenCount ?? 0) + (thoughtsTokenCount ?? 0) : undefined;
    return toTotal(promptTokenCount + toolUsePromptTokenCount || undefined, output, counts.totalTokenCount);
  }

  message(): Json {
    return { role: 'model', parts: this.#parts };
  }

  #readPart(part: Json): void {
    const answer = this.#answer;
    const { text, thought, functionCall, executableCode, codeExecutionResult, toolCall, toolResponse } = part;
    if (isObject(functionCall)) {
      this.#readCall(functionCall, part);
      this.#run++;
      return;
    }
    this.#keep(part);
    const made = executableCode ?? toolCall;
    const result = codeExecutionResult ?? toolResponse;
    if (isObject(made)) {
      const name = executableCode ? 'code_execution' : (textOf(made.name ?? made.toolType) ?? 'tool');
      const args = JSON.stringify(executableCode ?? made.args ?? {});
      answer.add({ type: 'server-tool-call', id: textOf(made.id), name, arguments: args });
    } else if (isObject(result)) {
      const name = codeExecutionResult
        ? 'code_execution'
        : (textOf(result.name ?? result.toolType) ?? 'tool');
      answer.add({ type: 'server-tool-result', id: textOf(result.id), name, result });
    } else if (typeof text === 'string') {
      answer.write(thought ? 'reasoning' : 'text', text, this.#run);
      return;
    } else {
      const name = Object.keys(part).find((name) => isObject(part[name]));
      if (name) answer.other(name, part[name]);
    }
    this.#run++;
  }

  /** Keeps a part for the message. Joins text, except signed text. */
  #keep(part: Json): void {
    const last = this.#parts.at(-1);
    const isText = ({ text, thoughtSignature }: Json) => typeof text === 'string' && !thoughtSignature;
    if (last && isText(last) && isText(part) && !last.thought === !part.thought) last.text += part.text;
    else if (part.text !== '' || part.thoughtSignature) this.#parts.push({ ...part });
  }

  /** Reads a whole call, or a piece: the first has the name, later ones have members of the arguments. */
  #readCall({ partialArgs, willContinue, ...called }: Json, part: Json): void {
    const answer = this.#answer;
    if (textOf(called.name)) {
      this.#close();
      const call = answer.open(called.id, called.name);
      const kept = { ...part, functionCall: { ...called, args: isObject(called.args) ? called.args : {} } };
      this.#parts.push(kept);
      this.#open = { call, part: kept };
      if (willContinue) answer.grow(call, '');
    } else if (this.#open && part.thoughtSignature) {
      this.#open.part.thoughtSignature = part.thoughtSignature;
    }
    if (!this.#open) return;
    const { call, part: kept } = this.#open;
    for (const piece of list(partialArgs)) {
      const value = piece.stringValue ?? piece.numberValue ?? piece.boolValue ?? null;
      setAt(kept.functionCall.args, `${piece.jsonPath}`, value);
      call.arguments = JSON.stringify(kept.functionCall.args);
      const delta = value === null ? '' : `${value}`;
      if (delta) answer.add({ type: 'tool-call-delta', ...call, delta });
    }
    if (!willContinue) this.#close();
  }

  #close(): void {
    if (!this.#open) return;
    const { call, part } = this.#open;
    this.#open = undefined;
    this.#answer.close({ ...call, arguments: JSON.stringify(part.functionCall.args) });
  }
}

/** Sets what a path such as `$.recipe.steps[0]` or `$['key']` names. Text is appended to text. */
function setAt(root: Json, path: string, value: unknown): void {
  const keys = [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\[(['"])(.*?)\3\]/g)].map(
    ([, name, index, , quoted]) => (index === undefined ? `${name ?? quoted}` : Number(index)),
  );
  let place = root;
  for (const [at, key] of keys.entries()) {
    // Own members only: `__proto__` is data here.
    const old = Object.hasOwn(place, key) ? place[key] : undefined;
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
