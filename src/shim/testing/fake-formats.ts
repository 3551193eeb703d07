/** Creates the events of a fake answer, in the format of each provider. */

/** The formats of a fake answer. */
export type FakeFormat = 'openai-chat' | 'openai-responses' | 'anthropic' | 'google' | 'ai-sdk' | 'cohere';

/** A tool call in a fake answer. */
export interface FakeToolCall {
  name: string;
  /** An object, or JSON text, which is sent unchanged. Default: `{}`. */
  arguments?: object | string | undefined;
  /** @default 'call_1', 'call_2', … */
  id?: string | undefined;
}

/** A fake answer with all defaults. */
export interface Answer {
  model: string;
  /** The provider's reason for the end of the answer, if it isn't the default. */
  finishReason: string | undefined;
  reasoning: string[];
  text: string[];
  toolCalls: { id: string; name: string; arguments: string; pieces: string[] }[];
  inputTokens: number;
  outputTokens: number;
}

/** An event of a fake answer. */
export interface Frame {
  event?: string;
  /** Text is sent unchanged, any other value as JSON. */
  data: unknown;
  /** `token`: counts as a token. `finish`: the first event that completes the answer. */
  kind?: 'token' | 'finish';
}

interface Shape {
  frames(answer: Answer): Iterable<Frame>;
  /** The provider's error in the stream. */
  failure(message: string): Frame;
  headers?: Record<string, string>;
}

const DONE: Frame = { data: '[DONE]' };

/** Creates a frame whose event type is its `type`. */
const named = (data: { type: string } & Record<string, unknown>, kind?: Frame['kind']): Frame => ({
  event: data.type,
  data,
  ...(kind && { kind }),
});

const unnamed = (data: unknown, kind?: Frame['kind']): Frame => ({ data, ...(kind && { kind }) });

/** The reason for the end of the answer: the given one, or that of a complete answer or one with tool calls. */
const reasonOf = ({ finishReason, toolCalls }: Answer, byItself: string, withCalls: string): string =>
  finishReason ?? (toolCalls.length > 0 ? withCalls : byItself);

function* chat(answer: Answer): Generator<Frame> {
  const { model, reasoning, text, toolCalls, inputTokens, outputTokens } = answer;
  const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 0, model };
  const choice = (delta: object, finish: string | null = null) => ({
    ...base,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  yield unnamed(choice({ role: 'assistant', content: '' }));
  for (const piece of reasoning) yield unnamed(choice({ reasoning_content: piece }), 'token');
  for (const piece of text) yield unnamed(choice({ content: piece }), 'token');
  for (const [index, { id, name, pieces }] of toolCalls.entries()) {
    const call = { index, id, type: 'function', function: { name, arguments: '' } };
    yield unnamed(choice({ tool_calls: [call] }));
    for (const piece of pieces)
      yield unnamed(choice({ tool_calls: [{ index, function: { arguments: piece } }] }), 'token');
  }
  yield unnamed(choice({}, reasonOf(answer, 'stop', 'tool_calls')), 'finish');
  const usage = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    completion_tokens_details: { reasoning_tokens: reasoning.length },
  };
  yield unnamed({ ...base, choices: [], usage });
  yield DONE;
}

