/** Structured output: the answer's text as JSON, validated by a Standard Schema. */

import type { Answer } from './answer.js';
import { toFault } from './completion-error.js';
import { partialJson, withoutFence } from './partial-json.js';

/** Partial objects are parsed again when the text has grown by this share. */
const PARTIAL_STEP = 0.01;

/** The part of the Standard Schema interface (version 1) that is used here. */
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
  /** After each chunk: the object so far. */
  read(): void;
  /** At the end: the validated object. `undefined` if the model called tools instead of answering. */
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
      answer.add({ type: 'object', object: partialJson(text), isFinal: false });
    },
    async end() {
      const { text, toolCalls, reason } = answer;
      if (!text && toolCalls.length > 0) return undefined;
      const object = await validate(schema, text, reason);
      answer.add({ type: 'object', object, isFinal: true });
      return object;
    },
  };
};

/** The validated value. Throws a `CompletionError` of the kind `schema`. */
async function validate<Output>(
  schema: StandardSchema<Output>,
  text: string,
  reason: string | undefined,
): Promise<Output> {
  let value: unknown;
  try {
    value = JSON.parse(withoutFence(text));
  } catch (cause) {
    throw toFault('schema', `The answer isn't JSON (it ended with "${reason}"): ${cause}`, text, cause);
  }
  const result = await schema['~standard'].validate(value);
  if (!result.issues) return result.value;
  const issues = result.issues.map(({ message, path = [] }) => {
    const names = path.map((name) => String(typeof name === 'object' ? name.key : name));
    return names.length > 0 ? `${names.join('.')}: ${message}` : message;
  });
  throw toFault('schema', `The answer doesn't match the schema: ${issues.join('; ')}`, result.issues);
}
