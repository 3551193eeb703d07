/** One update per animation frame, however fast the parts come. */

import type { CompletionPart } from './completion-parts.js';

/** A page that isn't shown has no frames. */
const LONGEST_FRAME = 100;

/**
 * The same parts, with text and reasoning joined to one part for each animation frame: as often as a page can show
 * them. Where there are no frames, every 100 ms.
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
        add(waiting, next.value);
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
    isEnded = true;
    await iterator.return?.();
  }
}

function add(waiting: CompletionPart[], part: CompletionPart): void {
  const last = waiting.at(-1);
  if (last && (part.type === 'text' || part.type === 'reasoning') && last.type === part.type) {
    waiting[waiting.length - 1] = { type: part.type, text: last.text + part.text };
  } else {
    waiting.push(part);
  }
}

function nextFrame(): Promise<void> {
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
