/** Structured output: parses the answer's text as JSON, also if incomplete, and validates it with a Standard Schema. */

import type { Answer } from './answer.js';
import { fromJson, isObject } from './json.js';

/** Partial objects are parsed again when the text has grown by this fraction. */
const PARTIAL_STEP = 0.01;

/** A token: a string, maybe without its end, punctuation, or a number or word. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*("|\\?$)|[{}[\]:,]|[^\s"{}[\]:,]+/gs;

/** A string up to an incomplete escape sequence, or one for half a character. */
const STRING = /^"[^"\\]*(?:\\(?!ud[89ab]..(?:\\(?:u.{0,3})?)?$)(?:u[\da-f]{4}|[^u])[^"\\]*)*"?/i;

/** The members of the Standard Schema interface (version 1) that are used here. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (
      value: unknown,
    ) => StandardSchemaResult<Output> | Promise<StandardSchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type StandardSchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardSchemaIssue[] };

interface StandardSchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Adds the `object` parts of one answer. */
export interface StructuredReader<Output> {
  /** Adds the partial object after each chunk. */
  read(): void;
  /** Returns the validated object at the end, or `undefined` if the model called tools instead of answering. */
  end(): Promise<Output | undefined>;
}

export type StructuredOutput = <Output>(
  schema: StandardSchema<Output>,
  answer: Answer,
) => StructuredReader<Output>;

/** The option `schema`, for `createCompletion`. */
export const structuredOutput: StructuredOutput = (schema, answer) => {
  let length = 0;
  return {
    read() {
      const { text } = answer;
      if (text.length <= length * (1 + PARTIAL_STEP)) return;
      length = text.length;
      const object = partialJson(text);
      // There is no value yet after a blank or the beginning of a code block.
      if (object !== undefined) answer.add({ type: 'object', object, isFinal: false });
    },
    async end() {
      const { text, toolCalls } = answer;
      // A model may say that it is going to call a tool.
      if (toolCalls.length > 0 && fromJson(jsonOf(text)) === jsonOf(text)) return undefined;
      const object = await validate(schema, answer);
      answer.add({ type: 'object', object, isFinal: true });
      return object;
    },
  };
};

/** Returns the validated value. Throws a `CompletionError` of the kind `schema`. */
async function validate<Output>(schema: StandardSchema<Output>, answer: Answer): Promise<Output> {
  const { text, reason } = answer;
  let value: unknown;
  try {
    value = toValue(text);
  } catch (cause) {
    const message = `The answer isn't JSON (it ended with "${reason}"): ${text.slice(0, 200)}`;
    throw answer.fault('schema', message, text, cause);
  }
  const result = await schema['~standard'].validate(value);
  if (!result.issues) return result.value;
  const issues = result.issues.map(({ message, path = [] }) => {
    const names = path.map((name) => String(typeof name === 'object' ? name.key : name));
    return names.length > 0 ? `${names.join('.')}: ${message}` : message;
  });
  throw answer.fault('schema', `The answer doesn't match the schema: ${issues.join('; ')}`, result.issues);
}

/** Parses the JSON of a complete answer. Throws a `SyntaxError` if there is none. */
function toValue(text: string): unknown {
  try {
    return JSON.parse(jsonOf(text));
  } catch (cause) {
    // Some servers leave out the beginning of the reasoning. The JSON itself may contain such a tag.
    const afterThoughts = text.replace(/^.*<\/think>/s, '');
    for (const rest of new Set([afterThoughts, withoutThoughts(text)])) {
      const value = largestValue(/```\w*(.*)/s.exec(rest)?.[1] ?? '') ?? largestValue(rest);
      if (value !== undefined) return value;
    }
    throw cause;
  }
}

/** How many brackets are tried: each may take as long as the rest of the text. */
const MAX_BRACKETS = 100;

/** The largest complete object or list in a text. Models write sentences around their JSON, which may have brackets. */
function largestValue(text: string): unknown {
  let value: unknown;
  let length = 0;
  let end = 0;
  let tried = 0;
  for (const { index } of text.matchAll(/[{[]/g)) {
    if (index < end) continue;
    if (++tried > MAX_BRACKETS) break;
    const { json, isWhole } = closed(text.slice(index));
    const found = isWhole ? fromJson(json) : undefined;
    if (!isObject(found)) continue;
    end = index + json.length;
    if (json.length < length) continue;
    value = found;
    length = json.length;
  }
  return value;
}

/**
 * Parses JSON whose end is missing, as in a stream. Open strings, arrays and objects are closed. Names without a value
 * and numbers at the end, which may be incomplete, are left out. Returns `undefined` if there is no value yet.
 *
 * @example
 * partialJson('{"city": "Ber'); // { city: 'Ber' }
 */
export function partialJson(source: string): unknown {
  try {
    return JSON.parse(closed(withoutFence(source)).json);
  } catch {
    return undefined;
  }
}

/** Closes the first value of the text, and drops what follows it. */
function closed(text: string): { json: string; isWhole: boolean } {
  /** The characters that close what is open, in reverse. */
  const closers: string[] = [];
  let last = '';
  /** The length of the complete part of the text, which may end in a string. */
  let length = 0;
  let isInString = false;
  for (const { 0: token, 1: quote, index } of text.matchAll(TOKEN)) {
    const closer = closers[closers.length - 1];
    const isName = closer === '}' && /[{,]/.test(last);
    last = token[0] as string;
    const string = STRING.exec(token)?.[0];
    let end = index + token.length;
    if (last === '{') closers.push('}');
    else if (last === '[') closers.push(']');
    else if (last === closer) closers.pop();
    else if (isName || last === ',' || last === ':') continue;
    else if (string) end = index + string.length;
    else if (end === text.length && closer && !/^(true|false|null)$/.test(token)) continue;
    length = end;
    isInString = string !== undefined && quote !== '"';
    if (closers.length === 0) break;
  }
  const rest = (isInString ? '"' : '') + closers.reverse().join('');
  return { json: text.slice(0, length) + rest, isWhole: !rest };
}

/** Removes the Markdown code block in which a model has put its JSON. */
const jsonOf = (text: string) => withoutFence(text).replace(/\s*```\s*$/, '');

/** Removes the beginning of the Markdown code block in which a model has put its JSON, and sentences before it. */
function withoutFence(text: string): string {
  return withoutThoughts(text).replace(/^[^{["]*```\w*/, '');
}

/** Removes the reasoning that some servers leave in the text. */
function withoutThoughts(text: string): string {
  return text.replace(/^\s*<think>.*?(<\/think>|$)/s, '');
}
