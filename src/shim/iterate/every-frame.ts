/** `everyFrame()`: delivers parts at most once per animation frame. */

import type { CompletionPart } from '../llm/types.js';

/** The longest wait for a frame, in milliseconds. Hidden pages have no animation frames. */
const LONGEST_FRAME = 100;

/**
 * Delivers parts at most once per animation frame, or every 100 ms if there are no frames. Pieces of text, of reasoning
 * and of one call's arguments are joined. Of several partial objects, only the latest is kept. The `raw` chunk of a
 * joined part is that of its last piece.
 *
 * @example
 * for await (const part of everyFrame(answer)) render(part);
 */
export async function* everyFrame(
  parts: AsyncIterable<CompletionPart>,
): AsyncGenerator<CompletionPart, void, undefined> {
  const iterator = parts[Symbol.asyncIterator]();
  const waiting: CompletionPart[] = [];
  let isEnded = false;
  let failure: { error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const taking = (async () => {
    try {
      for (let next = await iterator.next(); !next.done && !isEnded; next = await iterator.next()) {
        joinPart(waiting, next.value);
        wake?.();
      }
    } catch (error) {
      failure = { error };
    }
    isEnded = true;
    wake?.();
  })();
  try {
    for (;;) {
      if (waiting.length === 0 && !isEnded) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (!isEnded) await nextFrame();
      yield* waiting.splice(0);
      if (isEnded && waiting.length === 0) break;
    }
    await taking;
    if (failure) throw failure.error;
  } finally {
    // A generator that is waiting for its next part can't end before it arrives, so the loop doesn't wait for it.
    const ended = iterator.return?.();
    if (isEnded) await ended;
    else ended?.catch(() => {});
    isEnded = true;
  }
}

/** Adds a part, or joins it with the last one. */
export function joinPart(parts: CompletionPart[], part: CompletionPart): void {
  const last = parts[parts.length - 1];
  const joined = last && join(last, part);
  if (!joined) parts.push(part);
  // `raw` isn't enumerable, as in all parts.
  else parts[parts.length - 1] = Object.defineProperty(joined, 'raw', { value: part.raw });
}

function join(last: CompletionPart, part: CompletionPart): CompletionPart | undefined {
  if ((part.type === 'text' || part.type === 'reasoning') && last.type === part.type) {
    return { type: part.type, text: last.text + part.text };
  }
  if (part.type === 'tool-call-delta' && last.type === part.type && last.index === part.index) {
    return { ...part, delta: last.delta + part.delta };
  }
  if (part.type === 'object' && last.type === part.type) return { ...part };
  return undefined;
}

/** Resolves with the next animation frame. */
export function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, LONGEST_FRAME);
    const frame = globalThis.requestAnimationFrame?.(done);
    function done() {
      clearTimeout(timer);
      if (frame !== undefined) cancelAnimationFrame(frame);
      resolve();
    }
  });
}
