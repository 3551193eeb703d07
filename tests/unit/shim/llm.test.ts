/** Tests `completion`: formats, requests, the end of a stream, errors, and the playground's models. */

import { expect } from 'chai';
import {
  anthropic,
  CompletionError,
  type CompletionInit,
  type CompletionPart,
  type CompletionReducer,
  completion,
  createCompletion,
  everyFrame,
  google,
  openaiChat,
  type StandardSchema,
  structuredOutput,
} from 'eventsource-wasm/llm';
import OpenAI from 'openai';
import { sleep } from '../../conformance/conformance-test.js';
import { completionFixtures, toStream } from '../../support/fixtures/completions.js';
import { type Answer, models, Scenario } from '../../support/server/scenario.js';

async function all<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const part of parts) taken.push(part);
  return taken;
}

async function failure(promise: Promise<unknown>): Promise<CompletionError> {
  return promise.then(
    () => expect.fail('it should have failed'),
    (error) => {
      expect(error).to.be.instanceOf(CompletionError);
      return error;
    },
  );
}

/** Starts a completion that gets this response. */
async function answered(answer: Answer, init?: CompletionInit) {
  const scenario = await Scenario.of(answer);
  return { scenario, answer: completion(scenario.url, init) };
}

const chat = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

/** A response whose body has these chunks. */
function respond(...pieces: Uint8Array<ArrayBuffer>[]): Response {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
}

/**
 * One of how many variants is tested. Formats don't depend on the engine, so only the oldest Node tests all of them.
 */
const { process } = globalThis as { process?: { version?: string } };
const VARIANTS_PER_TEST = process?.version?.startsWith('v20.') ? 1 : 20;

const withoutDeltas = (parts: CompletionPart[]) => parts.filter(({ type }) => type !== 'tool-call-delta');