function* responses(answer: Answer): Generator<Frame> {
  const { model, reasoning, text, toolCalls, inputTokens, outputTokens } = answer;
  let sequence_number = 0;
  const event = (type: string, more: object, kind?: Frame['kind']) =>
    named({ type, sequence_number: sequence_number++, ...more }, kind);
  const output: object[] = [];
  const response = (status: string, usage: object | null = null) => ({
    response: { id: 'resp_1', object: 'response', created_at: 0, model, status, error: null, output, usage },
  });
  yield event('response.created', response('in_progress'));
  yield event('response.in_progress', response('in_progress'));
  /** The events of one output item: `begin` is sent first, `done` when the item is complete. */
  function* item(begin: object, done: object, inner: (place: object) => Generator<Frame>): Generator<Frame> {
    const output_index = output.length;
    yield event('response.output_item.added', { output_index, item: begin });
    yield* inner({ output_index, item_id: (begin as { id: string }).id });
    output.push(done);
    yield event('response.output_item.done', { output_index, item: done });
  }
  if (reasoning.length > 0) {
    const whole = { type: 'summary_text', text: reasoning.join('') };
    const begin = { id: 'rs_1', type: 'reasoning', summary: [] };
    yield* item(begin, { ...begin, summary: [whole] }, function* (place) {
      const part = { ...place, summary_index: 0 };
      yield event('response.reasoning_summary_part.added', { ...part, part: { ...whole, text: '' } });
      for (const delta of reasoning)
        yield event('response.reasoning_summary_text.delta', { ...part, delta }, 'token');
      yield event('response.reasoning_summary_text.done', { ...part, text: whole.text });
      yield event('response.reasoning_summary_part.done', { ...part, part: whole });
    });
  }
  if (text.length > 0) {
    const whole = { type: 'output_text', text: text.join(''), annotations: [] };
    const begin = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
    const done = { ...begin, status: 'completed', content: [whole] };
    yield* item(begin, done, function* (place) {
      const part = { ...place, content_index: 0 };
      yield event('response.content_part.added', { ...part, part: { ...whole, text: '' } });
      for (const delta of text) yield event('response.output_text.delta', { ...part, delta }, 'token');
      yield event('response.output_text.done', { ...part, text: whole.text });
      yield event('response.content_part.done', { ...part, part: whole });
    });
  }
  for (const { id, name, arguments: whole, pieces } of toolCalls) {
    const begin = {
      ...{ id: `fc_${id}`, type: 'function_call', status: 'in_progress' },
      ...{ call_id: id, name, arguments: '' },
    };
    yield* item(begin, { ...begin, status: 'completed', arguments: whole }, function* (place) {
      for (const delta of pieces)
        yield event('response.function_call_arguments.delta', { ...place, delta }, 'token');
      yield event('response.function_call_arguments.done', { ...place, name, arguments: whole });
    });
  }
  const usage = {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    output_tokens_details: { reasoning_tokens: reasoning.length },
  };
  const { finishReason } = answer;
  const status = finishReason ? 'incomplete' : 'completed';
  const { response: whole } = response(status, usage);
  const incomplete_details = finishReason ? { reason: finishReason } : null;
  yield event(`response.${status}`, { response: { ...whole, incomplete_details } }, 'finish');
}

function* anthropic(answer: Answer): Generator<Frame> {
  const { model, reasoning, text, toolCalls, inputTokens, outputTokens } = answer;
  const usage = { input_tokens: inputTokens, output_tokens: 1 };
  const ends = { stop_reason: null, stop_sequence: null };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], ...ends, usage };
  yield named({ type: 'message_start', message });
  yield named({ type: 'ping' });
  let index = 0;
  function* block(content_block: object, deltas: object[], last: object[] = []): Generator<Frame> {
    yield named({ type: 'content_block_start', index, content_block });
    for (const delta of deltas) yield named({ type: 'content_block_delta', index, delta }, 'token');
    for (const delta of last) yield named({ type: 'content_block_delta', index, delta });
    yield named({ type: 'content_block_stop', index });
    index++;
  }
  if (reasoning.length > 0) {
    yield* block(
      { type: 'thinking', thinking: '', signature: '' },
      reasoning.map((thinking) => ({ type: 'thinking_delta', thinking })),
      [{ type: 'signature_delta', signature: 'ZmFrZQ==' }],
    );
  }
  if (text.length > 0) {
    const deltas = text.map((piece) => ({ type: 'text_delta', text: piece }));
    yield* block({ type: 'text', text: '' }, deltas);
  }
  for (const { id, name, pieces } of toolCalls) {
    const deltas = pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json }));
    yield* block({ type: 'tool_use', id, name, input: {} }, deltas);
  }
  const stop_reason = reasonOf(answer, 'end_turn', 'tool_use');
  yield named(
    {
      type: 'message_delta',
      delta: { stop_reason, stop_sequence: null },
      usage: { output_tokens: outputTokens },
    },
    'finish',
  );
  yield named({ type: 'message_stop' });
}

