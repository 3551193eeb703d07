/** Reads `fakeCompletion` over Node's `http` with the providers' clients. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { DefaultChatTransport, readUIMessageStream } from 'ai';
import { expect } from 'chai';
import { completion } from 'eventsource-wasm/llm';
import { type FakeCompletion, type FakeCompletionInit, fakeCompletion } from 'eventsource-wasm/testing';
import express from 'express';
import OpenAI from 'openai';

const answer: FakeCompletionInit = {
  text: 'Once upon a time 世界 🌍.',
  reasoning: 'Let me think.',
  toolCalls: [{ name: 'weather', arguments: { place: 'Zürich' } }],
  model: 'a-model',
};

async function listening<T>(server: Server, use: (origin: string) => Promise<T>): Promise<T> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const serving = <T>(model: FakeCompletion, use: (origin: string) => Promise<T>) =>
  listening(createServer(model), use);

describe('fakeCompletion: a Node server for the clients of providers', () => {
  it('over HTTP/2', async () => {
    const server = createHttp2Server(fakeCompletion('openai-chat', answer) as never);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      const request = client.request({ ':path': '/v1', ':method': 'POST' });
      request.end('{}');
      let text = '';
      request.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      const [[headers]] = await Promise.all([once(request, 'response'), once(request, 'end')]);
      expect(headers[':status']).to.equal(200);
      expect(text).to.match(/\[DONE\]\n\n$/);
    } finally {
      client.close();
      server.close();
    }
  });

  it('OpenAI’s client reads the chat completion', () =>
    serving(fakeCompletion('openai-chat', answer), async (origin) => {
      const client = new OpenAI({ apiKey: 'any', baseURL: origin, maxRetries: 0 });
      const stream = client.chat.completions.stream({
        model: 'any',
        messages: [{ role: 'user', content: 'Hello' }],
        stream_options: { include_usage: true },
      });
      const { choices, model, usage } = await stream.finalChatCompletion();
      const [choice] = choices;
      expect(model).to.equal('a-model');
      expect(choice?.message.content).to.equal(answer.text);
      expect(choice?.finish_reason).to.equal('tool_calls');
      const [call] = choice?.message.tool_calls ?? [];
      expect(call).to.deep.include({ id: 'call_1', type: 'function' });
      expect(call?.type === 'function' && call.function).to.include({
        name: 'weather',
        arguments: '{"place":"Zürich"}',
      });
      expect(usage).to.include({ prompt_tokens: 10, completion_tokens: 11, total_tokens: 21 });
    }));

  it('OpenAI’s client reads the response', () =>
    serving(fakeCompletion('openai-responses', answer), async (origin) => {
      const client = new OpenAI({ apiKey: 'any', baseURL: origin, maxRetries: 0 });
      const stream = client.responses.stream({ model: 'any', input: 'Hello' });
      const deltas: string[] = [];
      stream.on('response.output_text.delta', ({ delta }) => deltas.push(delta));
      const { output, status, output_text } = await stream.finalResponse();
      expect(status).to.equal('completed');
      expect(deltas.join('')).to.equal(answer.text);
      expect(output_text).to.equal(answer.text);
      expect(output.map(({ type }) => type)).to.deep.equal(['reasoning', 'message', 'function_call']);
    }));

  it('OpenAI’s client gets the error in the stream', () =>
    serving(fakeCompletion('openai-chat', { ...answer, failAfter: 3, failWith: 'error' }), async (origin) => {
      const client = new OpenAI({ apiKey: 'any', baseURL: origin, maxRetries: 0 });
      const stream = await client.chat.completions.create({ model: 'any', messages: [], stream: true });
      const error = await (async () => {
        for await (const _chunk of stream);
      })().catch((error) => error);
      expect(error).to.have.property('message', 'The model is overloaded.');
    }));

  it('the AI SDK’s chat reads the message stream', () =>
    serving(fakeCompletion('ai-sdk', answer), async (origin) => {
      const transport = new DefaultChatTransport({ api: origin });
      const stream = await transport.sendMessages({
        chatId: '1',
        messages: [],
        trigger: 'submit-message',
        messageId: undefined,
        abortSignal: undefined,
      });
      let message: unknown;
      for await (const state of readUIMessageStream({ stream })) message = state;
      const { parts } = message as { parts: { type: string; text?: string; input?: unknown }[] };
      expect(parts.map(({ type }) => type)).to.deep.equal([
        ...['step-start', 'reasoning', 'text', 'tool-weather'],
      ]);
      expect(parts[1]?.text).to.equal(answer.reasoning);
      expect(parts[2]?.text).to.equal(answer.text);
      expect(parts[3]?.input).to.deep.equal({ place: 'Zürich' });
    }));

  it('works with Express, and a cut breaks the connection', () => {
    const app = express();
    app.post('/whole', fakeCompletion('anthropic', answer));
    app.post('/cut', fakeCompletion('anthropic', { ...answer, failAfter: 2 }));
    return listening(createServer(app), async (origin) => {
      expect(await completion(`${origin}/whole`).text()).to.equal(answer.text);
      const error = await completion(`${origin}/cut`)
        .text()
        .catch((error) => error);
      expect(error).to.have.property('kind', 'network');
    });
  });

  it('a client that disconnects ends the answer', () => {
    const model = fakeCompletion('google', { text: 'a b c', failAfter: 1, failWith: 'stall' });
    const ends: Promise<void>[] = [];
    const server = createServer((request, response) => ends.push(model(request, response)));
    return listening(server, async (origin) => {
      for await (const part of completion(origin)) if (part.type === 'text') break;
      expect(ends).to.have.length(1);
      // It would wait forever if it ignored the disconnect.
      await ends[0];
    });
  });
});
