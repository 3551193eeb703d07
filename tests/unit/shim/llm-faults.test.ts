/** Streams with reported parsing problems, one small input for each kind. */

import { expect } from 'chai';
import {
  CompletionError,
  type CompletionInit,
  type CompletionPart,
  type CompletionResult,
  completion,
} from 'eventsource-wasm/llm';
import { type Answer, Scenario, type Step } from '../../support/server/scenario.js';

const DONE = 'data: [DONE]\n\n';

const data = (chunk: unknown) => `data: ${JSON.stringify(chunk)}\n\n`;
const choice = (choice: object, more?: object) =>
  data({ object: 'chat.completion.chunk', choices: [{ index: 0, finish_reason: null, ...choice }], ...more });
const chat = (delta: object, finish_reason: string | null = null, more?: object) =>
  choice({ delta, finish_reason }, more);
const stop = chat({}, 'stop');
const call = (...tool_calls: object[]) => chat({ tool_calls });
const claude = (type: string, members: object = {}) => `event: ${type}\n${data({ type, ...members })}`;
const block = (index: number, content_block: object, ...deltas: object[]) =>
  [
    claude('content_block_start', { index, content_block }),
    ...deltas.map((delta) => claude('content_block_delta', { index, delta })),
    claude('content_block_stop', { index }),
  ].join('');
const start = (message: object = {}) =>
  claude('message_start', { message: { role: 'assistant', content: [], ...message } });
const end = (stop_reason = 'end_turn', usage: object = {}) =>
  claude('message_delta', { delta: { stop_reason }, usage }) + claude('message_stop');
const gemini = (parts: unknown, more: object = {}, usageMetadata?: object) =>
  data({
    candidates: [{ content: { role: 'model', parts }, ...more }],
    ...(usageMetadata && { usageMetadata }),
  });
const response = (type: string, members: object = {}) =>
  `event: response.${type}\n${data({ type: `response.${type}`, ...members })}`;
const completed = (members: object = {}) =>
  response('completed', { response: { id: 'resp_1', status: 'completed', ...members } });
const item = (item: object, output_index?: number) => response('output_item.done', { item, output_index });

async function ask(steps: Step[], init?: CompletionInit, answer: Answer = {}) {
  const scenario = await Scenario.of({ ...answer, steps });
  const parts: CompletionPart[] = [];
  const asked = completion(scenario.url, init);
  try {
    for await (const part of asked) parts.push(part);
    return { parts, result: await asked.result(), error: undefined };
  } catch (error) {
    expect(error).to.be.instanceOf(CompletionError);
    return { parts, result: undefined, error: error as CompletionError };
  }
}

interface Fault {
  stream: Step | Step[];
  init?: CompletionInit;
  answer?: Answer;
  /** Members of the error; the message is a regular expression. */
  error?: { message: RegExp } & Record<string, unknown>;
  /** Members of the result. */
  result?: Partial<CompletionResult>;
  /** The types of the parts, in order. */
  types?: string[];
  /** Input and output tokens. */
  tokens?: [number | undefined, number | undefined];
}

/** A chat stream with this usage. */
const usage = (usage: object) => [chat({ content: 'a' }), stop, data({ choices: [], usage }), DONE].join('');

