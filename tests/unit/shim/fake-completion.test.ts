/** Tests `fakeCompletion` in each format, read by `completion`. */

import { expect } from 'chai';
import { completion } from 'eventsource-wasm/llm';
import {
  createEventServer,
  type FakeCompletionInit,
  type FakeFormat,
  fakeCompletion,
} from 'eventsource-wasm/testing';

const url = 'https://api.example/v1';
const formats: FakeFormat[] = [
  ...(['openai-chat', 'openai-responses', 'anthropic', 'google', 'ai-sdk', 'cohere'] as const),
];

const text = 'Once upon a time 世界 🌍, a verylongwordindeed,\n\nand the end. ';
const reasoning = 'Let me think about it.';
const toolCalls = [
  { name: 'weather', arguments: { place: 'Zürich', days: [1, 2] } },
  { name: 'now', id: 'call_now' },
];

const ask = (format: FakeFormat, init: FakeCompletionInit) =>
  completion(url, { fetch: fakeCompletion(format, init).fetch });

for (const format of formats) {
  describe(`fakeCompletion: ${format}`, () => {
    it('text, reasoning and usage', async () => {
      const result = await ask(format, { text, reasoning }).result();
      expect(result.text).to.equal(text);
      expect(result.reasoning).to.equal(reasoning);
      expect(result.toolCalls).to.deep.equal([]);
      // The AI SDK's stream has no usage.
      if (format !== 'ai-sdk') expect(result.usage).to.include({ inputTokens: 10, outputTokens: 18 });
    });

    it('tool calls', async () => {
      const { toolCalls: calls } = await ask(format, { toolCalls }).result();
      expect(calls.map(({ name, arguments: given }) => [name, JSON.parse(given)])).to.deep.equal([
        ['weather', { place: 'Zürich', days: [1, 2] }],
        ['now', {}],
      ]);
      expect(calls.map(({ id }) => id)).to.deep.equal(['call_1', 'call_now']);
    });

    it('the finish reason', async () => {
      const reasonOf = async (init: FakeCompletionInit) => (await ask(format, init).result()).finishReason;
      expect(await reasonOf({ text: 'a', finishReason: 'any-reason' })).to.equal('any-reason');
      expect(await reasonOf({ text: 'a' })).to.match(/^(stop|completed|end_turn|complete)$/i);
    });

    it('a list of tokens, which arrive one by one', async () => {
      const seen: string[] = [];
      for await (const part of ask(format, { text: ['a', 'b ', 'c'] }))
        if (part.type === 'text') seen.push(part.text);
      expect(seen).to.deep.equal(['a', 'b ', 'c']);
    });

    it('fails in each way', async () => {
      const failing = async (failWith: 'cut' | 'end' | 'error') => {
        const seen: string[] = [];
        try {
          for await (const part of ask(format, { text: ['a', 'b', 'c'], failAfter: 2, failWith }))
            if (part.type === 'text') seen.push(part.text);
        } catch (error) {
          expect(seen).to.deep.equal(['a', 'b']);
          return error as Error & { kind: string };
        }
        return expect.fail('it should have failed');
      };
      expect((await failing('cut')).kind).to.equal('network');
      // Google's stream has no end marker: only the finish reason says that the answer is complete.
      expect((await failing('end')).kind).to.equal('cut');
      expect(await failing('error')).to.include({ kind: 'provider', message: 'The model is overloaded.' });
    });

    it('fails before the answer is complete, even if it is short', async () => {
      const error = await ask(format, { text: 'a', failAfter: 9 })
        .text()
        .catch((error) => error);
      expect(error).to.have.property('kind', 'network');
    });
  });
}

describe('fakeCompletion', () => {
  it('stalls', async () => {
    const controller = new AbortController();
    const { fetch } = fakeCompletion('openai-chat', { text: 'a b', failAfter: 1, failWith: 'stall' });
    const answer = completion(url, { fetch, signal: controller.signal });
    const seen: string[] = [];
    const reason = await (async () => {
      for await (const part of answer) {
        if (part.type !== 'text') continue;
        seen.push(part.text);
        setTimeout(() => controller.abort(new Error('enough')), 20);
      }
    })().catch((error) => error);
    expect(seen).to.deep.equal(['a']);
    expect(reason).to.have.property('message', 'enough');
  });

  it('answers a request of a scripted server', async () => {
    const server = createEventServer({ onRequest: fakeCompletion('anthropic', { text: 'a b' }) });
    expect(await completion(url, { fetch: server.fetch }).text()).to.equal('a b');
    const other = createEventServer();
    const answer = completion(url, { fetch: other.fetch, body: { question: 1 } }).text();
    const request = await other.nextRequest();
    expect(await request.json()).to.deep.equal({ question: 1 });
    await fakeCompletion('google', { text: 'c d' })(request);
    expect(await answer).to.equal('c d');
  });

  it('works as an msw resolver and as a fetch-style server', async () => {
    const model = fakeCompletion('cohere', { text: 'a' });
    const read = async (response: Response | Promise<Response>) => (await response).text();
    const expected = await read(model(url));
    expect(expected).to.contain('"content":{"text":"a"}');
    expect(await read(model({ request: new Request(url) }))).to.equal(expected);
    expect(await read(model(new Request(url, { method: 'POST', body: '{}' })))).to.equal(expected);
    expect(await read(model.fetch(url, { method: 'POST' }))).to.equal(expected);
  });

  it('rejects invalid arguments', () => {
    expect(() => fakeCompletion('gpt' as FakeFormat)).to.throw(
      'the format is "gpt"; use one of openai-chat,',
    );
    expect(() => fakeCompletion('google', { toolCalls: [{ name: 'f', arguments: '{' }] })).to.throw(
      'the arguments of the tool call "f" are not JSON: {',
    );
  });
});
