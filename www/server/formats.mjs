/**
 * The APIs of other providers: the path, the request and the events of each. Only text is supported.
 */
/**
 * @typedef {object} Request the request, the same for all formats
 * @property {unknown} model
 * @property {unknown} messages
 * @property {unknown} maxTokens
 * @property {boolean} streams
 * @property {boolean} [isLimit] whether `maxTokens` only shortens the answer
 *
 * @typedef {object} Answer
 * @property {string} id
 * @property {string} model
 * @property {Iterable<string>} tokens
 * @property {boolean} isWhole false if it ends at the token limit
 * @property {{ prompt_tokens: number, completion_tokens: number, total_tokens: number }} usage
 *
 * @typedef {object} Format
 * @property {string} path
 * @property {(body: any, params: any) => Request} read
 * @property {(answer: Answer) => Iterable<import('./sse-format.mjs').Block>} blocks
 */

/** @param {string} type @param {object} [members] */
const named = (type, members = {}) => ({ event: type, data: JSON.stringify({ type, ...members }) });

/** @param {unknown} value */
const plain = (value) => ({ data: JSON.stringify(value) });

/** @type {Record<string, Format>} */
export const formats = {
  'openai-responses': {
    path: '/v1/responses',
    read: ({ model, input, max_output_tokens, stream }) => ({
      model,
      messages: typeof input === 'string' ? [{ role: 'user', content: input }] : input,
      maxTokens: max_output_tokens,
      streams: stream === true,
    }),
    *blocks({ id, model, tokens, isWhole, usage }) {
      const response = { id: `resp_${id}`, object: 'response', model };
      const place = { item_id: `msg_${id}`, output_index: 0, content_index: 0 };
      const item = { id: `msg_${id}`, type: 'message', role: 'assistant' };
      yield named('response.created', { response: { ...response, status: 'in_progress' } });
      yield named('response.output_item.added', { output_index: 0, item: { ...item, content: [] } });
      let text = '';
      for (const delta of tokens) {
        text += delta;
        yield named('response.output_text.delta', { ...place, delta });
      }
      yield named('response.output_text.done', { ...place, text });
      const output = [{ ...item, content: [{ type: 'output_text', text, annotations: [] }] }];
      yield named('response.output_item.done', { output_index: 0, item: output[0] });
      const status = isWhole ? 'completed' : 'incomplete';
      yield named(`response.${status}`, {
        response: {
          ...response,
          status,
          output,
          incomplete_details: isWhole ? null : { reason: 'max_output_tokens' },
          usage: {
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
            total_tokens: usage.total_tokens,
          },
        },
      });
    },
  },

  anthropic: {
    path: '/v1/messages',
    read: ({ model, messages, max_tokens, stream }) => ({
      model,
      messages,
      maxTokens: max_tokens,
      streams: stream === true,
      // This API requires it.
      isLimit: true,
    }),
    *blocks({ id, model, tokens, isWhole, usage }) {
      yield named('message_start', {
        message: {
          id: `msg_${id}`,
          type: 'message',
          role: 'assistant',
          model,
          content: [],
          stop_reason: null,
          usage: { input_tokens: usage.prompt_tokens, output_tokens: 1 },
        },
      });
      yield named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
      yield named('ping');
      for (const text of tokens)
        yield named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
      yield named('content_block_stop', { index: 0 });
      yield named('message_delta', {
        delta: { stop_reason: isWhole ? 'end_turn' : 'max_tokens' },
        usage: { output_tokens: usage.completion_tokens },
      });
      yield named('message_stop');
    },
  },

  google: {
    path: '/v1beta/models/:call',
    read: ({ contents, generationConfig }, { call }) => ({
      model: call.replace(':streamGenerateContent', ''),
      messages: contents,
      maxTokens: generationConfig?.maxOutputTokens,
      streams: true,
    }),
    *blocks({ id, model, tokens, isWhole, usage }) {
      /** @param {object[]} parts @param {object} [more] */
      const chunk = (parts, more) =>
        plain({
          candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
          modelVersion: model,
          responseId: id,
        });
      for (const text of tokens) yield chunk([{ text }]);
      const { data } = chunk([{ text: '' }], { finishReason: isWhole ? 'STOP' : 'MAX_TOKENS' });
      yield plain({
        ...JSON.parse(data),
        usageMetadata: {
          promptTokenCount: usage.prompt_tokens,
          candidatesTokenCount: usage.completion_tokens,
          totalTokenCount: usage.total_tokens,
        },
      });
    },
  },

  'ai-sdk': {
    path: '/v1/chat',
    read: ({ model, messages, maxTokens }) => ({ model, messages, maxTokens, streams: true }),
    *blocks({ id, tokens, isWhole }) {
      yield plain({ type: 'start', messageId: id });
      yield plain({ type: 'start-step' });
      yield plain({ type: 'text-start', id: '0' });
      for (const delta of tokens) yield plain({ type: 'text-delta', id: '0', delta });
      yield plain({ type: 'text-end', id: '0' });
      yield plain({ type: 'finish-step' });
      yield plain({ type: 'finish', finishReason: isWhole ? 'stop' : 'length' });
      yield { data: '[DONE]' };
    },
  },

  cohere: {
    path: '/v2/chat',
    read: ({ model, messages, max_tokens, stream }) => ({
      model,
      messages,
      maxTokens: max_tokens,
      streams: stream === true,
    }),
    *blocks({ id, tokens, isWhole, usage }) {
      /** @param {object} content */
      const content = (content) => ({ index: 0, delta: { message: { content } } });
      yield named('message-start', { id, delta: { message: { role: 'assistant', content: [] } } });
      yield named('content-start', content({ type: 'text', text: '' }));
      for (const text of tokens) yield named('content-delta', content({ text }));
      yield named('content-end', { index: 0 });
      yield named('message-end', {
        delta: {
          finish_reason: isWhole ? 'COMPLETE' : 'MAX_TOKENS',
          usage: { tokens: { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens } },
        },
      });
    },
  },
};