describe('completion: formats', () => {
  for (const [what, fixture] of Object.entries(completionFixtures)) {
    const bytes = new TextEncoder().encode(toStream(fixture));

    for (const format of [undefined, fixture.format]) {
      it(`${what}${format ? ' (with format)' : ''}`, async () => {
        const { answer, scenario } = await answered({ steps: [toStream(fixture)] }, { format });
        const parts = await all(answer);
        expect(withoutDeltas(parts)).to.deep.equal(fixture.expected);
        expect(await scenario.requests()).to.have.length(1);
        const result = await answer.result();
        if (fixture.message) expect(result.toMessage()).to.deep.equal(fixture.message);
        for (const call of result.toolCalls) {
          const deltas = parts.filter((part) => part.type === 'tool-call-delta' && part.id === call.id);
          const last = deltas.at(-1);
          if (last?.type === 'tool-call-delta') expect(last.arguments || '{}').to.equal(call.arguments);
        }
      });
    }

    it(`${what}: each part refers to its chunk`, async () => {
      const chunks: unknown[] = [];
      const answer = completion(respond(bytes), { onChunk: (chunk) => chunks.push(chunk) });
      const parts = await all(answer);
      expect(chunks).to.deep.equal(
        fixture.chunks.map(([, data]) => data).filter((data) => data !== '[DONE]'),
      );
      for (const { raw } of parts) expect(chunks).to.include(raw);
    });

    it(`${what}: cut off before the end`, async () => {
      const chunks = fixture.chunks.slice(0, fixture.format === 'google' ? -1 : 1);
      const { answer } = await answered({ steps: [toStream({ chunks })] });
      if (chunks.length === 0) return;
      const error = await failure(all(answer));
      expect(error).to.include({ kind: 'cut', message: 'The stream ended before the answer did' });
    });

    // Formats only see events. That these don't depend on cuts is tested at every byte with the parser.
    it(`${what}: split at every 17th byte`, async () => {
      for (let at = 1; at < bytes.length; at += 17 * VARIANTS_PER_TEST) {
        const answer = completion(respond(bytes.slice(0, at), bytes.slice(at)));
        expect(withoutDeltas(await all(answer)), `cut at ${at}`).to.deep.equal(fixture.expected);
      }
    });

    it(`${what}: byte by byte`, async () => {
      const answer = completion(respond(...Array.from(bytes, (byte) => Uint8Array.of(byte))));
      expect(withoutDeltas(await all(answer))).to.deep.equal(fixture.expected);
    });

    it(`${what}: invalid members throw nothing but a CompletionError`, async () => {
      for (const [chunks, where] of oddVariants(fixture.chunks)) {
        const stream = new TextEncoder().encode(toStream({ chunks }));
        try {
          (await completion(respond(stream), { format: fixture.format }).result()).toMessage();
        } catch (error) {
          if (!(error instanceof CompletionError)) expect.fail(`${where}: ${(error as Error).stack}`);
        }
      }
    });

    it(`${what}: an error after the first chunk`, async () => {
      const chunks = [...fixture.chunks.slice(0, 1), ['', { error: { message: 'Over', code: 'x' } }]] as [
        string,
        unknown,
      ][];
      const error = await failure(
        completion(respond(new TextEncoder().encode(toStream({ chunks })))).result(),
      );
      expect(error).to.include({ kind: 'provider', message: 'Over', code: 'x' });
    });
  }

  it('a custom format', async () => {
    const chunks: [string, unknown][] = [
      ['token', { piece: 'Hel' }],
      ['token', 'lo'],
      ['end', { why: 'enough' }],
    ];
    const answer = completion(respond(new TextEncoder().encode(toStream({ chunks }))), {
      format: ({ event, data }) => {
        if (event === 'end') return [{ type: 'finish', reason: data.why }];
        return [{ type: 'text', text: data.piece ?? data }];
      },
    });
    expect(await all(answer)).to.deep.equal([
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
      { type: 'finish', reason: 'enough' },
    ]);
    expect((await answer.result()).toMessage()).to.deep.equal({ role: 'assistant', content: 'Hello' });
  });

  it('a custom format that throws', async () => {
    const answer = completion(respond(new TextEncoder().encode('data: {"bad":true}\n\n')), {
      format: ({ data }) => {
        throw new RangeError(`bad is ${data.bad}`);
      },
    });
    const error = await answer.result().catch((error) => error);
    expect(error).to.be.instanceOf(RangeError);
    expect(error.message).to.equal('bad is true');
  });

  const custom = (stream: string, format: CompletionReducer, more?: CompletionInit) =>
    completion(respond(new TextEncoder().encode(stream)), { ...more, format });
  const tokens: CompletionReducer = ({ event, data }) =>
    event === 'end'
      ? [{ type: 'finish', reason: data.reason }]
      : [{ type: 'text', text: data.token ?? data }];

  it('a custom format doesn’t get a last event that is cut off', async () => {
    expect(await custom('data: {"token":"Hello "}\n\ndata: {"token":"wor', tokens).text()).to.equal('Hello ');
    expect(await custom('data: Hello \n\ndata: world', tokens).text()).to.equal('Hello world');
    expect(await custom('data: {"token":"a"}\n\ndata: {"token":"b"}', tokens).text()).to.equal('ab');
  });

  it('a custom format gets named events without data', async () => {
    const stream = 'data: {"token":"a"}\n\nevent: ping\ndata:\n\nevent: end\ndata:\n\n';
    const ends: CompletionReducer = ({ event, data }) =>
      event === 'end' ? [{ type: 'finish', reason: 'stop' }] : [{ type: 'text', text: data.token }];
    expect(await custom(stream, ends).result()).to.include({ text: 'a', finishReason: 'stop' });
  });

  it('a custom format may return the same part again', async () => {
    const dot: CompletionPart = Object.freeze({ type: 'text', text: '.' });
    expect(await custom('data: 1\n\ndata: 2\n\n', () => [dot]).text()).to.equal('..');
  });

  it('a custom format may return the usage before the end', async () => {
    const usage = { inputTokens: 1, outputTokens: 2, raw: {} };
    const answer = custom('data: 1\n\ndata: 2\n\n', ({ data }) =>
      data === 1 ? [{ type: 'usage', usage }] : [{ type: 'text', text: 'a' }],
    );
    expect((await all(answer)).map(({ type }) => type)).to.deep.equal(['text', 'finish', 'usage']);
    expect((await answer.result()).usage).to.deep.equal(usage);
  });

  it('exceptions of the user’s functions after the end of the answer are thrown', async () => {
    const fails: CompletionReducer = ({ data }) => {
      if (data === 2) throw new RangeError('late');
      return [{ type: 'finish', reason: 'stop' }];
    };
    const error = await custom('data: 1\n\ndata: 2\n\n', fails)
      .result()
      .catch((error) => error);
    expect(error).to.be.instanceOf(RangeError);
  });

  it('the result is there when the loop ends with one of the last parts', async () => {
    for (const last of ['finish', 'usage']) {
      const usage = { prompt_tokens: 1, completion_tokens: 2 };
      const stream = `${chat({ content: 'a' }, 'stop')}data: ${JSON.stringify({ choices: [], usage })}\n\n`;
      const answer = completion(respond(new TextEncoder().encode(stream)));
      for await (const { type } of answer) if (type === last) break;
      expect(await answer.result()).to.include({ text: 'a', finishReason: 'stop' });
    }
  });

  it('objects of any class are sent as JSON', async () => {
    class Question {
      messages = ['a'];
    }
    for (const body of [new Question(), Object.assign(Object.create(null), { messages: ['a'] })]) {
      const scenario = await Scenario.of({ steps: [chat({ content: 'a' }, 'stop')] });
      await completion(scenario.url, { body }).text();
      const [request] = await scenario.requests();
      expect(request?.body).to.equal('{"messages":["a"]}');
      expect(request?.headers['content-type']).to.equal('application/json');
    }
    for (const body of [new URLSearchParams({ a: 'b' }), new Blob(['a=b'])]) {
      const scenario = await Scenario.of({ steps: [chat({ content: 'a' }, 'stop')] });
      await completion(scenario.url, { body }).text();
      expect((await scenario.requests())[0]?.body).to.equal('a=b');
    }
  });

  it('createCompletion supports only the given formats', async () => {
    const chunks = [chat({ content: 'a' }, 'stop')].join('');
    const bytes = new TextEncoder().encode(chunks);
    expect(await createCompletion(openaiChat)(respond(bytes)).text()).to.equal('a');
    expect(await createCompletion(anthropic, openaiChat)(respond(bytes)).text()).to.equal('a');
    expect(await createCompletion(anthropic)(respond(bytes), { format: openaiChat }).text()).to.equal('a');
    const error = await failure(createCompletion(anthropic, google)(respond(bytes)).text());
    expect(error).to.include({ kind: 'unrecognized' });
    expect(() => createCompletion(anthropic)('/', { format: 'google' })).to.throw(
      TypeError,
      'known are anthropic',
    );
  });

  it('an unknown format name throws an error that lists the known ones', async () => {
    const answer = completion(respond(new TextEncoder().encode(chat({ content: 'a' }, 'stop'))), {
      format: 'openai' as never,
    });
    const error = await answer.text().catch((error) => error);
    expect(error).to.be.instanceOf(TypeError);
    expect(error.message).to.equal(
      'The format "openai" is unknown; known are openai-chat, openai-responses, anthropic, google, ai-sdk, cohere',
    );
  });

  it('createCompletion validates only with structuredOutput', async () => {
    const schema = {
      '~standard': { version: 1, vendor: '', validate: (value) => ({ value }) },
    } as StandardSchema;
    const bytes = new TextEncoder().encode(chat({ content: '{"a":1}' }, 'stop'));
    const complete = createCompletion(openaiChat, structuredOutput);
    expect((await complete(respond(bytes), { schema }).result()).object).to.deep.equal({ a: 1 });
    expect(() => createCompletion(openaiChat)(respond(bytes), { schema })).to.throw(
      TypeError,
      'structuredOutput',
    );
  });

  it('result() and text() work after a loop', async () => {
    const fixture = completionFixtures['Anthropic: thinking, text, calls, usage in two places'];
    if (!fixture) expect.fail();
    const { answer, scenario } = await answered({ steps: [toStream(fixture)] });
    await all(answer);
    expect(await answer.result()).to.deep.equal({
      id: 'msg_1',
      text: 'Hello',
      reasoning: 'Hm.',
      toolCalls: [
        { id: 'toolu_1', name: 'weather', arguments: '{"city": "San José"}' },
        { id: 'toolu_2', name: 'now', arguments: '{}' },
      ],
      finishReason: 'tool_use',
      usage: { inputTokens: 25, outputTokens: 89, raw: { input_tokens: 25, output_tokens: 89 } },
    });
    expect(await answer.text()).to.equal('Hello');
    expect(await scenario.requests()).to.have.length(1);
  });

  it('result() before or during a loop takes no parts from it', async () => {
    const stream = new TextEncoder().encode([...'Hello'].map((content) => chat({ content })).join(''));
    const end = new TextEncoder().encode(chat({}, 'stop'));
    const early = completion(respond(stream, end));
    const [result, parts] = await Promise.all([early.result(), all(early)]);
    expect(result.text).to.equal('Hello');
    expect(parts.map((part) => (part.type === 'text' ? part.text : part.type))).to.deep.equal([
      ...'Hello',
      'finish',
    ]);
    const late = completion(respond(stream, end));
    let text = '';
    let whole: Promise<string> | undefined;
    for await (const part of late) {
      whole ??= late.text();
      await sleep(5);
      if (part.type === 'text') text += part.text;
    }
    expect([text, await whole]).to.deep.equal(['Hello', 'Hello']);
    const after = completion(respond(stream, end));
    await after.result();
    expect(await all(after)).to.have.length(6);
  });

  it('a loop gets each part at once, also while result() waits, and ends both', async () => {
    const { answer } = await answered({ steps: [chat({ content: 'a' }), { end: 'hang' }] });
    const result = failure(answer.result());
    for await (const part of answer) {
      expect(part).to.deep.equal({ type: 'text', text: 'a' });
      break;
    }
    expect(await result).to.include({ kind: 'cut' });
  });

  it('result() and a loop at the same time throw the same error', async () => {
    const bytes = new TextEncoder().encode([...'Hello'].map((content) => chat({ content })).join(''));
    const failed = completion(respond(bytes));
    const parts: CompletionPart[] = [];
    const loop = (async () => {
      for await (const part of failed) parts.push(part);
    })();
    const [first, second] = await Promise.all([failure(failed.result()), failure(loop)]);
    expect(first).to.equal(second);
    expect(parts).to.have.length(5);
  });

  it('result() after a loop that failed, and after a break', async () => {
    const failed = completion(respond(new TextEncoder().encode(chat({ content: 'a' }))));
    const error = await failure(all(failed));
    expect(await failure(failed.result())).to.equal(error);
    const left = completion(respond(new TextEncoder().encode(chat({ content: 'a' }, 'stop'))));
    for await (const _part of left) break;
    expect(await failure(left.result())).to.include({ kind: 'cut' });
  });
});

