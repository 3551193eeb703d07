/** `fakeCompletion()`: a fake model that streams one answer in a provider's format. */

import { type Answer, type FakeFormat, type FakeToolCall, type Frame, shapes } from './fake-formats.js';
import { isNodeResponse, type NodeRequest, type NodeResponse, serveNode } from './node-handler.js';
import { answerBy, type EventServerRequest, ServerRequest } from './server-request.js';

/** The answer of {@link fakeCompletion}. */
export interface FakeCompletionInit {
  /** The text. A string is split into tokens, an array contains the tokens. Default: none. */
  text?: string | readonly string[] | undefined;
  /** The reasoning, in the same form as `text`. Default: none. */
  reasoning?: string | readonly string[] | undefined;
  /** The tool calls. Default: none. */
  toolCalls?: readonly FakeToolCall[] | undefined;
  /**
   * The speed. It uses `setTimeout`, so advance your fake timers. Default: no delays and no timers, as fast as the
   * client reads.
   */
  tokensPerSecond?: number | undefined;
  /** Fails after this many tokens, and at the latest before the answer is complete. Default: it does not fail. */
  failAfter?: number | undefined;
  /**
   * The kind of failure: `'cut'` breaks the connection, `'end'` ends the stream too early, `'stall'` sends nothing
   * more, `'error'` sends the provider's error event.
   *
   * @default 'cut'
   */
  failWith?: 'cut' | 'end' | 'stall' | 'error' | undefined;
  /**
   * The provider's reason for the end of the answer, such as `'length'` or `'max_tokens'`. Default: the reason of a
   * complete answer, or of one that ends with tool calls.
   */
  finishReason?: string | undefined;
  /** @default 'fake-model' */
  model?: string | undefined;
}

/**
 * A fake model. It is a function that accepts requests in several forms, so that you can pass it to a scripted server,
 * to Node's `http`, to msw, or to a client as its `fetch`.
 */
export interface FakeCompletion {
  /** Answers a request of a scripted server. Resolves when everything is sent. */
  (request: EventServerRequest): Promise<void>;
  /** A request listener for Node's `http`, Express and similar servers. */
  (request: NodeRequest, response: NodeResponse): Promise<void>;
  /** A resolver for msw: `http.post(url, fakeCompletion(…))`. */
  (info: { request: Request }): Promise<Response>;
  /** A `fetch`, for clients and for servers whose handlers get a `Request`. */
  (input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** The same `fetch` as a member: `export default fakeCompletion(…)` is a server for Bun, Deno and Workers. */
  readonly fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
}

const INPUT_TOKENS = 10;
const FAILURE = 'The model is overloaded.';

/**
 * Creates a fake model that streams one answer in a provider's format.
 *
 * @example
 * const model = fakeCompletion('anthropic', { text: 'Hello world' });
 * const answer = completion('https://api.example/v1/messages', { fetch: model.fetch });
 * expect(await answer.text()).toBe('Hello world');
 *
 * @throws `TypeError` if the format is unknown, or if the arguments of a tool call are not JSON.
 */
export function fakeCompletion(format: FakeFormat, init: FakeCompletionInit = {}): FakeCompletion {
  const shape = shapes[format];
  if (!shape) {
    throw new TypeError(
      `fakeCompletion: the format is ${JSON.stringify(format)}; use one of ${Object.keys(shapes).join(', ')}`,
    );
  }
  const answer = toAnswer(init);
  const { tokensPerSecond, failAfter, failWith = 'cut' } = init;

  async function play(request: EventServerRequest): Promise<void> {
    request.open(shape.headers ? { headers: shape.headers } : {});
    let tokens = 0;
    for (const frame of shape.frames(answer)) {
      const isFailing = frame.kind === 'finish' || (frame.kind === 'token' && tokens === failAfter);
      if (failAfter !== undefined && isFailing) {
        fail(request);
        return;
      }
      if (frame.kind === 'token') {
        tokens++;
        if (tokensPerSecond) await Promise.race([sleep(1000 / tokensPerSecond), request.closed]);
      }
      if (!request.isOpen) return;
      send(request, frame);
    }
    request.end();
  }

  function fail(request: EventServerRequest): void {
    if (failWith === 'stall') {
      request.stall();
      return;
    }
    if (failWith === 'error') send(request, shape.failure(FAILURE));
    if (failWith === 'cut') request.cut();
    else request.end();
  }

  const fetch: FakeCompletion['fetch'] = (input, init) =>
    answerBy(play, new ServerRequest({ number: 1, input, init }));

  const handle = (
    input: EventServerRequest | NodeRequest | { request: Request } | RequestInfo | URL,
    second?: NodeResponse | RequestInit,
  ): Promise<unknown> => {
    if (isNodeResponse(second)) return serveNode(fetch, input as NodeRequest, second);
    if (typeof input === 'object' && 'send' in input) return play(input);
    if (typeof input === 'object' && 'request' in input) return fetch(input.request);
    return fetch(input as RequestInfo | URL, second);
  };
  return Object.assign(handle as FakeCompletion, { fetch });
}

function toAnswer(init: FakeCompletionInit): Answer {
  const { text, reasoning, toolCalls = [], finishReason, model = 'fake-model' } = init;
  const answer: Answer = {
    model,
    finishReason,
    reasoning: toTokens(reasoning),
    text: toTokens(text),
    toolCalls: toolCalls.map((call, index) => {
      const { name, id = `call_${index + 1}` } = call;
      const whole = toJson(call);
      return { id, name, arguments: whole, pieces: toTokens(whole) };
    }),
    inputTokens: INPUT_TOKENS,
    outputTokens: 0,
  };
  const pieces = answer.toolCalls.flatMap((call) => call.pieces);
  answer.outputTokens = answer.reasoning.length + answer.text.length + pieces.length;
  return answer;
}

function toJson({ name, arguments: given = {} }: FakeToolCall): string {
  if (typeof given !== 'string') return JSON.stringify(given);
  try {
    JSON.parse(given);
    return given;
  } catch (cause) {
    const message = `fakeCompletion: the arguments of the tool call "${name}" are not JSON: ${given}`;
    throw new TypeError(message, { cause });
  }
}

/** Splits text into words, each with the space before it, and long words into pieces. Nothing is lost. */
function toTokens(text: string | readonly string[] | undefined): string[] {
  if (typeof text !== 'string') return [...(text ?? [])];
  return text.match(/\s*\S{1,10}|\s+$/gu) ?? [];
}

function send(request: EventServerRequest, { event, data }: Frame): void {
  request.send({ event, data });
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
