import { randomUUID } from 'node:crypto';
import { answer } from './catalogue.mjs';
import { errorBody } from './errors.mjs';
import { answerWithFault, faultParameters } from './faults.mjs';
import { formats } from './formats.mjs';
import { integer, number, readParameters } from './parameters.mjs';
import { stream } from './stream.mjs';

const tokensPerSecond = number(0, 100_000);
const parameters = {
  ...faultParameters,
  chunk_bytes: integer(0, 1_000_000),
  tokens_per_second: tokensPerSecond,
};
const mostTokens = 100_000;

/**
 * `POST /v1/chat/completions` and `GET /v1/models` in OpenAI's format, and the same answers in other formats.
 *
 * @param {import('fastify').FastifyInstance} app
 * @param {{ texts: Map<string, import('./catalogue.mjs').Text>, stats: import('./stream.mjs').Stats }} options
 */
export async function completions(app, { texts, stats }) {
  const created = Math.floor(Date.now() / 1000);

  app.get('/v1/models', () => ({
    object: 'list',
    data: [...texts.values()].map(({ id, title, language }) => ({
      id,
      object: 'model',
      created,
      owned_by: 'eventsource-wasm',
      title,
      language,
    })),
  }));

  app.post('/v1/chat/completions', (request, reply) => {
    const switches = readParameters(parameters, request.query);
    if (answerWithFault(switches, reply)) return reply;

    const body = /** @type {CompletionRequest} */ (request.body);
    const wrong = check(body);
    if (wrong) return reply.code(400).send(errorBody(wrong.message, { param: wrong.param }));
    const text = texts.get(body.model);
    if (!text) {
      const message = `The model '${body.model}' does not exist. There are: ${[...texts.keys()].join(', ')}.`;
      return reply
        .code(404)
        .send(errorBody(message, { param: 'model', code: 'model_not_found', allowed: [...texts.keys()] }));
    }

    const completion = describe(body, text);
    if (!body.stream) return completion.whole();
    stream(reply, completion.chunks(), {
      rate: switches.tokens_per_second ?? body.tokens_per_second ?? 60,
      chunkBytes: switches.chunk_bytes ?? 0,
      faults: switches,
      stats,
    });
    return reply;
  });

  for (const { path, read, blocks } of Object.values(formats)) {
    app.post(path, (request, reply) => {
      const { alt: _, ...query } = /** @type {Record<string, string>} */ (request.query);
      const switches = readParameters(parameters, query);
      if (answerWithFault(switches, reply)) return reply;

      const { model, messages, maxTokens, streams, isLimit } = read(request.body ?? {}, request.params);
      const body = /** @type {CompletionRequest} */ ({ model, messages, max_tokens: maxTokens });
      const wrong = streams ? check(body) : { param: 'stream', message: "'stream' must be true here." };
      if (wrong) return reply.code(400).send(errorBody(wrong.message, { param: wrong.param }));
      const text = texts.get(body.model);
      if (!text)
        return reply.code(404).send(errorBody(`The model '${model}' does not exist.`, { param: 'model' }));

      if (isLimit && body.max_tokens) body.max_tokens = Math.min(body.max_tokens, text.tokens.length);
      const answer = measure(body, text);
      stream(reply, blocks({ id: randomUUID(), ...answer }), {
        rate: switches.tokens_per_second ?? 60,
        chunkBytes: switches.chunk_bytes ?? 0,
        faults: switches,
        stats,
      });
      return reply;
    });
  }
}

/**
 * @typedef {object} CompletionRequest
 * @property {string} model
 * @property {{ role: string, content: string }[]} messages
 * @property {boolean} [stream]
 * @property {{ include_usage?: boolean }} [stream_options]
 * @property {number} [max_tokens]
 * @property {number} [max_completion_tokens]
 * @property {number} [tokens_per_second] as in the query, which takes precedence
 */

/**
 * The answer to a request, independent of the format.
 *
 * @param {CompletionRequest} request
 * @param {import('./catalogue.mjs').Text} text
 */
function measure({ model, messages, max_completion_tokens, max_tokens }, text) {
  const maxTokens = max_completion_tokens ?? max_tokens;
  const isWhole = maxTokens === undefined || maxTokens === text.tokens.length;
  const completionTokens = maxTokens ?? text.tokens.length;
  // The prompt isn't tokenized. Four bytes per token is the usual estimate.
  const promptTokens = Math.ceil(Buffer.byteLength(JSON.stringify(messages)) / 4);
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
  return { model, tokens: answer(text, maxTokens), isWhole, usage };
}

/**
 * @param {CompletionRequest} request
 * @param {import('./catalogue.mjs').Text} text
 */
function describe(request, text) {
  const { model, stream_options } = request;
  const { tokens, isWhole, usage } = measure(request, text);
  const finishReason = isWhole ? 'stop' : 'length';
  const head = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model };

  /** @param {object} delta @param {string | null} [finish_reason] */
  const chunk = (delta, finish_reason = null) => ({
    data: JSON.stringify({
      ...head,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason }],
      ...(stream_options?.include_usage && { usage: null }),
    }),
  });

  return {
    whole: () => ({
      ...head,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: [...tokens].join('') },
          finish_reason: finishReason,
        },
      ],
      usage,
    }),
    *chunks() {
      yield chunk({ role: 'assistant', content: '' });
      for (const content of tokens) yield chunk({ content });
      yield chunk({}, finishReason);
      if (stream_options?.include_usage) {
        yield { data: JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [], usage }) };
      }
      yield { data: '[DONE]' };
    },
  };
}

/**
 * @param {CompletionRequest} body
 * @returns {{ message: string, param: string } | undefined}
 */
function check(body) {
  if (typeof body !== 'object' || body === null) {
    return { param: 'body', message: 'The body must be a JSON object with model and messages.' };
  }
  if (typeof body.model !== 'string') return { param: 'model', message: "'model' must be a string." };
  if (!Array.isArray(body.messages)) return { param: 'messages', message: "'messages' must be an array." };
  for (const param of /** @type {const} */ (['max_tokens', 'max_completion_tokens'])) {
    const value = body[param];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= mostTokens)) {
      return { param, message: `'${param}' must be an integer from 1 to ${mostTokens}.` };
    }
  }
  const rate = body.tokens_per_second;
  if (rate !== undefined && tokensPerSecond.parse(String(rate)) === undefined) {
    return {
      param: 'tokens_per_second',
      message: `'tokens_per_second' must be ${tokensPerSecond.expected}.`,
    };
  }
  return undefined;
}