/** Variants of the chunks, each with one member replaced by an unexpected value. */
function* oddVariants(chunks: [string, unknown][]): Generator<[chunks: [string, unknown][], where: string]> {
  const odd = [null, 0, 7, true, '', 'x', [], {}, [null], [7], [['x']], { x: 1 }];
  let count = 0;
  let variants = 0;
  for (const [at, [event, data]] of chunks.entries()) {
    for (const path of paths(data)) {
      // Each member gets a third of the values, and each value goes to every third member.
      for (const value of odd.filter((_, index) => (index + count++) % 3 === 0)) {
        if (variants++ % VARIANTS_PER_TEST > 0) continue;
        const changed = structuredClone(data);
        const last = path.at(-1) as string;
        // biome-ignore lint/suspicious/noExplicitAny: the path exists.
        const parent = path.slice(0, -1).reduce((place: any, name) => place[name], changed);
        parent[last] = value;
        const variant: [string, unknown][] = [
          ...chunks.slice(0, at),
          [event, changed],
          ...chunks.slice(at + 1),
        ];
        yield [variant, `${path.join('.')} of chunk ${at} is ${JSON.stringify(value)}`];
      }
    }
  }
}

function* paths(value: unknown, path: string[] = []): Generator<string[]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    yield [...path, name];
    yield* paths(member, [...path, name]);
  }
}