const faults: Record<string, Record<string, Fault>> = {
  'errors that look like success': {
    'an error as a field, then [DONE]': {
      stream: `error: {"code":400,"message":"the request exceeds the context"}\n\n${DONE}`,
      error: { message: /^the request exceeds the context$/, kind: 'provider', code: '400', status: 400 },
    },
    'an error as a field, and the connection stays open': {
      stream: [chat({ content: 'a' }), 'error: {"code":500,"message":"out of memory"}\n\n', { end: 'hang' }],
      error: { message: /^out of memory$/, kind: 'provider' },
      types: ['text'],
    },
    'text, then an error as a field, then the end': {
      stream: `${chat({ content: 'a' })}error: {"detail":"none","error":{"message":"worker died","type":"gone"}}\n\n`,
      error: { message: /^worker died$/, kind: 'provider', type: 'gone' },
      types: ['text'],
    },
    'an error as a field whose value is text': {
      stream: `error: the queue is full\n\n${DONE}`,
      error: { message: /^the queue is full$/, kind: 'provider' },
    },
    'JSON without data:': {
      stream: '{"error":{"code":400,"message":"too long"}}\n\n',
      error: { message: /^too long$/, kind: 'provider', code: '400' },
    },
    'JSON without data: or line end': {
      stream: '{"error":{"message":"too long"}}',
      error: { message: /^too long$/, kind: 'provider' },
    },
    'JSON on many lines without data:': {
      stream: '{\n  "error": {\n    "message": "too long",\n    "code": "length"\n  }\n}\n',
      error: { message: /^too long$/, kind: 'provider', code: 'length' },
    },
    'text, then an event named error, then [DONE]': {
      stream: `${chat({ content: 'Hi' })}event: error\n${data({ message: 'refused', code: 'x', type: 'server_error' })}${DONE}`,
      error: { message: /^refused$/, kind: 'provider', code: 'x', type: 'server_error' },
      types: ['text'],
    },
    'an event named error whose data is text': {
      stream: `event: error\ndata: Service Unavailable\n\n${DONE}`,
      error: { message: /^Service Unavailable$/, kind: 'provider' },
    },
    'an event named error whose data is text in quotes': {
      stream: `event: error\ndata: "busy"\n\n${DONE}`,
      error: { message: /^busy$/, kind: 'provider' },
    },
    'an event named error with an answer’s chunk': {
      stream: `event: error\n${chat({ content: 'Hi' }, 'stop')}${DONE}`,
      error: { message: /Hi/, kind: 'provider' },
    },
    'flat: error_code': {
      stream: data({ text: '**NETWORK ERROR**', error_code: 50001 }) + DONE,
      error: { message: /^\*\*NETWORK ERROR\*\*$/, kind: 'provider', code: '50001' },
    },
    'flat: object is error': {
      stream: data({ object: 'error', message: 'no such model', type: 'NotFoundError', code: 404 }) + DONE,
      error: { message: /^no such model$/, kind: 'provider', type: 'NotFoundError', status: 404 },
    },
    'flat: error_type and error_message': {
      stream: data({ error_type: 'overloaded', error_message: 'try later' }) + DONE,
      error: { message: /^try later$/, kind: 'provider', type: 'overloaded' },
    },
    'flat: code and message': {
      stream: data({ code: 'InvalidApiKey', message: 'wrong key', request_id: '1' }) + DONE,
      error: { message: /^wrong key$/, kind: 'provider', code: 'InvalidApiKey' },
    },
    'flat: detail': {
      stream: data({ detail: 'not found' }),
      error: { message: /^not found$/, kind: 'provider' },
    },
    'a list of errors': {
      stream: data({ success: false, errors: [{ code: 7003, message: 'no route' }] }) + DONE,
      error: { message: /^no route$/, kind: 'provider', code: '7003' },
    },
    'base_resp beside empty choices': {
      stream: data({ choices: null, base_resp: { status_code: 1004, status_msg: 'login fail' } }) + DONE,
      error: { message: /^login fail$/, kind: 'provider', code: '1004' },
    },
    'an error beside text': {
      stream: chat({ content: 'a' }, null, { error: { message: 'upstream', code: 502 } }) + DONE,
      error: { message: /^upstream$/, kind: 'provider', status: 502 },
      types: ['text'],
    },
    'an error beside a completion’s text': {
      stream:
        data({
          type: 'chunk',
          choices: [{ text: 'a' }],
          code: 7,
          error: { message: 'gone', type: 'io', code: 'x' },
        }) + DONE,
      error: { message: /^gone$/, kind: 'provider', type: 'io', code: 'x' },
      types: ['text'],
    },
    'an error in a choice': {
      stream:
        choice({
          delta: { content: '' },
          finish_reason: 'error',
          error: { code: 502, message: 'upstream died' },
        }) + DONE,
      error: { message: /^upstream died$/, kind: 'provider', code: '502', status: 502 },
    },
    'an error beside a choice whose finish reason is error': {
      stream:
        chat({ content: '' }, 'error', {
          error: { code: 'server_error', message: 'Provider disconnected' },
        }) + DONE,
      error: { message: /^Provider disconnected$/, kind: 'provider', code: 'server_error' },
    },
    'an error in x_groq': {
      stream:
        chat({ content: 'a' }) + chat({}, null, { x_groq: { id: 'req', error: 'Over capacity' } }) + DONE,
      error: { message: /^Over capacity$/, kind: 'provider' },
    },
    'OpenAI responses: response.error': {
      stream: response('error', { code: 'x', message: 'broken' }),
      error: { message: /^broken$/, kind: 'provider', code: 'x' },
    },
    'OpenAI responses: failed without a message': {
      stream: response('failed', { response: { id: 'r', status: 'failed', error: null } }),
      error: { message: /"failed"/, kind: 'provider' },
    },
    'AI SDK: an error': {
      stream: data({ type: 'start' }) + data({ type: 'error', errorText: 'no model' }),
      error: { message: /^no model$/, kind: 'provider' },
    },
    'AI SDK: an abort': {
      stream: data({ type: 'text-delta', id: '0', delta: 'a' }) + data({ type: 'abort' }) + DONE,
      error: { message: /aborted/, kind: 'provider' },
      types: ['text'],
    },
    'Cohere: an error at the end': {
      stream:
        data({ type: 'content-delta', index: 0, delta: { message: { content: { text: 'a' } } } }) +
        data({ type: 'message-end', delta: { finish_reason: 'ERROR', error: 'too many tokens' } }),
      error: { message: /^too many tokens$/, kind: 'provider' },
      types: ['text'],
    },
    'the finish reason error without a message': {
      stream: chat({ content: 'a' }) + chat({}, 'error') + DONE,
      error: { message: /ended the answer with an error/, kind: 'provider' },
    },
    'empty members named error': {
      stream:
        chat({ content: 'a' }, null, { error: null }) +
        chat({ content: 'b' }, 'stop', { error: {}, errors: [], error_code: 0 }) +
        DONE,
      result: { text: 'ab', finishReason: 'stop' },
    },
    '[DONE] alone': { stream: DONE, error: { message: /ended before the answer did/, kind: 'cut' } },
    'a role, then [DONE]': {
      stream: chat({ role: 'assistant', content: '' }) + DONE,
      error: { message: /ended before the answer did/, kind: 'cut' },
    },
    'an empty stream': { stream: '', error: { message: /ended before the answer did/, kind: 'cut' } },
    'an unknown chunk at the end is quoted': {
      stream: chat({ content: 'a' }) + data({ message: 'shutting down' }),
      error: { message: /shutting down/, kind: 'cut' },
    },
    'the AI SDK’s format': {
      stream: data({ type: 'text-delta', id: '0', delta: 'Hello' }) + data({ type: 'finish' }) + DONE,
      result: { text: 'Hello' },
      types: ['text', 'finish'],
    },
    'Cohere’s format': {
      stream: [
        `event: content-delta\n${data({ type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hi' } } } })}`,
        `event: message-end\n${data({ type: 'message-end', delta: { finish_reason: 'COMPLETE' } })}`,
      ],
      result: { text: 'Hi', finishReason: 'COMPLETE' },
    },
    'an unknown shape': {
      stream: data({ token: { text: 'Hello' } }) + data({ generated_text: 'Hello' }) + DONE,
      error: {
        message: /^No chunk had a known shape \(openai-chat, .*cohere\).*\{"token":/,
        kind: 'unrecognized',
      },
    },
    'another shape than the given format’s': {
      stream: chat({ content: 'a' }, 'stop') + DONE,
      init: { format: 'anthropic' },
      error: { message: /^No chunk had a known shape \(anthropic\).*chat\.completion/, kind: 'unrecognized' },
    },
    'a page instead of events': {
      stream: '<html>\n<h1>Bad gateway</h1>\n</html>\n',
      error: { message: /^No chunk had a known shape.*Bad gateway/s, kind: 'unrecognized' },
    },
    'tool_calls as an empty object': {
      stream: chat({ content: 'a', tool_calls: {} }) + stop + DONE,
      result: { text: 'a', toolCalls: [] },
    },
    'invalid indexes of choices': {
      stream:
        data({ choices: [{ index: [], delta: { content: 'a' } }] }) +
        data({ choices: [{ index: true, delta: { content: 'b' } }] }) +
        data({ choices: [{ index: null, delta: { content: 'c' }, finish_reason: 'stop' }] }) +
        DONE,
      result: { text: 'abc' },
    },
    'OpenAI responses: a delta with another item’s ID': {
      stream:
        response('output_text.delta', { item_id: 'm', delta: 'Bon' }) +
        response('output_text.delta', { item_id: 7, delta: 'jour' }) +
        response('output_text.done', { item_id: 'm', text: 'Bonjour' }) +
        completed(),
      result: { text: 'Bon\n\njour' },
    },
    'Google’s parts as an object': {
      stream: gemini({ text: 'a' }, { finishReason: 'STOP' }),
      result: { text: 'a', finishReason: 'STOP' },
    },
    'Anthropic: a message_start that is the whole message': {
      stream:
        start({
          content: [{ type: 'tool_use', id: 't1', name: 'roll', input: { sides: 6 } }],
          stop_reason: 'tool_use',
        }) + claude('message_stop'),
      result: { toolCalls: [{ id: 't1', name: 'roll', arguments: '{"sides":6}' }], finishReason: 'tool_use' },
    },
    'Anthropic: a message_start whose content is text': {
      stream: start({ content: 'Hi', stop_reason: 'end_turn' }) + claude('message_stop'),
      result: { text: 'Hi', finishReason: 'end_turn' },
    },
    'Google: content as a list': {
      stream: data({ candidates: { content: [{ parts: [{ text: 'a' }] }], finishReason: 'STOP' } }),
      result: { text: 'a', finishReason: 'STOP' },
    },
    'Anthropic: compaction': {
      stream:
        start() +
        block(0, { type: 'compaction', content: '' }, { type: 'compaction_delta', content: 'So far: x' }) +
        block(1, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hi' }) +
        end(),
      result: { text: 'Hi' },
      types: ['other', 'text', 'finish'],
    },
    'Anthropic: the answer restarts': {
      stream:
        start() +
        claude('content_block_start', {
          index: 0,
          content_block: { type: 'tool_use', id: 't1', name: 'f', input: {} },
        }) +
        claude('content_block_delta', {
          index: 0,
          delta: { type: 'input_json_delta', partial_json: '{"a":' },
        }) +
        start() +
        block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hi' }) +
        end(),
      error: { message: /began again/, kind: 'provider' },
    },
    'Anthropic: message_start twice, before anything else': {
      stream: start() + start() + block(0, { type: 'text', text: 'Hi' }) + end(),
      result: { text: 'Hi' },
    },
  },

  'tool calls': {
    'Anthropic: a server’s tool isn’t the client’s call': {
      stream:
        start() +
        block(
          0,
          { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} },
          { type: 'input_json_delta', partial_json: '{"query":"x"}' },
        ) +
        block(1, { type: 'web_search_tool_result', tool_use_id: 's1', content: [] }) +
        end(),
      result: { toolCalls: [] },
      types: ['server-tool-call', 'server-tool-result', 'finish'],
    },
    'Anthropic: arguments without deltas': {
      stream:
        start() +
        block(0, { type: 'tool_use', id: 't1', name: 'roll', input: { sides: 6 } }) +
        end('tool_use'),
      result: { toolCalls: [{ id: 't1', name: 'roll', arguments: '{"sides":6}' }] },
    },
    'Google: arguments in pieces': {
      stream: [
        gemini([{ functionCall: { name: 'weather', willContinue: true } }]),
        gemini([
          {
            functionCall: {
              partialArgs: [{ jsonPath: '$.city', stringValue: 'Bern', willContinue: true }],
              willContinue: true,
            },
          },
        ]),
        gemini([
          {
            functionCall: {
              partialArgs: [{ jsonPath: '$.city', stringValue: '', willContinue: true }],
              willContinue: true,
            },
          },
        ]),
        gemini([{ functionCall: {} }], { finishReason: 'STOP' }),
      ],
      result: { toolCalls: [{ id: undefined, name: 'weather', arguments: '{"city":"Bern"}' }] },
      types: ['tool-call-delta', 'tool-call-delta', 'tool-call', 'finish'],
    },
    'Google: arguments of every type, nested': {
      stream: [
        gemini([{ functionCall: { name: 'f', willContinue: true } }]),
        gemini([
          {
            functionCall: {
              partialArgs: [
                { jsonPath: '$.list[0].n', numberValue: 1.5 },
                { jsonPath: '$.list[1].n', numberValue: 0 },
                { jsonPath: "$['a.b']", boolValue: false },
                { jsonPath: '$.none', nullValue: 'NULL_VALUE' },
                { jsonPath: '$.__proto__.x', stringValue: 'own' },
              ],
            },
          },
        ]),
        gemini([{ text: 'then' }], { finishReason: 'STOP' }),
      ],
      result: {
        text: 'then',
        toolCalls: [
          {
            id: undefined,
            name: 'f',
            arguments: '{"list":[{"n":1.5},{"n":0}],"a.b":false,"none":null,"__proto__":{"x":"own"}}',
          },
        ],
      },
    },
    'OpenAI responses: a custom tool': {
      stream: item({ type: 'custom_tool_call', call_id: 'c1', name: 'sql', input: 'select 1' }) + completed(),
      result: {
        toolCalls: [{ id: 'c1', name: 'sql', arguments: 'select 1', kind: 'custom_tool_call' }],
      },
    },
    'OpenAI responses: calls of other kinds': {
      stream:
        item({ type: 'shell_call', id: '1', call_id: 'c1', action: { commands: ['ls'] } }) +
        item({ type: 'local_shell_call', id: '2', call_id: 'c2', action: { command: ['ls'] } }) +
        item({
          type: 'tool_search_call',
          id: '3',
          call_id: 'c3',
          execution: 'client',
          arguments: { goal: 'x' },
        }) +
        item({
          type: 'mcp_approval_request',
          id: '4',
          name: 'pay',
          arguments: '{"n":1}',
          server_label: 's',
        }) +
        item({
          type: 'apply_patch_call',
          id: '5',
          call_id: 'c5',
          operation: { type: 'delete_file', path: 'a' },
        }) +
        item({ type: 'computer_call', id: '6', call_id: 'c6', action: { type: 'click' } }) +
        completed(),
      result: {
        toolCalls: [
          { id: 'c1', name: 'shell', arguments: '{"commands":["ls"]}', kind: 'shell_call' },
          { id: 'c2', name: 'local_shell', arguments: '{"command":["ls"]}', kind: 'local_shell_call' },
          { id: 'c3', name: 'tool_search', arguments: '{"goal":"x"}', kind: 'tool_search_call' },
          { id: '4', name: 'pay', arguments: '{"n":1}', kind: 'mcp_approval_request' },
          {
            id: 'c5',
            name: 'apply_patch',
            arguments: '{"type":"delete_file","path":"a"}',
            kind: 'apply_patch_call',
          },
          { id: 'c6', name: 'computer', arguments: '{"type":"click"}', kind: 'computer_call' },
        ],
      },
    },
    'OpenAI responses: tools that run at the provider': {
      stream:
        item({ type: 'web_search_call', id: '1', status: 'completed', action: { query: 'x' } }) +
        item({ type: 'tool_search_call', id: '2', call_id: 'c2', execution: 'server', arguments: {} }) +
        item({
          type: 'shell_call',
          id: '3',
          call_id: 'c3',
          action: {},
          environment: { type: 'container_reference' },
        }) +
        item({ type: 'shell_call_output', id: '4', call_id: 'c3', output: [] }) +
        item({ type: 'mcp_call', id: '5', name: 'search', arguments: '{}', output: 'found' }) +
        completed(),
      result: { toolCalls: [] },
      types: [
        ...['server-tool-call', 'server-tool-result', 'server-tool-call', 'server-tool-call'],
        ...['server-tool-result', 'server-tool-call', 'server-tool-result', 'finish'],
      ],
    },
    'two whole calls, one a chunk, without index or ID': {
      stream:
        call({ function: { name: 'f', arguments: '{"x":1}' } }) +
        call({ function: { name: 'g', arguments: '{"y":2}' } }) +
        chat({}, 'tool_calls') +
        DONE,
      result: {
        toolCalls: [
          { id: undefined, name: 'f', arguments: '{"x":1}' },
          { id: undefined, name: 'g', arguments: '{"y":2}' },
        ],
      },
    },
    'two calls of one tool in one chunk, without index or ID': {
      stream:
        call(
          { function: { name: 'f', arguments: '{"x":1}' } },
          { function: { name: 'f', arguments: '{"x":2}' } },
        ) +
        stop +
        DONE,
      result: {
        toolCalls: [
          { id: undefined, name: 'f', arguments: '{"x":1}' },
          { id: undefined, name: 'f', arguments: '{"x":2}' },
        ],
      },
    },
    'two whole calls with index 0 and an empty ID': {
      stream:
        call({ index: 0, id: '', function: { name: 'f', arguments: '{"x":1}' } }) +
        call({ index: 0, id: '', function: { name: 'g', arguments: '{"y":2}' } }) +
        chat({}, 'tool_calls') +
        DONE,
      result: {
        toolCalls: [
          { id: undefined, name: 'f', arguments: '{"x":1}' },
          { id: undefined, name: 'g', arguments: '{"y":2}' },
        ],
      },
    },
    'two calls with index 0 and IDs, the second in pieces': {
      stream:
        call({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }) +
        call({ index: 0, id: 'b', function: { name: 'g', arguments: '{"y"' } }) +
        call({ index: 0, function: { arguments: ':2}' } }) +
        chat({}, 'tool_calls') +
        DONE,
      result: {
        toolCalls: [
          { id: 'a', name: 'f', arguments: '{}' },
          { id: 'b', name: 'g', arguments: '{"y":2}' },
        ],
      },
    },
    'pieces of two calls with index 0 and IDs, mixed': {
      stream:
        call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }) +
        call({ index: 0, id: 'b', function: { name: 'g', arguments: '{"y"' } }) +
        call({ index: 0, id: 'a', function: { arguments: ':1}' } }) +
        call({ index: 0, id: 'b', function: { arguments: ':2}' } }) +
        call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":1}' } }) +
        chat({}, 'tool_calls') +
        DONE,
      result: {
        toolCalls: [
          { id: 'a', name: 'f', arguments: '{"x":1}' },
          { id: 'b', name: 'g', arguments: '{"y":2}' },
        ],
      },
    },
    'chunks that are encoded twice': {
      stream:
        data(JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }] })) +
        data(JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })) +
        DONE,
      result: { text: 'Hi', finishReason: 'stop' },
    },
    'chunks that are encoded twice, without a blank line at the end': {
      stream: data(
        JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }),
      ).trimEnd(),
      result: { text: 'Hi', finishReason: 'stop' },
    },
    'OpenAI responses: two calls with the same index': {
      stream:
        ['a', 'b']
          .map((id) =>
            response('output_item.added', {
              output_index: 0,
              item: { type: 'function_call', id, call_id: `c${id}`, name: `f${id}`, arguments: '' },
            }),
          )
          .join('') +
        response('function_call_arguments.delta', { output_index: 0, item_id: 'a', delta: '{"x"' }) +
        response('function_call_arguments.delta', { output_index: 0, item_id: 'b', delta: '{"y":2}' }) +
        response('function_call_arguments.delta', { output_index: 0, item_id: 'a', delta: ':1}' }) +
        completed(),
      result: {
        toolCalls: [
          { id: 'ca', name: 'fa', arguments: '{"x":1}' },
          { id: 'cb', name: 'fb', arguments: '{"y":2}' },
        ],
      },
    },
    'pieces of two calls, mixed': {
      stream:
        call(
          { index: 0, id: 'a', function: { name: 'f', arguments: '' } },
          { index: 1, id: 'b', function: { name: 'g' } },
        ) +
        call({ index: 1, function: { arguments: '{"y"' } }, { index: 0, function: { arguments: '{"x"' } }) +
        call({ index: 0, function: { arguments: ':1}' } }, { index: 1, function: { arguments: ':2}' } }) +
        chat({}, 'tool_calls') +
        DONE,
      result: {
        toolCalls: [
          { id: 'a', name: 'f', arguments: '{"x":1}' },
          { id: 'b', name: 'g', arguments: '{"y":2}' },
        ],
      },
    },
    'a call in pieces that repeat its name': {
      stream:
        call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }) +
        call({ index: 0, id: 'a', function: { name: 'f', arguments: ':1}' } }) +
        stop +
        DONE,
      result: { toolCalls: [{ id: 'a', name: 'f', arguments: '{"x":1}' }] },
    },
    ...Object.fromEntries(
      ['{"x":1}', '{ "x": 1 }'].map((args): [string, Fault] => [
        `a call that is sent again at the end as ${args}`,
        {
          stream:
            call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }) +
            call({ index: 0, function: { arguments: ':1}' } }) +
            chat(
              { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: args } }] },
              'tool_calls',
            ) +
            DONE,
          result: { toolCalls: [{ id: 'a', name: 'f', arguments: '{"x":1}' }] },
        },
      ]),
    ),
    'OpenAI responses: a call without its item': {
      stream:
        response('output_item.added', {
          output_index: 0,
          item: { type: 'function_call', id: 'f', call_id: 'c', name: 'g', arguments: '' },
        }) +
        response('function_call_arguments.done', { output_index: 0, item_id: 'f', arguments: '{"a":1}' }) +
        completed(),
      result: { toolCalls: [{ id: 'c', name: 'g', arguments: '{"a":1}' }] },
    },
    'a call in two pieces, each with a finish reason': {
      stream:
        chat(
          { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }] },
          'tool_calls',
        ) +
        chat({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }, 'tool_calls') +
        DONE,
      result: { toolCalls: [{ id: 'a', name: 'f', arguments: '{"x":1}' }], finishReason: 'tool_calls' },
      types: ['tool-call-delta', 'tool-call-delta', 'tool-call', 'finish'],
    },
    'the legacy function_call': {
      stream:
        chat({ function_call: { name: 'f', arguments: '' } }) +
        chat({ function_call: { arguments: '{"x":' } }) +
        chat({ function_call: { arguments: '1}' } }) +
        chat({}, 'function_call') +
        DONE,
      result: {
        toolCalls: [{ id: undefined, name: 'f', arguments: '{"x":1}' }],
        finishReason: 'function_call',
      },
    },
    'a custom tool of chat completions': {
      stream:
        call({ index: 0, id: 'a', type: 'custom', custom: { name: 'sql', input: 'select 1' } }) + stop + DONE,
      result: { toolCalls: [{ id: 'a', name: 'sql', arguments: 'select 1', kind: 'custom' }] },
    },
  },

  'text and reasoning': {
    'Mistral: content as a list': {
      stream:
        chat({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] }) +
        chat({ content: [{ type: 'text', text: '4' }] }) +
        stop +
        DONE,
      result: { reasoning: 'Hm', text: '4' },
    },
    'Together: the delta’s content again as the text of the choice': {
      stream:
        choice({ text: 'a', delta: { token_id: 1, role: 'assistant', content: 'a', tool_calls: null } }) +
        choice({ text: 'b', delta: { token_id: 2, content: 'b' }, finish_reason: 'eos' }) +
        DONE,
      result: { text: 'ab' },
    },
    'empty reasoning_content beside reasoning': {
      stream: chat({ reasoning_content: '', reasoning: 'Hm' }) + chat({ content: '4' }, 'stop') + DONE,
      result: { reasoning: 'Hm', text: '4' },
    },
    'reasoning_content as an object': {
      stream:
        chat({ reasoning_content: { text: 'H' } }) +
        chat({ reasoning_content: { text: 'm' } }) +
        chat({ reasoning_content: { signature: 'S' } }) +
        chat({ content: '4' }, 'stop') +
        DONE,
      result: { reasoning: 'Hm', text: '4' },
    },
    'reasoning in two members': {
      stream: chat({ reasoning_content: 'Hm', reasoning: 'Hm' }) + chat({ content: '4' }, 'stop') + DONE,
      result: { reasoning: 'Hm', text: '4' },
    },
    'reasoning_details alone': {
      stream:
        chat({ reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'Hm' }] }) +
        chat({ content: '4' }, 'stop') +
        DONE,
      result: { reasoning: 'Hm', text: '4' },
    },
    'two summaries of reasoning': {
      stream:
        response('reasoning_summary_text.delta', { summary_index: 0, delta: 'One' }) +
        response('reasoning_summary_text.delta', { summary_index: 1, delta: 'Two' }) +
        response('output_text.delta', { delta: 'a' }) +
        completed(),
      result: { reasoning: 'One\n\nTwo', text: 'a' },
    },
    'two messages of one answer': {
      stream:
        response('output_text.delta', { item_id: 'm1', output_index: 0, content_index: 0, delta: 'One' }) +
        response('output_text.delta', { item_id: 'm2', output_index: 1, content_index: 0, delta: 'Two' }) +
        completed(),
      result: { text: 'One\n\nTwo' },
    },
    'two blocks of text around a tool': {
      stream:
        start() +
        block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'One' }) +
        block(1, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }) +
        block(2, { type: 'text', text: '' }, { type: 'text_delta', text: 'Two' }) +
        end(),
      result: { text: 'One\n\nTwo' },
    },
    'blocks of text that follow each other are one text': {
      stream:
        start() +
        block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'Bern has ' }) +
        block(
          1,
          { type: 'text', text: '', citations: [] },
          { type: 'citations_delta', citation: { url: 'http://localhost' } },
          { type: 'text_delta', text: '137,000 people' },
        ) +
        block(2, { type: 'text', text: '' }, { type: 'text_delta', text: '.' }) +
        end(),
      result: { text: 'Bern has 137,000 people.' },
      types: ['text', 'other', 'text', 'text', 'finish'],
    },
    'two blocks of thinking': {
      stream:
        start() +
        block(0, { type: 'thinking', thinking: '' }, { type: 'thinking_delta', thinking: 'One' }) +
        block(1, { type: 'thinking', thinking: '' }, { type: 'thinking_delta', thinking: 'Two' }) +
        end(),
      result: { reasoning: 'One\n\nTwo' },
    },
    'Google: text around a call': {
      stream:
        gemini([{ text: 'One' }]) +
        gemini([{ functionCall: { name: 'f', args: {} } }]) +
        gemini([{ text: 'Two' }], { finishReason: 'STOP' }),
      result: { text: 'One\n\nTwo' },
    },
    'OpenAI responses: no deltas': {
      stream: response('output_text.done', { text: 'whole' }) + completed(),
      result: { text: 'whole' },
    },
    'OpenAI responses: no deltas, and a text that is a part of an earlier one': {
      stream:
        item({ type: 'message', id: 'm', content: [{ type: 'output_text', text: 'Yes, I will' }] }) +
        item({ type: 'message', id: 'n', content: [{ type: 'output_text', text: 'Yes' }] }) +
        completed(),
      result: { text: 'Yes, I will\n\nYes' },
    },
    'OpenAI responses: no deltas, and places that are named differently': {
      stream:
        response('output_text.done', { output_index: 0, text: 'Yes' }) +
        response('output_text.done', { output_index: 1, text: 'Yes' }) +
        completed({
          output: ['m', 'n'].map((id) => ({
            ...{ type: 'message', id, content: [{ type: 'output_text', text: 'Yes' }] },
          })),
        }),
      result: { text: 'Yes\n\nYes' },
    },
    'OpenAI responses: the text only in the item': {
      stream:
        item({ type: 'message', id: 'm', content: [{ type: 'output_text', text: 'whole' }] }) +
        item({ type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'Hm' }] }) +
        completed(),
      result: { text: 'whole', reasoning: 'Hm' },
    },
    'OpenAI responses: everything in the last event': {
      stream: completed({
        output: [
          { type: 'message', id: 'm', content: [{ type: 'output_text', text: 'whole' }] },
          { type: 'function_call', id: 'f', call_id: 'c', name: 'g', arguments: '{"a":1}' },
        ],
      }),
      result: { text: 'whole', toolCalls: [{ id: 'c', name: 'g', arguments: '{"a":1}' }] },
    },
    'OpenAI responses: a missing delta': {
      stream:
        response('output_text.delta', { item_id: 'm', content_index: 0, delta: 'who' }) +
        response('output_text.done', { item_id: 'm', content_index: 0, text: 'whole' }) +
        item({ type: 'message', id: 'm', content: [{ type: 'output_text', text: 'whole' }] }) +
        completed(),
      result: { text: 'whole' },
    },
  },

  ends: {
    'a finish that is repeated with usage': {
      stream:
        chat({ content: 'a' }) +
        stop +
        chat({ content: '' }, 'stop', {
          usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
        }) +
        DONE,
      types: ['text', 'finish', 'usage'],
      tokens: [1, 2],
    },
    'comments after the finish, and no end': {
      stream: [chat({ content: 'a' }), stop, ...beats(), { end: 'hang' }],
      result: { text: 'a', finishReason: 'stop' },
    },
    'pings after the finish, and no end': {
      stream: [
        chat({ content: 'a' }),
        stop,
        ...beats().map((step) => (typeof step === 'string' ? 'event: ping\ndata: {}\n\n' : step)),
        { end: 'hang' },
      ],
      result: { text: 'a', finishReason: 'stop' },
    },
    'usage after the finish, and no end': {
      stream: [
        chat({ content: 'a' }),
        stop,
        { wait: 100 },
        data({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }),
        { end: 'hang' },
      ],
      tokens: [1, 2],
    },
    'silence after the finish, with idleTimeout': {
      stream: [
        chat({ content: 'a' }),
        chat({}, 'stop', { usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }),
        { end: 'hang' },
      ],
      init: { idleTimeout: 300 },
      result: { text: 'a', finishReason: 'stop' },
      tokens: [1, 2],
    },
    'a connection that breaks after the finish': {
      stream: [chat({ content: 'a' }), stop, { wait: 100 }, { end: 'reset' }],
      result: { text: 'a', finishReason: 'stop' },
    },
    'a last event without its blank line': {
      stream: chat({ content: 'a' }) + chat({ content: 'b' }, 'stop').trimEnd(),
      result: { text: 'ab', finishReason: 'stop' },
    },
    'a last event with one line end': {
      stream: `${chat({ content: 'a' }, 'stop').trimEnd()}\n`,
      result: { text: 'a', finishReason: 'stop' },
    },
    'a last [DONE] without its line end': {
      stream: chat({ content: 'a' }) + DONE.trimEnd(),
      result: { text: 'a' },
    },
    'an incomplete last event': {
      stream: chat({ content: 'a' }) + stop.trimEnd().slice(0, -5),
      error: { message: /ended before the answer did/, kind: 'cut' },
    },
    'an error after the finish': {
      stream: chat({ content: 'a' }) + stop + data({ error: { message: 'billing' } }),
      error: { message: /^billing$/, kind: 'provider' },
    },
    'events without the blank line between them': {
      stream: `${[chat({ content: 'a' }), chat({ content: 'b' }), stop, DONE].map((event) => event.trimEnd()).join('\n')}\n\n`,
      result: { text: 'ab', finishReason: 'stop' },
    },
    'events without any blank line': {
      stream: [chat({ content: 'a' }), chat({ content: 'b' }), stop, DONE]
        .map((event) => event.trimEnd())
        .join('\n'),
      result: { text: 'ab', finishReason: 'stop' },
    },
    'JSON on several lines': {
      stream: 'data: {"choices": [\ndata: {"delta": {"content": "a"}, "finish_reason": "stop"}\ndata: ]}\n\n',
      result: { text: 'a', finishReason: 'stop' },
    },
    'an invalid line after a whole chunk': {
      stream: `${chat({ content: 'a' }).trimEnd()}\ndata: {"choices":\n\n`,
      error: { message: /isn't JSON: \{"choices":$/, kind: 'malformed' },
      types: ['text'],
    },
    'a whole last event before the stream is cut': {
      stream: chat({ content: 'a' }) + chat({ content: 'b' }).trimEnd(),
      error: { message: /ended before the answer did/, kind: 'cut' },
      types: ['text', 'text'],
    },
    'comments as data, and events that keep the connection open': {
      stream:
        'data: : OPENROUTER PROCESSING\n\n' +
        'event: ping\ndata: now\n\n' +
        'event: keepalive\ndata: -\n\n' +
        'event: heartbeat\ndata: 12:00:01\n\n' +
        'event: keep-alive\ndata:\n\n' +
        'data: ping\n\n' +
        chat({ content: 'a' }, 'stop') +
        DONE,
      result: { text: 'a' },
    },
  },

  usage: {
    'xAI: reasoning isn’t in the completion’s tokens': {
      stream: usage({
        prompt_tokens: 12,
        completion_tokens: 2,
        total_tokens: 354,
        completion_tokens_details: { reasoning_tokens: 340 },
      }),
      tokens: [12, 342],
    },
    'OpenAI: reasoning is in the completion’s tokens': {
      stream: usage({
        prompt_tokens: 12,
        completion_tokens: 342,
        total_tokens: 354,
        completion_tokens_details: { reasoning_tokens: 340 },
      }),
      tokens: [12, 342],
    },
    'Groq: in x_groq': {
      stream:
        chat({ content: 'a' }) +
        chat({}, 'stop', {
          x_groq: { usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 } },
        }) +
        DONE,
      tokens: [5, 6],
    },
    'in the choice': {
      stream:
        choice({
          delta: { content: 'a' },
          finish_reason: 'stop',
          usage: { prompt_tokens: 5, completion_tokens: 6 },
        }) + DONE,
      tokens: [5, 6],
    },
    'Anthropic: cached tokens': {
      stream:
        start({
          usage: {
            input_tokens: 3,
            cache_read_input_tokens: 5000,
            cache_creation_input_tokens: 100,
            output_tokens: 1,
          },
        }) +
        block(0, { type: 'text', text: 'a' }) +
        end('end_turn', { output_tokens: 7 }),
      tokens: [5103, 7],
    },
    'Anthropic: zeros first': {
      stream:
        start({ usage: { input_tokens: 0, output_tokens: 0 } }) +
        block(0, { type: 'text', text: 'a' }) +
        end('end_turn', { input_tokens: 25, output_tokens: 7 }),
      tokens: [25, 7],
    },
    'Anthropic: zeros last': {
      stream:
        start({ usage: { input_tokens: 25, output_tokens: 1 } }) +
        block(0, { type: 'text', text: 'a' }) +
        end('end_turn', { input_tokens: 0, output_tokens: 7 }),
      tokens: [25, 7],
    },
    'Google: snapshots, with thoughts': {
      stream:
        gemini(
          [{ text: 'a' }],
          {},
          { promptTokenCount: 9, candidatesTokenCount: 10, thoughtsTokenCount: 256, totalTokenCount: 275 },
        ) +
        gemini(
          [{ text: 'b' }],
          { finishReason: 'STOP' },
          { promptTokenCount: 9, candidatesTokenCount: 29, thoughtsTokenCount: 256, totalTokenCount: 294 },
        ),
      tokens: [9, 285],
    },
    'Google: in pieces': {
      stream:
        gemini([{ text: 'a' }], {}, { promptTokenCount: 9, totalTokenCount: 9 }) +
        gemini([{ text: 'b' }], {}, { thoughtsTokenCount: 5 }) +
        gemini([{ text: 'c' }], { finishReason: 'STOP' }, { candidatesTokenCount: 12 }),
      tokens: [9, 17],
    },
    'Google: thoughts are among the candidates’ tokens': {
      stream: gemini(
        [{ text: 'a' }],
        { finishReason: 'STOP' },
        { promptTokenCount: 9, candidatesTokenCount: 17, thoughtsTokenCount: 5, totalTokenCount: 26 },
      ),
      tokens: [9, 17],
    },
    'Google: the prompt of tools': {
      stream: gemini(
        [{ text: 'a' }],
        { finishReason: 'STOP' },
        { promptTokenCount: 9, toolUsePromptTokenCount: 40, candidatesTokenCount: 3, totalTokenCount: 52 },
      ),
      tokens: [49, 3],
    },
    'a total of zero': {
      stream: usage({ prompt_tokens: 12, completion_tokens: 2, total_tokens: 0 }),
      tokens: [12, 2],
    },
  },

  refusals: {
    'Google’s RetryInfo': {
      stream: JSON.stringify({
        error: {
          code: 429,
          message: 'Quota exceeded',
          status: 'RESOURCE_EXHAUSTED',
          details: [
            { '@type': 'type.googleapis.com/google.rpc.Help' },
            { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '38s' },
          ],
        },
      }),
      answer: { status: 429, contentType: 'application/json' },
      error: {
        message: /^Quota exceeded \(/,
        kind: 'status',
        retryAfter: 38_000,
        type: 'RESOURCE_EXHAUSTED',
      },
    },
    'Google’s end after an invalid call': {
      stream: gemini([], { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'Malformed: f(' }),
      error: { message: /^Malformed: f\($/, kind: 'provider', code: 'MALFORMED_FUNCTION_CALL' },
    },
    'Google’s end after a call of an unknown tool': {
      stream: gemini([{ text: 'a' }], { finishReason: 'UNEXPECTED_TOOL_CALL' }),
      error: { message: /"UNEXPECTED_TOOL_CALL"$/, kind: 'provider' },
    },
    'RetryInfo in the stream': {
      stream: data({
        error: { code: 429, message: 'Quota', details: [{ retryDelay: '1.5s' }] },
      }),
      error: { message: /^Quota$/, kind: 'provider', retryAfter: 1_500, status: 429 },
    },
    'retry-after-ms': {
      stream: '{"error":{"message":"Slow"}}',
      answer: {
        status: 429,
        contentType: 'application/json',
        headers: { 'retry-after-ms': '1500', 'retry-after': '2' },
      },
      error: { message: /^Slow \(/, kind: 'status', retryAfter: 1_500 },
    },
    'FastAPI: detail is text': {
      stream: '{"detail":"Not authenticated"}',
      answer: { status: 401, contentType: 'application/json' },
      error: { message: /^Not authenticated \(/, status: 401 },
    },
    'FastAPI: detail is a list': {
      stream:
        '{"detail":[{"loc":["body","model"],"msg":"Field required","type":"missing"},{"msg":"Not text"}]}',
      answer: { status: 422, contentType: 'application/json' },
      error: { message: /^Field required \(/, status: 422 },
    },
    'xAI: error is text, code too': {
      stream: '{"code":"Client specified an invalid argument","error":"Incorrect API key"}',
      answer: { status: 400, contentType: 'application/json' },
      error: { message: /^Incorrect API key \(/, code: 'Client specified an invalid argument' },
    },
    'a message that is an object': {
      stream:
        '{"object":"error","message":{"detail":[{"msg":"Field required"}]},"type":"invalid","code":null}',
      answer: { status: 422, contentType: 'application/json' },
      error: { message: /^Field required \(/, type: 'invalid', code: undefined },
    },
    'a message that is JSON': {
      stream: JSON.stringify({ error: { message: '{"error":{"message":"inner words"}}' } }),
      answer: { status: 500, contentType: 'application/json' },
      error: { message: /^inner words \(/ },
    },
    'a code that is a number, an error in an error': {
      stream: '{"error":{"error":{"message":"deep"},"code":17}}',
      answer: { status: 500, contentType: 'application/json' },
      error: { message: /^deep \(/, code: '17' },
    },
    'the message of an upstream provider': {
      stream:
        '{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"{\\"detail\\":\\"no quota\\"}"}}}',
      answer: { status: 429, contentType: 'application/json' },
      error: { message: /^Provider returned error: no quota \(/ },
    },
    HTML: {
      stream:
        '<html><head><title>502</title><style>a{color:red}</style></head><body><h1>Bad gateway</h1><p>nginx</p></body></html>',
      answer: { status: 502, contentType: 'text/html' },
      error: { message: /^Bad gateway nginx \(/, status: 502 },
    },
    'plain text': {
      stream: 'upstream connect error',
      answer: { status: 503, contentType: 'text/plain' },
      error: { message: /^upstream connect error \(/, status: 503 },
    },
    'an event stream': {
      stream: 'event: error\ndata: {"error":{"message":"in an event"}}\n\n',
      answer: { status: 500 },
      error: { message: /^in an event \(/, status: 500 },
    },
    'an error with status 200 that isn’t a stream': {
      stream: '{"error":{"message":"wrong key","code":"key"}}',
      answer: { contentType: 'application/json' },
      error: { message: /^wrong key \(/, kind: 'content-type', code: 'key' },
    },
    'a whole answer that isn’t a stream': {
      stream: '{"choices":[{"message":{"content":"Hi"}}]}',
      answer: { contentType: 'application/json' },
      error: { message: /application\/json/, kind: 'content-type' },
    },
  },
  'shapes that other servers send': {
    'an event named like an exception': {
      stream: `${chat({ content: 'a' })}event: throttlingException\n${data({ message: 'Too many requests' })}`,
      error: { message: /^Too many requests$/, kind: 'provider' },
      types: ['text'],
    },
    'Anthropic: message_stop alone': {
      stream: start() + claude('message_stop'),
      error: { message: /ended before the answer did/, kind: 'cut' },
    },
    'responses: completed with the status failed': {
      stream: response('completed', { response: { status: 'failed', error: null } }),
      error: { message: /"failed"/, kind: 'provider' },
    },
    'responses: the type of an error is not that of its event': {
      stream: response('failed', {
        response: { status: 'failed', error: { code: 'x', message: 'Slow down' } },
      }),
      error: { message: /^Slow down$/, code: 'x', type: undefined },
    },
    'a finish reason that is the text null': {
      stream: chat({ content: 'a' }, 'null'),
      error: { message: /ended before the answer did/, kind: 'cut' },
      types: ['text'],
    },
    '[DONE] in quotes, or in lower case': {
      stream: `${chat({ content: 'a' })}data: "[DONE]"\n\ndata: [done]\n\n`,
      result: { text: 'a' },
    },
    'content as a list of texts': {
      stream: chat({ content: ['a', 'b'] }) + stop + DONE,
      result: { text: 'ab' },
    },
    'the whole message again at the end': {
      stream: [
        chat({ content: 'a', reasoning: 'r' }),
        chat({ content: 'b' }),
        choice({ message: { content: 'ab', reasoning: 'r' }, finish_reason: 'stop' }),
      ].join(''),
      result: { text: 'ab', reasoning: 'r', finishReason: 'stop' },
    },
    'annotations and audio': {
      stream:
        chat({ annotations: [{ type: 'url_citation' }] }) +
        chat({ audio: { transcript: 'a' } }) +
        stop +
        DONE,
      types: ['other', 'other', 'finish'],
    },
    'a call in pieces, each with another ID': {
      stream: [
        call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":' } }),
        call({ index: 0, id: 'b', function: { arguments: '1}' } }),
        stop,
      ].join(''),
      result: { toolCalls: [{ id: 'a', name: 'f', arguments: '{"x":1}' }] },
    },
    'Google: arguments as text': {
      stream: gemini([{ functionCall: { name: 'f', args: '{"x":1}' } }], { finishReason: 'STOP' }),
      result: { toolCalls: [{ id: undefined, name: 'f', arguments: '{"x":1}' }] },
    },
    'responses: each event of an item has another ID': {
      stream: [
        response('output_text.delta', { item_id: 'a1', output_index: 0, content_index: 0, delta: 'Hel' }),
        response('output_text.delta', { item_id: 'a2', output_index: 0, content_index: 0, delta: 'lo' }),
        item({ type: 'function_call', id: 'b2', call_id: 'c1', name: 'f', arguments: '{}' }, 1),
        completed({
          output: [
            { type: 'message', id: 'a3', content: [{ type: 'output_text', text: 'Hello' }] },
            { type: 'function_call', id: 'b3', call_id: 'c1', name: 'f', arguments: '{}' },
          ],
        }),
      ].join(''),
      result: { text: 'Hello', toolCalls: [{ id: 'c1', name: 'f', arguments: '{}' }] },
    },
    'AI SDK: the input of a call that failed': {
      stream: [
        data({ type: 'tool-input-error', toolCallId: 'a', toolName: 'f', input: { x: 1 }, errorText: 'bad' }),
        data({ type: 'text-delta', id: '0', delta: 'b' }),
        data({ type: 'finish' }),
      ].join(''),
      result: { text: 'b', toolCalls: [] },
      types: ['server-tool-call', 'server-tool-result', 'text', 'finish'],
    },
    'responses: reasoning and its summary are different blocks': {
      stream: [
        response('reasoning_text.delta', { item_id: 'r', content_index: 0, delta: 'a' }),
        response('reasoning_summary_text.delta', { item_id: 'r', summary_index: 0, delta: 'b' }),
        completed(),
      ].join(''),
      result: { reasoning: 'a\n\nb' },
    },
  },
  'bodies of refusals': {
    'a list of messages': {
      stream: '{"statusCode":400,"message":["no name","no age"],"error":"Bad Request"}',
      answer: { status: 400 },
      error: { message: /^no name \(/, kind: 'status', status: 400 },
    },
    'a list of errors': {
      stream: '{"errors":["first","second"]}',
      answer: { status: 400 },
      error: { message: /^first \(/, kind: 'status' },
    },
    'the detail of a problem, not its title': {
      stream: '{"type":"about:blank","title":"Forbidden","detail":"No credit","status":403}',
      answer: { status: 403 },
      error: { message: /^No credit \(/, status: 403 },
    },
  },
};

function beats(): Step[] {
  return Array.from({ length: 60 }, () => [{ wait: 100 }, ': beat\n\n'] as Step[]).flat();
}

for (const [kind, inputs] of Object.entries(faults)) {
  describe(`completion: ${kind}`, () => {
    for (const [name, fault] of Object.entries(inputs)) {
      it(name, async () => {
        const { stream, init, answer } = fault;
        const { parts, result, error } = await ask([stream].flat(), init, answer);
        if (fault.error) {
          const { message, ...members } = fault.error;
          expect(error?.message).to.match(message);
          expect(error).to.include(members);
          if (fault.types) expect(parts.map(({ type }) => type)).to.deep.equal(fault.types);
          return;
        }
        expect(error).to.equal(undefined);
        if (!result) expect.fail();
        for (const [member, wanted] of Object.entries(fault.result ?? {})) {
          expect(result[member as keyof CompletionResult], member).to.deep.equal(wanted);
        }
        if (fault.types) expect(parts.map(({ type }) => type)).to.deep.equal(fault.types);
        if (fault.tokens) {
          expect([result.usage?.inputTokens, result.usage?.outputTokens]).to.deep.equal(fault.tokens);
        }
        expect(parts.filter(({ type }) => type === 'finish')).to.have.length(1);
        const texts = parts.map((part) => (part.type === 'text' ? part.text : ''));
        expect(texts.join('')).to.equal(result.text);
      });
    }
  });
}

describe('completion: what a message repeats', () => {
  it('chat completions: the ID of an answer in speech', async () => {
    const { result } = await ask([
      chat({ audio: { id: 'audio_1', transcript: 'Hi' } }) +
        chat({ audio: { data: 'UklG' } }) +
        chat({ audio: { expires_at: 1 } }) +
        stop,
    ]);
    expect(result?.toMessage()).to.deep.equal({ role: 'assistant', content: null, audio: { id: 'audio_1' } });
  });

  it('chat completions: a member of a call that is null in later pieces', async () => {
    const extra_content = { google: { thought_signature: 'S' } };
    const { result } = await ask([
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '{' }, extra_content }) +
        call({ index: 0, function: { arguments: '}' }, extra_content: null }) +
        stop,
    ]);
    expect(result?.toMessage().tool_calls).to.deep.equal([
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content },
    ]);
  });

  it('reasoning_details and thinking_blocks of one delta', async () => {
    const reasoning_details = [{ type: 'reasoning.text', text: 'Hm', index: 0 }];
    const thinking_blocks = [{ type: 'thinking', thinking: 'Hm', signature: 'S' }];
    const { result } = await ask([
      chat({ reasoning_details, thinking_blocks }) + chat({ content: 'a' }) + stop,
    ]);
    expect(result?.reasoning).to.equal('Hm');
    expect(result?.toMessage()).to.include.keys({ reasoning_details, thinking_blocks });
    expect(result?.toMessage().thinking_blocks).to.deep.equal(thinking_blocks);
  });

  it('chat completions: empty text if there is nothing else', async () => {
    const cut = await ask([chat({ reasoning_content: 'Hm' }, 'length') + DONE]);
    expect(cut.result?.toMessage()).to.deep.equal({ role: 'assistant', content: '' });
    const refused = await ask([chat({ refusal: 'No' }, 'stop') + DONE]);
    expect(refused.result?.toMessage()).to.deep.equal({ role: 'assistant', content: null, refusal: 'No' });
  });

  it('encrypted reasoning with the same index and different IDs', async () => {
    const details = (id: string, data: string) =>
      chat({ reasoning_details: [{ type: 'reasoning.encrypted', id, data, index: 0 }] });
    const { result } = await ask([details('t1', 'A') + details('t2', 'B') + chat({ content: 'a' }) + stop]);
    expect(result?.toMessage().reasoning_details).to.deep.equal([
      { type: 'reasoning.encrypted', id: 't1', data: 'A', index: 0 },
      { type: 'reasoning.encrypted', id: 't2', data: 'B', index: 0 },
    ]);
  });

  const ui = async (...chunks: object[]) => {
    const finish = { type: 'finish', finishReason: 'stop', messageMetadata: { b: 2, c: { e: [3], f: 4 } } };
    const stream = [{ type: 'start', messageMetadata: { a: 1, c: { d: 1, e: [1, 2] } } }, ...chunks, finish]
      .map(data)
      .join('');
    const { result, parts } = await ask([stream], { format: 'ai-sdk' });
    const { metadata, parts: message } = result?.toMessage() ?? {};
    expect(metadata).to.deep.equal({ a: 1, b: 2, c: { d: 1, e: [3], f: 4 } });
    const results = parts.flatMap((part) => (part.type === 'server-tool-result' ? [part.result] : []));
    return { message, results };
  };
  const called = { toolCallId: 'a', toolName: 'f', input: { x: 1 } };
  const known = { type: 'tool-f', toolCallId: 'a', input: { x: 1 } };
  const input = { type: 'tool-input-available', ...called };
  const output = { type: 'tool-output-available', toolCallId: 'a' };

  it('AI SDK: metadata of calls and results', async () => {
    const providerMetadata = { google: { thoughtSignature: 'S' } };
    const { message } = await ui(
      { ...input, providerMetadata, title: 'F' },
      { ...output, output: 1, providerMetadata },
    );
    expect(message).to.deep.equal([
      {
        ...known,
        ...{ state: 'output-available', output: 1, title: 'F' },
        ...{ callProviderMetadata: providerMetadata, resultProviderMetadata: providerMetadata },
      },
    ]);
  });

  it('AI SDK: a call that asks for approval, and one that was denied', async () => {
    const request = { type: 'tool-approval-request', toolCallId: 'a', approvalId: 'ap1' };
    const more = { signature: 'S', inputSchemaInput: { x: '1' } };
    const signed = await ui(input, { ...request, ...more, approvalDescriptor: { a: 1 } });
    expect(signed.message).to.deep.equal([
      { ...known, state: 'approval-requested', approval: { id: 'ap1', descriptor: { a: 1 }, ...more } },
    ]);
    const asked = await ui(input, request);
    expect(asked.message).to.deep.equal([{ ...known, state: 'approval-requested', approval: { id: 'ap1' } }]);
    const denied = await ui(input, request, { type: 'tool-output-denied', toolCallId: 'a' });
    expect(denied.message).to.deep.equal([{ ...known, state: 'output-denied', approval: { id: 'ap1' } }]);
  });

  it('AI SDK: data that is replaced, and transient data', async () => {
    const { message } = await ui(
      { type: 'data-w', id: '1', data: 1 },
      { type: 'data-w', id: '1', data: 2 },
      { type: 'data-w', data: 3 },
      { type: 'data-w', data: 4, transient: true },
    );
    expect(message).to.deep.equal([
      { type: 'data-w', id: '1', data: 2 },
      { type: 'data-w', data: 3 },
    ]);
  });

  it('AI SDK: an error of the input and of the output is one result', async () => {
    const { message, results } = await ui(
      { type: 'tool-input-error', ...called, errorText: 'bad' },
      { type: 'tool-output-error', toolCallId: 'a', errorText: 'bad' },
    );
    // As in the SDK: `input` would have to match the tool's schema.
    const { input: rawInput, ...more } = known;
    expect(message).to.deep.equal([{ ...more, state: 'output-error', errorText: 'bad', rawInput }]);
    expect(results).to.have.length(1);
    const dynamic = await ui({ type: 'tool-input-error', ...called, dynamic: true, errorText: 'bad' });
    expect(dynamic.message).to.deep.equal([
      {
        ...{ type: 'dynamic-tool', toolName: 'f', toolCallId: 'a', input: { x: 1 } },
        ...{ state: 'output-error', errorText: 'bad' },
      },
    ]);
  });

  it('AI SDK: only the final one of several outputs is a result', async () => {
    const { message, results } = await ui(
      input,
      { ...output, output: 1, preliminary: true },
      { ...output, output: 2 },
    );
    expect(message).to.deep.equal([{ ...known, state: 'output-available', output: 2 }]);
    expect(results).to.deep.equal([2]);
  });

  it('Anthropic: no blank text, and no thinking at the end', async () => {
    const thinking = (thinking: string) => ({ type: 'thinking', thinking, signature: 'S' });
    const call = { type: 'tool_use', id: 't1', name: 'f', input: {} };
    const blank = await ask([
      start() +
        block(0, thinking('a')) +
        block(1, { type: 'text', text: '' }, { type: 'text_delta', text: '\n\n' }) +
        block(2, call) +
        end('tool_use'),
    ]);
    expect(blank.result?.toMessage().content).to.deep.equal([thinking('a'), call]);
    const text = { type: 'text', text: 'Hi' };
    const cut = await ask([
      start() + block(0, thinking('a')) + block(1, text) + block(2, thinking('b')) + end('max_tokens'),
    ]);
    expect(cut.result?.toMessage().content).to.deep.equal([thinking('a'), text]);
  });

  it('Anthropic: text with the index of a block of another type', async () => {
    const begin = (index: number, content_block: object) =>
      claude('content_block_start', { index, content_block });
    const delta = (index: number, delta: object) => claude('content_block_delta', { index, delta });
    const { result } = await ask([
      start() +
        begin(0, { type: 'thinking', thinking: '' }) +
        delta(0, { type: 'thinking_delta', thinking: 'Hm' }) +
        delta(0, { type: 'text_delta', text: 'H' }) +
        delta(0, { type: 'text_delta', text: 'i' }) +
        begin(1, { type: 'tool_use', id: 't1', name: 'f', input: {} }) +
        delta(1, { type: 'input_json_delta', partial_json: '{"x"' }) +
        delta(1, { type: 'text_delta', text: '\n' }) +
        delta(1, { type: 'input_json_delta', partial_json: ':1}' }) +
        end('tool_use'),
    ]);
    expect(result).to.deep.include({
      reasoning: 'Hm',
      toolCalls: [{ id: 't1', name: 'f', arguments: '{"x":1}' }],
    });
    expect(result?.toMessage().content).to.deep.equal([
      { type: 'thinking', thinking: 'Hm' },
      { type: 'text', text: 'Hi' },
      { type: 'tool_use', id: 't1', name: 'f', input: { x: 1 } },
    ]);
  });

  it('Anthropic: the result of an MCP tool has its name', async () => {
    const { parts } = await ask([
      start() +
        block(0, { type: 'mcp_tool_use', id: 'm1', name: 'search', server_name: 's', input: {} }) +
        block(1, { type: 'mcp_tool_result', tool_use_id: 'm1', is_error: false, content: [] }) +
        end(),
    ]);
    const names = parts.flatMap((part) => ('name' in part ? [part.name] : []));
    expect(names).to.deep.equal(['search', 'search']);
  });

  it('Cohere: thinking and text with the same index', async () => {
    const delta = (content: object) =>
      data({ type: 'content-delta', index: 0, delta: { message: { content } } });
    const finish = data({ type: 'message-end', delta: { finish_reason: 'COMPLETE' } });
    const { result } = await ask([delta({ thinking: 'Hm' }) + delta({ text: 'Hi' }) + finish], {
      format: 'cohere',
    });
    expect(result?.toMessage().content).to.deep.equal([
      { type: 'thinking', thinking: 'Hm' },
      { type: 'text', text: 'Hi' },
    ]);
  });
});

describe('completion: calls that are cut off', () => {
  const named = (args: string) => call({ index: 0, id: 'a', function: { name: 'f', arguments: args } });
  const tool = { type: 'tool_use', id: 'a', name: 'f', input: {} };
  const piece = (partial_json: string) => ({ type: 'input_json_delta', partial_json });
  const added = response('output_item.added', {
    item: { type: 'function_call', id: 'i', call_id: 'a', name: 'f', arguments: '', status: 'in_progress' },
  });
  const incomplete = response('incomplete', {
    response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [] },
  });
  const cohereCall = data({
    type: 'tool-call-start',
    index: 0,
    delta: { message: { tool_calls: { id: 'a', type: 'function', function: { name: 'f', arguments: '' } } } },
  });
  const cohereEnd = (finish_reason: string) => data({ type: 'message-end', delta: { finish_reason } });
  const partialArgs = [{ jsonPath: '$.path', stringValue: '/ho', willContinue: true }];
  const uiStart = data({ type: 'tool-input-start', toolCallId: 'a', toolName: 'f' });
  const uiDelta = data({ type: 'tool-input-delta', toolCallId: 'a', inputTextDelta: '{"a":' });

  const cut: Record<string, string> = {
    'chat, no arguments': named('') + chat({}, 'length') + DONE,
    'chat, half an object': named('{"a":') + chat({}, 'content_filter') + DONE,
    'chat, the second call': `${named('{}')}${call({ index: 1, id: 'b', function: { name: 'f', arguments: '{"a' } })}${chat({}, 'length')}`,
    'chat, no reason': named('{"a":') + DONE,
    'Anthropic, no input': start() + block(0, tool) + end('max_tokens'),
    'Anthropic, half an object':
      start() + block(0, tool, piece('{"a":')) + end('model_context_window_exceeded'),
    'Anthropic, a refusal': start() + block(0, tool, piece('{"a":')) + end('refusal'),
    'responses, no arguments': added + incomplete,
    'responses, an incomplete item':
      added +
      item({
        type: 'function_call',
        id: 'i',
        call_id: 'a',
        name: 'f',
        arguments: '{"a":',
        status: 'incomplete',
      }) +
      incomplete,
    'responses, text of a custom tool':
      item({
        type: 'custom_tool_call',
        id: 'i',
        call_id: 'a',
        name: 'f',
        input: 'rm -',
        status: 'incomplete',
      }) + incomplete,
    'Google, a piece that goes on':
      gemini([{ functionCall: { name: 'f', partialArgs, willContinue: true } }]) +
      gemini([], { finishReason: 'MAX_TOKENS' }),
    'Cohere, no arguments': cohereCall + cohereEnd('MAX_TOKENS'),
    'AI SDK, half an object':
      data({ type: 'start' }) + uiStart + uiDelta + data({ type: 'finish', finishReason: 'length' }),
  };
  for (const [name, stream] of Object.entries(cut)) {
    it(`${name}: an error instead of a call`, async () => {
      const { error, parts } = await ask([stream]);
      expect(error).to.include({ kind: 'cut' });
      expect(error?.message).to.match(/ in the middle of a call of "f"/);
      const calls = parts.filter(({ type }) => type === 'tool-call');
      expect(calls).to.have.length(name.includes('second') ? 1 : 0);
    });
  }

  const whole: Record<string, [stream: string, ...args: string[]]> = {
    'chat, a whole object': [named('{"a":1}') + chat({}, 'length'), '{"a":1}'],
    'chat, no arguments': [named('') + chat({}, 'tool_calls'), '{}'],
    'chat, no arguments and no reason': [named('') + DONE, '{}'],
    'chat, JSON that the model got wrong': [named('{a:1}') + chat({}, 'tool_calls'), '{a:1}'],
    'responses, no reason': [
      added + response('function_call_arguments.delta', { item_id: 'i', delta: '{"a":1}' }) + DONE,
      '{"a":1}',
    ],
    'Anthropic, text follows': [
      start() + block(0, tool) + block(1, { type: 'text', text: 'Hm' }) + end('max_tokens'),
      '{}',
    ],
    'Anthropic, a call follows': [
      start() + block(0, tool) + block(1, tool, piece('{"a":1}')) + end('max_tokens'),
      '{}',
      '{"a":1}',
    ],
    'Google, an empty object': [
      gemini([{ functionCall: { name: 'f', args: {} } }], { finishReason: 'MAX_TOKENS' }),
      '{}',
    ],
    'Cohere, no arguments': [cohereCall + cohereEnd('TOOL_CALL'), '{}'],
  };
  for (const [name, [stream, ...args]] of Object.entries(whole)) {
    it(`${name}: complete`, async () => {
      const { result, parts } = await ask([stream]);
      expect(result?.toolCalls.map((call) => call.arguments)).to.deep.equal(args);
      const types = parts.map(({ type }) => type);
      expect(types.filter((type) => type === 'tool-call')).to.have.length(args.length);
      expect(types.indexOf('finish')).to.be.above(types.lastIndexOf('tool-call'));
    });
  }

  for (const first of ['{}', {}]) {
    it(`arguments after ${JSON.stringify(first)}`, async () => {
      const more = ['{"x":', '1}'].map((text) => call({ index: 0, function: { arguments: text } }));
      const begin = call({ index: 0, id: 'a', function: { name: 'f', arguments: first } });
      const { result } = await ask([begin + more.join('') + chat({}, 'tool_calls')]);
      expect(result?.toolCalls).to.deep.equal([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
    });
  }
});

describe('completion: members that few servers send', () => {
  it('responses: reasoning without a kind', async () => {
    const place = { item_id: 'r', output_index: 0, content_index: 0 };
    const { result } = await ask([
      response('reasoning.delta', { ...place, delta: 'H' }) +
        response('reasoning.delta', { ...place, delta: { text: 'm' } }) +
        response('reasoning.done', { ...place, text: 'Hm' }) +
        completed({ output: [] }),
    ]);
    expect(result?.reasoning).to.equal('Hm');
  });

  for (const id of ['', null, undefined]) {
    it(`responses: items with the ID ${JSON.stringify(id)} are different`, async () => {
      const called = (call_id: string) =>
        item({ type: 'function_call', id, call_id, name: 'f', arguments: '{}' });
      const { result } = await ask([called('a') + called('b') + completed({ output: [] })]);
      expect(result?.toolCalls.map(({ id }) => id)).to.deep.equal(['a', 'b']);
      const text = (id: string, text: string) =>
        item({ type: 'message', id, call_id: null, content: [{ type: 'output_text', text }] });
      const texts = await ask([text('m', 'a') + text('n', 'b') + completed({ output: [] })]);
      expect(texts.result?.text).to.equal('a\n\nb');
    });
  }

  it('chat: a refusal and annotations that the message repeats', async () => {
    const annotations = [{ type: 'url_citation' }];
    const message = { refusal: 'No', annotations };
    const { result, parts } = await ask([
      chat({ refusal: 'N' }) +
        chat({ refusal: 'o', annotations }) +
        choice({ message, finish_reason: 'stop' }),
    ]);
    expect(result?.toMessage().refusal).to.equal('No');
    expect(result?.text).to.equal('No');
    expect(parts.filter(({ type }) => type === 'other')).to.have.length(1);
  });

  it('chat: the rest of a message whose deltas end too early', async () => {
    for (const content of ['Hello', 'Hello, world', 'Other']) {
      const message = choice({ message: { role: 'assistant', content }, finish_reason: 'stop' });
      const { result } = await ask([chat({ content: 'Hel' }) + chat({ content: 'lo' }) + message + DONE]);
      expect(result?.text).to.equal(content === 'Other' ? 'Hello' : content);
    }
  });

  it('responses: a text without deltas that occurs in an earlier one with deltas', async () => {
    const text = (text: string) => [{ type: 'output_text', text }];
    const first = { item_id: 'm', output_index: 0, content_index: 0 };
    const { result } = await ask([
      response('output_text.delta', { ...first, delta: 'Yes, it ' }) +
        response('output_text.delta', { ...first, delta: 'is.' }) +
        response('output_text.done', { ...first, text: 'Yes, it is.' }) +
        item({ type: 'message', id: 'm', content: text('Yes, it is.') }, 0) +
        item({ type: 'message', id: 'n', content: text('Yes') }, 1) +
        completed({ output: [] }),
    ]);
    expect(result?.text).to.equal('Yes, it is.\n\nYes');
  });

  it('AI SDK: an end with an error', async () => {
    const stream = data({ type: 'start' }) + data({ type: 'finish', finishReason: 'error' });
    expect((await ask([stream])).error).to.include({ kind: 'provider' });
  });

  it('Cohere: an end with a timeout', async () => {
    const stream = data({ type: 'message-end', delta: { finish_reason: 'TIMEOUT' } });
    expect((await ask([stream])).error).to.include({ kind: 'provider' });
  });

  it('a total that is smaller than its parts', async () => {
    const { result } = await ask([usage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 10 })]);
    expect(result?.usage).to.include({ inputTokens: 10, outputTokens: 5 });
  });

  it('an error in a list instead of a stream', async () => {
    const body = JSON.stringify([{ error: { code: 400, message: 'too long', status: 'INVALID_ARGUMENT' } }]);
    const { error } = await ask([body], {}, { contentType: 'application/json' });
    expect(error?.message).to.match(/^too long \(/);
    expect(error).to.include({ code: '400', type: 'INVALID_ARGUMENT' });
  });
});

describe('completion: ends that are errors', () => {
  for (const reason of ['function_call_filter: MALFORMED_FUNCTION_CALL', 'network_error']) {
    it(`chat: ${reason}`, async () => {
      const { error } = await ask([chat({ role: 'assistant' }, reason) + DONE]);
      expect(error).to.include({ kind: 'provider' });
      expect(error?.message).to.equal(`The provider ended the answer with "${reason}"`);
    });
  }

  for (const reason of ['abort', 'cancelled', 'sensitive', 'length']) {
    it(`chat: a call that is cut off by ${reason}`, async () => {
      const start = call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"path":"/tm' } });
      expect((await ask([start + chat({}, reason) + DONE])).error).to.include({ kind: 'cut' });
    });
  }

  it('AI SDK: a call whose input never arrived', async () => {
    const stream = (...chunks: object[]) => chunks.map(data).join('') + DONE;
    const begin = { type: 'tool-input-start', toolCallId: 'c', toolName: 'deleteAll' };
    const delta = (inputTextDelta: string) => ({ type: 'tool-input-delta', toolCallId: 'c', inputTextDelta });
    for (const end of [{ type: 'finish' }, { type: 'finish', finishReason: 'tool-calls' }]) {
      expect((await ask([stream(begin, end)])).error).to.include({ kind: 'cut' });
      expect((await ask([stream(begin, delta('{"a":'), end)])).error).to.include({ kind: 'cut' });
      const { result } = await ask([stream(begin, delta('{"a":'), delta('1}'), end)]);
      expect(result?.toolCalls).to.deep.equal([{ id: 'c', name: 'deleteAll', arguments: '{"a":1}' }]);
    }
  });
});

describe('completion: messages that providers take back', () => {
  const messageOf = async (stream: string) => (await ask([stream])).result?.toMessage();
  const called = { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } };

  it('chat: empty reasoning_content beside a call', async () => {
    const message = await messageOf(
      chat({ role: 'assistant', content: null, reasoning_content: '' }) +
        call({ index: 0, ...called }) +
        chat({ content: '', reasoning_content: null }, 'tool_calls'),
    );
    const expected = { role: 'assistant', content: null, tool_calls: [called], reasoning_content: '' };
    expect(message).to.deep.equal(expected);
  });

  it('chat: encrypted blocks stay separate', async () => {
    const redacted = ['AAA=', 'BBB='].map((data) => ({ type: 'redacted_thinking', data }));
    const encrypted = ['CC==', 'DD=='].map((data) => ({
      ...{ type: 'reasoning.encrypted', index: 0, id: null, data },
    }));
    const chunks = [0, 1].map((at) =>
      chat({ thinking_blocks: [redacted[at]], reasoning_details: [encrypted[at]] }),
    );
    const message = await messageOf(chunks.join('') + chat({ content: 'Hi' }, 'stop'));
    expect(message.thinking_blocks).to.deep.equal(redacted);
    expect(message.reasoning_details).to.deep.equal(encrypted);
  });

  it('chat: the legacy function_call, and types of calls that aren’t functions', async () => {
    const legacy = await messageOf(
      chat({ content: null, function_call: { name: 'f', arguments: '' } }) +
        chat({ function_call: { arguments: '{"x":1}' } }, 'function_call'),
    );
    const function_call = { name: 'f', arguments: '{"x":1}' };
    expect(legacy).to.deep.equal({ role: 'assistant', content: null, function_call });
    const builtin = { ...called, type: 'builtin_function' };
    const message = await messageOf(call({ index: 0, ...builtin }) + chat({}, 'tool_calls'));
    expect(message.tool_calls).to.deep.equal([builtin]);
  });

  it('Anthropic: a server’s call without a result at the end', async () => {
    const search = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} };
    const stream = (reason: string) =>
      start() +
      block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hm' }) +
      block(1, search, { type: 'input_json_delta', partial_json: '{"query":"lat' }) +
      end(reason);
    const text = { type: 'text', text: 'Hm' };
    expect((await messageOf(stream('max_tokens'))).content).to.deep.equal([text]);
    expect((await messageOf(stream('pause_turn'))).content).to.deep.equal([text, search]);
  });

  it('responses: reasoning that nothing follows', async () => {
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [] };
    const stream = response('incomplete', {
      response: {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output: [reasoning],
      },
    });
    expect(await messageOf(stream)).to.deep.equal([]);
  });
});

describe('completion: approvals of the AI SDK', () => {
  const stream = (...chunks: object[]) =>
    [{ type: 'start' }, ...chunks, { type: 'finish', finishReason: 'tool-calls' }].map(data).join('');
  const approval = { type: 'tool-approval-request', approvalId: 'ap', toolCallId: 'c' };
  const input = { type: 'tool-input-available', toolCallId: 'c', toolName: 'pay', input: { n: 1 } };
  const expected = { id: 'c', name: 'pay', arguments: '{"n":1}', kind: 'tool-approval-request' };

  for (const [executor, more] of [
    ['the server', {}],
    ['the provider', { providerExecuted: true, dynamic: true }],
  ] as const) {
    it(`a call that ${executor} executes waits for the client`, async () => {
      const { result } = await ask([stream({ ...input, ...more }, approval)]);
      expect(result?.toolCalls).to.deep.equal([expected]);
      expect(result?.toMessage().parts[0].approval).to.deep.equal({ id: 'ap' });
    });

    it(`a call that ${executor} executes, which was approved at once`, async () => {
      const output = { type: 'tool-output-available', toolCallId: 'c', output: 'paid' };
      const { result, parts } = await ask([stream({ ...input, ...more }, approval, output)]);
      expect(result?.toolCalls).to.deep.equal([]);
      const types = parts.map(({ type }) => type).filter((type) => /^server/.test(type));
      expect(types).to.deep.equal(['server-tool-call', 'server-tool-result']);
    });
  }

  it('the result of a call of an earlier answer', async () => {
    const output = { type: 'tool-output-available', toolCallId: 'c', output: { ok: 1 } };
    const text = { type: 'text-delta', id: '0', delta: 'Paid' };
    const { result, parts } = await ask([stream(output, text)]);
    const found = parts.find(({ type }) => type === 'server-tool-result');
    expect(found).to.deep.equal({ type: 'server-tool-result', id: 'c', name: '', result: { ok: 1 } });
    expect(result?.toMessage().parts).to.deep.equal([{ type: 'text', text: 'Paid' }]);
  });
});
