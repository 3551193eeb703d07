/** `completion`: loads the formats and structured output when they are needed. */

import { type CompletionFunction, toCompletion } from './completion.js';
import { toFault } from './completion-error.js';

/**
 * Sends a request to a model and streams its answer. The loop ends when the answer is complete, and throws a
 * `CompletionError` if it is incomplete. Leaving the loop or aborting `signal` ends the request. Aborting also throws
 * the signal's reason in the loop.
 *
 * @example
 * const answer = completion(url, { headers, body: { model, messages, stream: true } });
 * for await (const part of answer) if (part.type === 'text') show(part.text);
 */
export const completion: CompletionFunction = /* @__PURE__ */ toCompletion(() =>
  // `import()` fails in service workers, or if a deployment has removed the file.
  import('./lazy-features.js').catch((cause: unknown) => {
    const message = `Loading formats failed; use createCompletion(): ${cause}`;
    throw toFault('internal', message, undefined, cause);
  }),
);