describe('completion: the request', () => {
  it('an object is sent as JSON with POST', async () => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'é' }], stream: true };
    const { answer, scenario } = await answered(
      { steps: [chat({}, 'stop')] },
      { headers: { Authorization: 'Bearer k' }, body },
    );
    await all(answer);
    const [request] = await scenario.requests();
    expect(request?.method).to.equal('POST');
    expect(JSON.parse(request?.body ?? '')).to.deep.equal(body);
    expect(request?.headers).to.include({
      'content-type': 'application/json',
      authorization: 'Bearer k',
      accept: 'text/event-stream',
    });
  });

  it('a Request keeps its method and body', async () => {
    const scenario = await Scenario.of({ steps: [chat({ content: 'a' }, 'stop')] });
    const request = new Request(scenario.url, { method: 'PUT', body: '{"a":1}' });
    expect(await completion(request).text()).to.equal('a');
    expect((await scenario.requests())[0]).to.include({ method: 'PUT', body: '{"a":1}' });
  });

  it('a string is sent unchanged', async () => {
    const { answer, scenario } = await answered({ steps: [chat({}, 'stop')] }, { body: '{}' });
    await all(answer);
    expect((await scenario.requests())[0]).to.include({ method: 'POST', body: '{}' });
  });

  it('the request is sent when the answer is first read, and only once', async () => {
    const { answer, scenario } = await answered({ steps: [chat({ content: 'a' }, 'stop')] });
    await sleep(30);
    expect(await scenario.requests()).to.have.length(0);
    await all(answer);
    expect(await all(answer)).to.deep.equal([]);
    await sleep(30);
    expect(await scenario.requests()).to.have.length(1);
  });
});

