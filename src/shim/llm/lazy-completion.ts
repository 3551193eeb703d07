/** `completion`, which loads the formats and structured output when they are needed. */

import { type CompletionFunction, toCompletion } from './completion.js';
import { toFault } from './completion-error.js';

/**
 * Asks a model and streams its answer. The loop ends when the answer is complete, and throws a `CompletionError` if it
 * is incomplete. Leaving the loop or aborting `signal` ends the request; aborting also throws the signal's reason.
 *
 * @example
 * const answer = completion(url, { headers, body: { model, messages, stream: true } });
 * for await (const part of answer) if (part.type === 'text') show(part.text);
 */
export const completion: CompletionFunction = /* @__PURE__ */ toCompletion(() =>
  // Service workers can't load modules, and a deployment may have removed the file.
  import('./lazy-features.js').catch((cause: unknown) => {
    const message = `Loading formats failed; use createCompletion(): ${cause}`;
    throw toFault('internal', message, undefined, cause);
  }),
);