function* google(answer: Answer): Generator<Frame> {
  const { model, reasoning, text, toolCalls, inputTokens, outputTokens } = answer;
  const chunk = (part: object, more: object = {}) => ({
    candidates: [{ content: { parts: [part], role: 'model' }, index: 0, ...more }],
    modelVersion: model,
    responseId: 'response-1',
  });
  for (const piece of reasoning) yield unnamed(chunk({ text: piece, thought: true }), 'token');
  for (const piece of text) yield unnamed(chunk({ text: piece }), 'token');
  for (const { id, name, arguments: whole } of toolCalls)
    yield unnamed(chunk({ functionCall: { id, name, args: JSON.parse(whole) } }), 'token');
  const usageMetadata = {
    promptTokenCount: inputTokens,
    candidatesTokenCount: outputTokens - reasoning.length,
    thoughtsTokenCount: reasoning.length,
    totalTokenCount: inputTokens + outputTokens,
  };
  yield unnamed(
    { ...chunk({ text: '' }, { finishReason: reasonOf(answer, 'STOP', 'STOP') }), usageMetadata },
    'finish',
  );
}

function* aiSdk(answer: Answer): Generator<Frame> {
  const { reasoning, text, toolCalls } = answer;
  yield unnamed({ type: 'start', messageId: 'msg_1' });
  yield unnamed({ type: 'start-step' });
  for (const [type, pieces] of [['reasoning', reasoning] as const, ['text', text] as const]) {
    if (pieces.length === 0) continue;
    const id = `${type}_1`;
    yield unnamed({ type: `${type}-start`, id });
    for (const delta of pieces) yield unnamed({ type: `${type}-delta`, id, delta }, 'token');
    yield unnamed({ type: `${type}-end`, id });
  }
  for (const { id: toolCallId, name: toolName, arguments: whole, pieces } of toolCalls) {
    yield unnamed({ type: 'tool-input-start', toolCallId, toolName });
    for (const inputTextDelta of pieces)
      yield unnamed({ type: 'tool-input-delta', toolCallId, inputTextDelta }, 'token');
    yield unnamed({ type: 'tool-input-available', toolCallId, toolName, input: JSON.parse(whole) });
  }
  yield unnamed({ type: 'finish-step' }, 'finish');
  yield unnamed({ type: 'finish', finishReason: reasonOf(answer, 'stop', 'tool-calls') });
  yield DONE;
}

function* cohere(answer: Answer): Generator<Frame> {
  const { reasoning, text, toolCalls, inputTokens, outputTokens } = answer;
  const event = (type: string, more: object, message: object, kind?: Frame['kind']) =>
    named({ type, ...more, delta: { message } }, kind);
  const empty = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] };
  yield event('message-start', { id: 'message-1' }, empty);
  let index = 0;
  for (const [type, pieces] of [['thinking', reasoning] as const, ['text', text] as const]) {
    if (pieces.length === 0) continue;
    yield event('content-start', { index }, { content: { type, [type]: '' } });
    for (const piece of pieces)
      yield event('content-delta', { index }, { content: { [type]: piece } }, 'token');
    yield named({ type: 'content-end', index: index++ });
  }
  for (const [index, { id, name, pieces }] of toolCalls.entries()) {
    const call = { id, type: 'function', function: { name, arguments: '' } };
    yield event('tool-call-start', { index }, { tool_calls: call });
    for (const piece of pieces)
      yield event('tool-call-delta', { index }, { tool_calls: { function: { arguments: piece } } }, 'token');
    yield named({ type: 'tool-call-end', index });
  }
  const tokens = { input_tokens: inputTokens, output_tokens: outputTokens };
  const finish_reason = reasonOf(answer, 'COMPLETE', 'TOOL_CALL');
  const delta = { finish_reason, usage: { billed_units: tokens, tokens } };
  yield named({ type: 'message-end', delta }, 'finish');
}

export const shapes: Record<FakeFormat, Shape> = {
  'openai-chat': {
    frames: chat,
    failure: (message) => unnamed({ error: { message, type: 'server_error', param: null, code: null } }),
  },
  'openai-responses': {
    frames: responses,
    failure: (message) =>
      named({
        type: 'response.failed',
        response: { id: 'resp_1', status: 'failed', error: { code: 'server_error', message } },
      }),
  },
  anthropic: {
    frames: anthropic,
    failure: (message) => named({ type: 'error', error: { type: 'overloaded_error', message } }),
  },
  google: {
    frames: google,
    failure: (message) => unnamed({ error: { code: 503, message, status: 'UNAVAILABLE' } }),
  },
  'ai-sdk': {
    frames: aiSdk,
    failure: (message) => unnamed({ type: 'error', errorText: message }),
    headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
  },
  cohere: {
    frames: cohere,
    failure: (message) => named({ type: 'message-end', delta: { finish_reason: 'ERROR', error: message } }),
  },
};