describe('completion: the end', () => {
  it('[DONE] ends the answer, even if the connection stays open', async () => {
    const steps = [chat({ content: 'a' }, 'stop'), 'data: [DONE]\n\n', { end: 'hang' }] as const;
    const { answer, scenario } = await answered({ steps: [...steps] });
    expect(await answer.text()).to.equal('a');
    const [request] = await scenario.until(([request]) => request?.isOpen === false);
    expect(request?.isOpen).to.equal(false);
  });

  it('a connection that breaks before the finish is an error, after it isn’t', async () => {
    const broken = await answered({ steps: [chat({ content: 'a' }), { end: 'reset' }] });
    const parts: CompletionPart[] = [];
    const error = await failure(
      (async () => {
        for await (const part of broken.answer) parts.push(part);
      })(),
    );
    expect(error.kind).to.equal('network');
    expect(parts).to.deep.equal([{ type: 'text', text: 'a' }]);
    expect(await broken.scenario.requests()).to.have.length(1);

    const finished = await answered({ steps: [chat({ content: 'a' }, 'stop'), { end: 'reset' }] });
    expect(await finished.answer.text()).to.equal('a');
  });

  it('leaving the loop ends the request', async () => {
    const { answer, scenario } = await answered({ steps: [chat({ content: 'a' }), { end: 'hang' }] });
    for await (const _part of answer) break;
    const [request] = await scenario.until(([request]) => request?.isOpen === false);
    expect(request).to.include({ isOpen: false, wasAborted: true });
  });

  it('aborting the signal ends the request and throws its reason', async () => {
    const stop = new AbortController();
    const { answer, scenario } = await answered(
      { steps: [chat({ content: 'a' }), { end: 'hang' }] },
      { signal: stop.signal },
    );
    const reason = new Error('stopped by the user');
    try {
      for await (const part of answer) {
        expect(part).to.deep.equal({ type: 'text', text: 'a' });
        setTimeout(() => stop.abort(reason), 10);
      }
      expect.fail('it should have thrown');
    } catch (error) {
      expect(error).to.equal(reason);
    }
    await scenario.until(([request]) => request?.isOpen === false);
  });
});

