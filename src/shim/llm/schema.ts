/** Structured output: the answer's text as JSON, validated by a Standard Schema. */

import { toFault } from './completion-error.js';

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

/** The validated value. Throws a `CompletionError` of the kind `schema`. */
export async function validate<Output>(
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

/** JSON that a model put into a Markdown code block. */
export function withoutFence(text: string): string {
  return text.replace(/^\s*```\w*\s*\n|\n\s*```\s*$/g, '');
}
