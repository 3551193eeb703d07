import { connect } from 'node:net';
import { expect } from 'chai';
import { type CompletionFormatName, completion } from 'eventsource-wasm/llm';
import { modelNames, type Server, serve, sourceText, until } from './harness';

interface Chunk {
  id: string;
  object: string;
  created: number;
  model: string;
  choices: { index: number; delta: { role?: string; content?: string }; finish_reason: string | null }[];
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | null;
}

describe('model server', () => {
  let server: Server;
  before(async () => {
    server = await serve();
  });
  after(() => server.close());

  const ask = (body: object, query = 'tokens_per_second=0', init: RequestInit = {}) =>
    fetch(`${server.origin}/v1/chat/completions?${query}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer demo-key' },
      body: JSON.stringify({ model: 'emoji', messages: [{ role: 'user', content: 'Hello' }], ...body }),
      ...init,
    });

  /** The `data` of a stream in which every event has one line of data. */
  const dataOf = async (response: Response) =>
    (await response.text())
      .split('\n\n')
      .filter(Boolean)
      .map((block) => block.replace(/^data: /, ''));

  const chunksOf = async (response: Response) => {
    const data = await dataOf(response);
    expect(data.pop()).to.equal('[DONE]');
    return data.map((text): Chunk => JSON.parse(text));
  };

  describe('other formats', () => {
    const messages = [{ role: 'user', content: 'Hello' }];
    const requests: [format: CompletionFormatName, path: string, body: object][] = [
      [
        'openai-chat',
        '/v1/chat/completions',
        { messages, stream: true, stream_options: { include_usage: true } },
      ],
      ['openai-responses', '/v1/responses', { input: messages, stream: true }],
      ['anthropic', '/v1/messages', { messages, stream: true, max_tokens: 4096 }],
      [
        'google',
        '/v1beta/models/emoji:streamGenerateContent?alt=sse',
        { contents: [{ parts: [{ text: 'Hello' }] }] },
      ],
      ['ai-sdk', '/v1/chat', { messages }],
      ['cohere', '/v2/chat', { messages, stream: true }],
    ];
    for (const [format, path, body] of requests) {
      it(`${format}: completion reads the text`, async () => {
        const url = new URL(path, server.origin);
        url.searchParams.set('tokens_per_second', '0');
        url.searchParams.set('chunk_bytes', '11');
        const ask = (key: string) =>
          completion(url, { format, headers: { Authorization: key }, body: { model: 'emoji', ...body } });
        const { text, finishReason, usage } = await ask('Bearer demo-key').result();
        expect(text).to.equal(await sourceText('emoji'));
        expect(finishReason).to.match(/^(stop|completed|end_turn|complete)$/i);
        if (format !== 'ai-sdk') expect(usage?.outputTokens).to.be.above(10);
        const error = await ask('Bearer no')
          .result()
          .catch((error) => error);
        expect(error).to.include({ kind: 'status', status: 401 });
      });
    }

    it('max_tokens', async () => {
      const url = `${server.origin}/v1/messages?tokens_per_second=0`;
      const answer = completion(url, {
        headers: { 'x-api-key': 'demo-key' },
        body: { model: 'emoji', messages, stream: true, max_tokens: 3 },
      });
      expect(await answer.result()).to.include({ finishReason: 'max_tokens' });
    });
  });

  describe('chat completions', () => {
    it('streams in the format of OpenAI', async () => {
      const response = await ask({ stream: true });
      expect(response.headers.get('content-type')).to.match(/^text\/event-stream/);
      const chunks = await chunksOf(response);
      for (const chunk of chunks) {
        expect(chunk).to.include({ object: 'chat.completion.chunk', model: 'emoji', id: chunks[0]?.id });
        expect(chunk).to.not.have.property('usage');
        expect(chunk.created).to.be.closeTo(Date.now() / 1000, 60);
      }
      expect(chunks[0]?.choices[0]).to.deep.equal({
        index: 0,
        delta: { role: 'assistant', content: '' },
        finish_reason: null,
      });
      expect(chunks.at(-1)?.choices[0]).to.deep.equal({ index: 0, delta: {}, finish_reason: 'stop' });
    });

    it('ends with the usage if the request asks for it', async () => {
      const chunks = await chunksOf(await ask({ stream: true, stream_options: { include_usage: true } }));
      const last = chunks.pop();
      expect(last?.choices).to.deep.equal([]);
      expect(last?.usage?.completion_tokens).to.equal(chunks.length - 2);
      expect(chunks.every(({ usage }) => usage === null)).to.equal(true);
    });

    it('answers with JSON without stream', async () => {
      const response = await ask({ stream: false });
      expect(response.headers.get('content-type')).to.match(/^application\/json/);
      const { object, choices, usage } = (await response.json()) as {
        object: string;
        choices: { message: object; finish_reason: string }[];
        usage: { completion_tokens: number };
      };
      expect(object).to.equal('chat.completion');
      expect(choices[0]?.message).to.deep.equal({ role: 'assistant', content: await sourceText('emoji') });
      expect(choices[0]?.finish_reason).to.equal('stop');
      expect(usage.completion_tokens).to.be.greaterThan(100);
    });

    for (const model of modelNames) {
      it(`answers with the text of ${model}, never cut inside a character`, async () => {
        const chunks = await chunksOf(
          await ask({ model, stream: true }, 'tokens_per_second=0&chunk_bytes=7'),
        );
        const tokens = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').filter(Boolean);
        const text = await sourceText(model);
        expect(tokens.join('')).to.equal(text);
        const starts = new Set(
          [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(({ index }) => index),
        );
        let index = 0;
        for (const token of tokens) {
          expect(starts.has(index), `a cluster starts at ${index}`).to.equal(true);
          index += token.length;
        }
      });
    }

    it('repeats a text up to max_tokens', async () => {
      const chunks = await chunksOf(await ask({ model: 'taoteking', stream: true, max_tokens: 2000 }));
      const tokens = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').filter(Boolean);
      expect(tokens).to.have.length(2000);
      const text = `${await sourceText('taoteking')}\n\n`;
      expect(text.repeat(10).startsWith(tokens.join(''))).to.equal(true);
      expect(chunks.at(-1)?.choices[0]?.finish_reason).to.equal('length');
    });

    it('keeps the rate limit', async () => {
      const start = performance.now();
      await chunksOf(await ask({ stream: true, max_tokens: 20 }, 'tokens_per_second=50'));
      expect(performance.now() - start).to.be.within(400, 5000);
    });

    it('accepts the rate in the body', async () => {
      const start = performance.now();
      await chunksOf(await ask({ stream: true, max_tokens: 600, tokens_per_second: 0 }, ''));
      // At the default rate, they take 10 s.
      expect(performance.now() - start).to.be.below(5000);
    });

    it('ends at once when the client disconnects', async () => {
      const { aborted } = server.stats;
      const stop = new AbortController();
      const response = await ask({ stream: true }, 'tokens_per_second=1', { signal: stop.signal });
      await response.body?.getReader().read();
      expect(server.stats.open).to.equal(1);
      stop.abort();
      await until(() => server.stats.open === 0, 'the stream has ended');
      expect(server.stats.aborted).to.equal(aborted + 1);
    });

    it('waits for a client that does not read', async () => {
      const { aborted } = server.stats;
      const body = JSON.stringify({ model: 'alice', messages: [], stream: true, max_tokens: 100_000 });
      const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
      socket.write(
        `POST /v1/chat/completions?tokens_per_second=0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer demo-key\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      socket.pause();
      await until(() => server.stats.open === 1, 'the stream is open');
      await new Promise((done) => setTimeout(done, 500));
      expect(server.stats.open, 'the server waits instead of buffering twenty megabytes').to.equal(1);
      socket.destroy();
      await until(() => server.stats.open === 0, 'the stream has ended');
      expect(server.stats.aborted).to.equal(aborted + 1);
    });

    it('lists its models', async () => {
      const response = await fetch(`${server.origin}/v1/models`, {
        headers: { Authorization: 'Bearer demo-key' },
      });
      const { object, data } = (await response.json()) as {
        object: string;
        data: { id: string; object: string }[];
      };
      expect(object).to.equal('list');
      expect(data.map(({ id }) => id)).to.have.members(modelNames);
      expect(data.every((model) => model.object === 'model')).to.equal(true);
    });
  });

  describe('refusals', () => {
    const check = async (response: Response, status: number, message: RegExp, more: object = {}) => {
      expect(response.status).to.equal(status);
      const { error } = (await response.json()) as { error: { message: string } };
      expect(error.message).to.match(message);
      expect(error).to.include({ type: 'invalid_request_error', ...more });
    };

    for (const [name, authorization] of [
      ['no key', undefined],
      ['a wrong key', 'Bearer wrong'],
      ['another scheme', 'Basic demo-key'],
    ] as const) {
      it(`401 for ${name}`, async () => {
        const headers = { 'Content-Type': 'application/json', ...(authorization && { authorization }) };
        await check(await ask({}, '', { headers }), 401, /API key/, { code: 'invalid_api_key' });
      });
    }
    it('404 for an unknown model', async () =>
      check(await ask({ model: 'gpt' }), 404, /'gpt' does not exist.*alice/, { code: 'model_not_found' }));
    it('400 for missing messages', async () =>
      check(await ask({ messages: undefined }), 400, /'messages'/, { param: 'messages' }));
    it('400 for a wrong max_tokens', async () =>
      check(await ask({ max_tokens: 0 }), 400, /'max_tokens' must be an integer/, { param: 'max_tokens' }));
    it('400 for a body that isn’t JSON', async () => check(await ask({}, '', { body: '{' }), 400, /JSON/i));
    it('404 for an unknown path', async () =>
      check(await fetch(`${server.origin}/nothing?here`), 404, /GET \/nothing\?here/));

    for (const [query, param, message] of [
      ['falt=cut', 'falt', /Unknown parameter 'falt'.*fault/],
      ['fault=explode', 'fault', /'explode'.*one of cut, 429/],
      ['chunk_bytes=-1', 'chunk_bytes', /integer from 0/],
      ['chunk_bytes=1&chunk_bytes=2', 'chunk_bytes', /given once/],
      ['toString=1', 'toString', /Unknown parameter/],
    ] as const) {
      it(`400 for ?${query}`, async () => {
        await check(await ask({}, query), 400, message, { param });
        await check(await fetch(`${server.origin}/feed?${query}`), 400, message, { param });
      });
    }
  });

  describe('faults', () => {
    it('429 has a Retry-After header', async () => {
      const response = await ask({ stream: true }, 'fault=429&retry_after=7');
      expect(response.status).to.equal(429);
      expect(response.headers.get('retry-after')).to.equal('7');
      const { error } = (await response.json()) as { error: object };
      expect(error).to.include({ code: 'rate_limit_exceeded' });
    });
    it('401 even with the right key', async () => {
      expect((await ask({ stream: true }, 'fault=401')).status).to.equal(401);
    });
    it('204 has no body', async () => {
      const response = await ask({ stream: true }, 'fault=204');
      expect(response.status).to.equal(204);
      expect(await response.text()).to.equal('');
    });
    for (const type of ['text/html', 'application/json']) {
      it(`type answers with ${type}`, async () => {
        const response = await ask({ stream: true }, `fault=type&type=${type}`);
        expect(response.status).to.equal(200);
        expect(response.headers.get('content-type')).to.contain(type);
      });
    }
    it('cut breaks the connection after the given number of events', async () => {
      const response = await fetch(`${server.origin}/feed?rate=0&fault=cut&after=4`);
      const { events, error } = await readEvents(response);
      expect(events.map(({ id }) => id)).to.deep.equal(['1', '2', '3', '4']);
      expect(error).to.be.instanceOf(Error);
    });
    it('silence opens the stream and sends nothing', async () => {
      const stop = new AbortController();
      const response = await ask({ stream: true }, 'fault=silence', { signal: stop.signal });
      expect(response.status).to.equal(200);
      const read = response.body?.getReader().read();
      const first = await Promise.race([read, new Promise((done) => setTimeout(done, 200, 'nothing'))]);
      expect(first).to.equal('nothing');
      read?.catch(() => {});
      stop.abort();
      await until(() => server.stats.open === 0, 'the stream has ended');
    });
    it('refuse closes the connection before the response', async () => {
      const error = await ask({ stream: true }, 'fault=refuse').then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(error).to.be.instanceOf(TypeError);
    });
  });

  describe('feed', () => {
    const read = async (query: string, init: RequestInit = {}) =>
      readEvents(await fetch(`${server.origin}/feed?rate=0&${query}`, init));

    it('resumes where the client left off, with the same events', async () => {
      const { events: all } = await read('count=40');
      const { events: rest } = await read('count=23', { headers: { 'Last-Event-ID': '17' } });
      expect(all.map(({ id }) => Number(id))).to.deep.equal(
        Array.from({ length: 40 }, (_, index) => index + 1),
      );
      expect(rest).to.deep.equal(all.slice(17));
      expect(new Set(all.map(({ event }) => event))).to.deep.equal(new Set(['price', 'news', undefined]));
    });
    it('starts again after an unknown ID', async () => {
      const { events } = await read('count=2', { headers: { 'Last-Event-ID': 'x' } });
      expect(events.map(({ id }) => id)).to.deep.equal(['1', '2']);
    });
    it('sends the reconnection time', async () => {
      const text = await (await fetch(`${server.origin}/feed?count=1&retry=1234`)).text();
      expect(text).to.match(/^: from the start\nretry: 1234\n\n/);
    });
    it('sends comments between events', async () => {
      const response = await fetch(`${server.origin}/feed?count=2&rate=2&heartbeat=0.1`);
      expect((await response.text()).match(/: heartbeat/g)?.length).to.be.at.least(2);
    });
    it('answers any POST', async () => {
      const { events } = await read('count=3', {
        method: 'POST',
        body: 'anything',
        headers: { 'Content-Type': 'text/x' },
      });
      expect(events).to.have.length(3);
    });
  });

  it('allows requests from other origins', async () => {
    const preflight = await fetch(`${server.origin}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        Origin: 'http://elsewhere.example',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type',
      },
    });
    expect(preflight.status).to.equal(204);
    expect(preflight.headers.get('access-control-allow-origin')).to.equal('*');
    expect(preflight.headers.get('access-control-allow-headers')).to.equal('authorization,content-type');
    const response = await ask({ stream: true }, 'tokens_per_second=0', {});
    expect(response.headers.get('access-control-allow-origin')).to.equal('*');
    expect(response.headers.get('access-control-expose-headers')).to.match(/retry-after/i);
    await response.text();
  });

  it('serves the page with its policy, on loopback', async () => {
    const response = await fetch(server.origin);
    expect(response.headers.get('content-security-policy')).to.contain(
      "script-src 'self' 'wasm-unsafe-eval'",
    );
    expect(await response.text()).to.contain('<!doctype html>');
    expect(server.origin).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('close() ends open streams', async () => {
    const other = await serve();
    const response = await fetch(`${other.origin}/feed`);
    await other.close();
    const { error } = await readEvents(response);
    expect(error).to.be.instanceOf(Error);
  });
});

interface Event {
  id: string | undefined;
  event: string | undefined;
  data: string;
}

/** Reads a stream's events, and the error if it breaks off. A simple parser, independent of the package. */
async function readEvents(response: Response): Promise<{ events: Event[]; error?: unknown }> {
  let text = '';
  let error: unknown;
  const decoder = new TextDecoder();
  try {
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
  } catch (thrown) {
    error = thrown;
  }
  const events = text
    .split('\n\n')
    .slice(0, -1)
    .map((block) => {
      const values = (field: string) =>
        block
          .split('\n')
          .filter((line) => line.startsWith(`${field}: `))
          .map((line) => line.slice(field.length + 2));
      return { id: values('id')[0], event: values('event')[0], data: values('data').join('\n') };
    })
    .filter(({ data }) => data !== '');
  return { events, error };
}