describe('completion: errors', () => {
  const inStream: Record<string, [stream: string, expected: object]> = {
    'OpenAI and compatible': [
      `data: ${JSON.stringify({ error: { message: 'Overloaded', type: 'server_error', code: 503 } })}\n\n`,
      { message: 'Overloaded', type: 'server_error', code: '503' },
    ],
    'OpenAI responses, failed': [
      `data: ${JSON.stringify({ type: 'response.failed', response: { error: { code: 'rate_limit', message: 'Slow' } } })}\n\n`,
      { message: 'Slow', code: 'rate_limit' },
    ],
    'OpenAI responses, an event': [
      `event: error\ndata: ${JSON.stringify({ type: 'error', code: 'ERR_SOMETHING', message: 'Went wrong', param: null })}\n\n`,
      { message: 'Went wrong', code: 'ERR_SOMETHING' },
    ],
    Anthropic: [
      `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })}\n\n`,
      { message: 'Overloaded', type: 'overloaded_error' },
    ],
    Google: [
      `data: ${JSON.stringify({ error: { code: 503, message: 'The model is overloaded', status: 'UNAVAILABLE' } })}\n\n`,
      { message: 'The model is overloaded', type: 'UNAVAILABLE', code: '503' },
    ],
    'an error that is text': [`data: {"error":"out of memory"}\n\n`, { message: 'out of memory' }],
  };
  for (const [what, [stream, expected]] of Object.entries(inStream)) {
    it(`in the stream: ${what}`, async () => {
      const { answer } = await answered({ steps: [chat({ content: 'a' }), stream, { end: 'hang' }] });
      const error = await failure(answer.text());
      expect(error).to.include({ kind: 'provider', name: 'CompletionError', ...expected });
      expect(error.raw).not.to.equal(undefined);
    });
  }

  it('an error status, with the provider’s message and the retry delay', async () => {
    const { answer, scenario } = await answered({
      status: 429,
      contentType: 'application/json',
      headers: { 'retry-after': '20' },
      steps: [
        JSON.stringify({
          error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' },
        }),
      ],
    });
    const error = await failure(answer.text());
    expect(error).to.include({
      kind: 'status',
      status: 429,
      retryAfter: 20_000,
      type: 'requests',
      code: 'rate_limit_exceeded',
    });
    expect(error.message).to.match(/^Rate limit reached \(The server answered with status 429/);
    expect(error.headers?.get('retry-after')).to.equal('20');
    expect(await scenario.requests()).to.have.length(1);
  });

  it('Google’s errors are in a list', async () => {
    const { answer } = await answered({
      status: 400,
      contentType: 'application/json',
      steps: [
        JSON.stringify([{ error: { code: 400, message: 'API key not valid', status: 'INVALID_ARGUMENT' } }]),
      ],
    });
    const error = await failure(answer.text());
    expect(error).to.include({ status: 400, type: 'INVALID_ARGUMENT', code: '400' });
    expect(error.message).to.match(/^API key not valid/);
  });

  it('an error page of a proxy', async () => {
    const { answer } = await answered({
      status: 502,
      contentType: 'text/html',
      steps: ['<h1>Bad gateway</h1>'],
    });
    const error = await failure(answer.text());
    expect(error).to.include({
      kind: 'status',
      status: 502,
      body: '<h1>Bad gateway</h1>',
      retryAfter: undefined,
    });
  });

  it('an answer that isn’t a stream, as without `stream: true`', async () => {
    const { answer } = await answered({ contentType: 'application/json', steps: ['{"choices":[]}'] });
    const error = await failure(answer.text());
    expect(error.kind).to.equal('content-type');
    expect(error.message).to.contain('application/json');
  });

  it('a chunk that isn’t JSON', async () => {
    const { answer } = await answered({ steps: ['data: {"choices":\n\n', { end: 'hang' }] });
    const error = await failure(answer.text());
    expect(error).to.include({ kind: 'malformed', raw: '{"choices":' });
    expect(error.cause).to.be.instanceOf(SyntaxError);
  });

  it('chunks of unexpected shapes are ignored', async () => {
    const odd = ['null', '1', '"x"', '[]', '{}', '{"choices":{}}', '{"choices":[null]}', '{"type":5}', ''];
    const steps = odd.map((data) => `data: ${data}\n\n`);
    const { answer } = await answered({ steps: [...steps, chat({ content: 'a' }, 'stop')] });
    expect(await answer.text()).to.equal('a');
  });
});

describe('completion: the playground’s models', () => {
  const url = `${models.origin}/v1/chat/completions`;
  const headers = { Authorization: `Bearer ${models.key}` };
  const request = (model: string) => ({
    model,
    messages: [{ role: 'user' as const, content: 'Read to me.' }],
    stream: true as const,
    stream_options: { include_usage: true },
    max_tokens: 120,
  });

  for (const model of ['alice', 'emoji', 'hojoki']) {
    it(`${model}: the same text and usage as the official client’s`, async () => {
      const fast = `${url}?tokens_per_second=0&chunk_bytes=7`;
      const result = await completion(fast, { headers, body: request(model) }).result();
      const client = new OpenAI({
        baseURL: `${models.origin}/v1`,
        apiKey: models.key,
        dangerouslyAllowBrowser: true,
        defaultQuery: { tokens_per_second: '0', chunk_bytes: '7' },
        // The client's other headers would need a CORS permission from the server.
        fetch: (input, init) => {
          const given = new Headers(init?.headers);
          const kept = ['authorization', 'content-type'].map(
            (name) => [name, given.get(name) ?? ''] as [string, string],
          );
          return fetch(input, { ...init, headers: kept });
        },
      });
      let text = '';
      let usage: unknown;
      let finishReason: string | undefined;
      for await (const chunk of await client.chat.completions.create(request(model))) {
        text += chunk.choices[0]?.delta.content ?? '';
        finishReason ??= chunk.choices[0]?.finish_reason ?? undefined;
        usage = chunk.usage ?? usage;
      }
      expect(result.text).to.equal(text).and.to.have.length.above(50);
      expect(result.usage?.raw).to.deep.equal(usage);
      expect(result.finishReason).to.equal(finishReason);
    });
  }

  it('an answer that is cut off', async () => {
    const answer = completion(`${url}?tokens_per_second=0&fault=cut&after=3`, {
      headers,
      body: request('alice'),
    });
    expect((await failure(answer.text())).kind).to.be.oneOf(['cut', 'network']);
  });

  it('a wrong key', async () => {
    const answer = completion(url, { headers: { Authorization: 'Bearer no' }, body: request('alice') });
    const error = await failure(answer.text());
    expect(error).to.include({ status: 401, code: 'invalid_api_key' });
  });
});

describe('completion: long calls', () => {
  it('the arguments of a call are not parsed with every piece', async () => {
    const call = (more: object, args: string) =>
      chat({ tool_calls: [{ index: 0, ...more, function: { name: 'f', arguments: args } }] });
    const piece = (args: string) => chat({ tool_calls: [{ index: 0, function: { arguments: args } }] });
    const pieces = Array.from({ length: 500 }, () => 'x'.repeat(20));
    const streams = {
      'ID and name first': call({ id: 'a' }, '{"x":"') + pieces.map(piece).join('') + piece('"}'),
      'name in each piece': ['{"x":"', ...pieces, '"}'].map((args) => call({}, args)).join(''),
    };
    const { parse } = JSON;
    for (const [name, stream] of Object.entries(streams)) {
      let parsed = 0;
      JSON.parse = (text, reviver) => {
        parsed += text.length;
        return parse(text, reviver);
      };
      try {
        const bytes = new TextEncoder().encode(stream + chat({}, 'tool_calls'));
        const { toolCalls } = await completion(respond(bytes)).result();
        expect(toolCalls.map((call) => call.arguments)).to.deep.equal([`{"x":"${pieces.join('')}"}`]);
        expect(parsed, name).to.be.below(2 * bytes.length);
      } finally {
        JSON.parse = parse;
      }
    }
  });
});

describe('everyFrame', () => {
  async function* say(texts: readonly string[], pause?: number): AsyncGenerator<CompletionPart> {
    for (const text of texts) {
      if (pause !== undefined) await sleep(pause);
      yield { type: 'text', text };
    }
    yield { type: 'finish', reason: 'stop' };
  }

  it('text within a frame becomes one part', async () => {
    const texts = Array.from({ length: 1_000 }, (_, index) => `${index} `);
    const parts = await all(everyFrame(say(texts)));
    expect(parts.at(-1)).to.deep.equal({ type: 'finish', reason: 'stop' });
    expect(parts.map((part) => (part.type === 'text' ? part.text : '')).join('')).to.equal(texts.join(''));
    expect(parts).to.have.length.below(30);
  });

  it('parts of different types stay separate and in order', async () => {
    async function* mixed(): AsyncGenerator<CompletionPart> {
      yield { type: 'reasoning', text: 'a' };
      yield { type: 'reasoning', text: 'b' };
      yield { type: 'text', text: 'c' };
      yield { type: 'tool-call', id: '1', name: 'f', arguments: '{}' };
      yield { type: 'text', text: 'd' };
    }
    expect(await all(everyFrame(mixed()))).to.deep.equal([
      { type: 'reasoning', text: 'ab' },
      { type: 'text', text: 'c' },
      { type: 'tool-call', id: '1', name: 'f', arguments: '{}' },
      { type: 'text', text: 'd' },
    ]);
  });

  it('an error is thrown after the earlier parts', async () => {
    // An immediate reset could drop data that the browser hasn't read yet.
    const { answer } = await answered({
      steps: [chat({ content: 'a' }), { wait: 200 }, { end: 'reset' }],
    });
    const parts: CompletionPart[] = [];
    const error = await failure(
      (async () => {
        for await (const part of everyFrame(answer)) parts.push(part);
      })(),
    );
    expect(error.kind).to.equal('network');
    expect(parts).to.deep.equal([{ type: 'text', text: 'a' }]);
  });

  it('a loop over a generator that waits can be left', async () => {
    let proceed = () => {};
    const waiting = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    let isOver = false;
    async function* slow(): AsyncGenerator<CompletionPart> {
      try {
        yield { type: 'text', text: 'a' };
        await waiting;
        yield { type: 'text', text: 'b' };
      } finally {
        isOver = true;
      }
    }
    for await (const part of everyFrame(slow())) {
      expect(part).to.deep.equal({ type: 'text', text: 'a' });
      break;
    }
    expect(isOver).to.equal(false);
    proceed();
    await sleep(10);
    expect(isOver).to.equal(true);
  });

  it('leaving the loop ends the pending request', async () => {
    const { answer, scenario } = await answered({ steps: [chat({ content: 'a' }), { end: 'hang' }] });
    for await (const _part of everyFrame(answer)) break;
    const [request] = await scenario.until(([request]) => request?.isOpen === false);
    expect(request?.isOpen).to.equal(false);
  });
});
