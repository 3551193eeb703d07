/** Tests `completion` with a third-party mock of the providers, which was written independently from their docs. */

import { LLMock } from '@copilotkit/aimock';
import { expect } from 'chai';
import { type CompletionError, completion } from 'eventsource-wasm/llm';
import OpenAI from 'openai';

const text = 'Once upon a time 世界 🌍, and so on to the end of it.';
const tool = { name: 'weather', arguments: '{"place":"Zürich","days":[1,2]}', id: 'call_1' };

/** A request with the message `words` in each format. */
const shapes: Record<string, (words: string) => { path: string; body: object; headers?: object }> = {
  'chat completions': (words) => ({
    path: '/v1/chat/completions',
    body: {
      model: 'any',
      messages: [{ role: 'user', content: words }],
      stream: true,
      stream_options: { include_usage: true },
    },
  }),
  responses: (words) => ({
    path: '/v1/responses',
    body: { model: 'any', input: [{ role: 'user', content: words }], stream: true },
  }),
  messages: (words) => ({
    path: '/v1/messages',
    headers: { 'anthropic-version': '2023-06-01' },
    body: { model: 'any', max_tokens: 100, messages: [{ role: 'user', content: words }], stream: true },
  }),
  streamGenerateContent: (words) => ({
    path: '/v1beta/models/any:streamGenerateContent?alt=sse',
    body: { contents: [{ role: 'user', parts: [{ text: words }] }] },
  }),
};

describe('completion: a third-party mock of the providers', () => {
  const mock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 7 });
  const usage = { input_tokens: 5, output_tokens: 9 };
  before(async () => {
    mock
      .onMessage('tell', { content: text, reasoning: 'Let me think. Yes.', usage })
      .onMessage('call', { toolCalls: [tool] })
      .onMessage('refuse', { error: { message: 'Slow down.', type: 'rate_limit' }, status: 429 })
      .onMessage('break', { content: text }, { truncateAfterChunks: 4, chunkSize: 3 });
    await mock.start();
  });
  after(() => mock.stop());

  for (const [name, request] of Object.entries(shapes)) {
    const ask = (words: string) => {
      const { path, body, headers } = request(words);
      return completion(`${mock.url}${path}`, { headers: { Authorization: 'Bearer any', ...headers }, body });
    };

    it(`${name}: text, reasoning and usage`, async () => {
      const result = await ask('tell').result();
      expect(result.text).to.equal(text);
      expect(result.reasoning).to.equal('Let me think. Yes.');
      expect(result.finishReason).to.match(/^(stop|end_turn|completed)$/i);
      expect(result.usage).to.deep.include({ inputTokens: 5, outputTokens: 9 });
    });

    it(`${name}: a tool call`, async () => {
      const { toolCalls } = await ask('call').result();
      expect(toolCalls).to.have.length(1);
      expect(toolCalls[0]?.name).to.equal(tool.name);
      expect(JSON.parse(`${toolCalls[0]?.arguments}`)).to.deep.equal(JSON.parse(tool.arguments));
      if (name !== 'streamGenerateContent') expect(toolCalls[0]?.id).to.equal(tool.id);
    });

    it(`${name}: a refusal with its reason`, async () => {
      const error = await failure(ask('refuse').text());
      expect(error).to.include({ kind: 'status', status: 429 });
      expect(error.message).to.match(/^Slow down\./);
    });

    it(`${name}: an answer that breaks off isn’t complete`, async () => {
      const error = await failure(ask('break').text());
      expect(error.kind).to.be.oneOf(['cut', 'network']);
    });
  }

  it('the official client of OpenAI reads the same', async () => {
    const { body } = (shapes['chat completions'] as (typeof shapes)[string])('tell');
    const client = new OpenAI({ baseURL: `${mock.url}/v1`, apiKey: 'any' });
    const stream = await client.chat.completions.create(body as OpenAI.ChatCompletionCreateParamsStreaming);
    let told = '';
    let used: unknown;
    for await (const chunk of stream) {
      told += chunk.choices[0]?.delta.content ?? '';
      used = chunk.usage ?? used;
    }
    const result = await completion(`${mock.url}/v1/chat/completions`, { body }).result();
    expect(result.text).to.equal(told);
    expect(result.usage?.raw).to.deep.equal(used);
  });
});

async function failure(promise: Promise<unknown>): Promise<CompletionError> {
  return promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
}
