/** Tests `completion` with UI message streams written by the AI SDK. */

import { createUIMessageStream, createUIMessageStreamResponse } from 'ai';
import { expect } from 'chai';
import { completion } from 'eventsource-wasm/llm';

describe('completion: the AI SDK’s own stream', () => {
  it('text, reasoning, a tool that ran, and a pending one', async () => {
    const stream = createUIMessageStream({
      execute({ writer }) {
        writer.write({ type: 'start', messageId: 'm1' });
        writer.write({ type: 'reasoning-start', id: 'r' });
        writer.write({ type: 'reasoning-delta', id: 'r', delta: 'Hm' });
        writer.write({ type: 'reasoning-end', id: 'r' });
        writer.write({ type: 'text-start', id: 't' });
        writer.write({ type: 'text-delta', id: 't', delta: 'Hel' });
        writer.write({ type: 'text-delta', id: 't', delta: 'lo' });
        writer.write({ type: 'text-end', id: 't' });
        writer.write({
          type: 'tool-input-available',
          toolCallId: 'c1',
          toolName: 'search',
          input: { q: 'x' },
        });
        writer.write({ type: 'tool-output-available', toolCallId: 'c1', output: ['y'] });
        writer.write({
          type: 'tool-input-available',
          toolCallId: 'c2',
          toolName: 'confirm',
          input: { ok: true },
        });
        writer.write({ type: 'finish' });
      },
    });
    const result = await completion(createUIMessageStreamResponse({ stream })).result();
    expect(result).to.deep.include({
      id: 'm1',
      text: 'Hello',
      reasoning: 'Hm',
      toolCalls: [{ id: 'c2', name: 'confirm', arguments: '{"ok":true}' }],
    });
  });

  it('an error during the stream', async () => {
    const stream = createUIMessageStream({
      execute({ writer }) {
        writer.write({ type: 'text-start', id: 't' });
        writer.write({ type: 'text-delta', id: 't', delta: 'a' });
        throw new Error('out of luck');
      },
      onError: (error) => (error as Error).message,
    });
    const error = await completion(createUIMessageStreamResponse({ stream }))
      .result()
      .catch((error) => error);
    expect(error).to.include({ kind: 'provider', message: 'out of luck' });
  });
});
