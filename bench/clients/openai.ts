/** The loop of the package openai over a model's answer, without its client. */

import { Stream } from 'openai/streaming';
import { ofLoop } from './client.js';

interface Chunk {
  choices: { delta: { content: string } }[];
}

async function* chunks(url: string, signal: AbortSignal) {
  const response = await fetch(url, { signal });
  yield* Stream.fromSSEResponse<Chunk>(response, new AbortController());
}

export { firstEvent } from './client.js';
export const client = ofLoop('openai, Stream', 'model', chunks, ({ choices }) => choices[0]?.delta.content);
