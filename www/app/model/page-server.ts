/**
 * The model server in the page: the same API as `www/server`, for hosts that only serve files. It uses the package's
 * own `/testing`, behind `fetch`.
 */

import {
  createEventServer,
  type EventServerRequest,
  type FakeFormat,
  fakeCompletion,
} from 'eventsource-wasm/testing';
import { answer, catalogue, toText } from '../../server/catalogue.mjs';
import { errorBody } from '../../server/errors.mjs';
import { type Faults, faultInStream, faultParameters, wrongBodies } from '../../server/faults.mjs';
import { blocks, feedParameters, headlinesOf, lastId } from '../../server/feed-events.mjs';
import { integer, number, ParameterError, readParameters } from '../../server/parameters.mjs';
import { format } from '../../server/sse-format.mjs';
import alice from '../../texts/alice.txt';
import emoji from '../../texts/emoji.txt';
import hojoki from '../../texts/hojoki.txt';
import masnavi from '../../texts/masnavi.txt';
import peachBlossom from '../../texts/peach-blossom.txt';
import taoteking from '../../texts/taoteking.txt';

const KEY = 'demo-key';

const files: Record<string, string> = {
  ...{ alice, emoji, hojoki, masnavi, taoteking },
  'peach-blossom': peachBlossom,
};
const texts = new Map(catalogue.map((entry) => [entry.id, toText(entry, files[entry.id] ?? '')]));
const headlines = headlinesOf(texts.values());

const completionParameters = {
  ...faultParameters,
  chunk_bytes: integer(0, 1_000_000),
  tokens_per_second: number(0, 100_000),
};

/** The format of the answer, by the end of the path, as in the providers' APIs. */
const formats: [RegExp, FakeFormat][] = [
  [/\/chat\/completions$/, 'openai-chat'],
  [/\/responses$/, 'openai-responses'],
  [/\/messages$/, 'anthropic'],
  [/:streamGenerateContent$/, 'google'],
  [/\/v2\/chat$/, 'cohere'],
  [/\/v1\/chat$/, 'ai-sdk'],
];

/** The providers' finish reasons for an answer that ends at the limit. */
const cutReasons: Record<FakeFormat, string> = {
  'openai-chat': 'length',
  'openai-responses': 'max_output_tokens',
  anthropic: 'max_tokens',
  google: 'MAX_TOKENS',
  'ai-sdk': 'length',
  cohere: 'MAX_TOKENS',
};

/** Replaces `fetch` by one that answers requests to the page's own API. All others are sent to the network. */
export function installPageServer(base: string): void {
  const { fetch: playedFetch } = createPageServer(base);
  const networkFetch = globalThis.fetch.bind(globalThis);
  globalThis.fetch = async (input, init) => {
    const { href, pathname, searchParams } = new URL(
      input instanceof Request ? input.url : `${input}`,
      document.baseURI,
    );
    const isOwn = href.startsWith(base) && /\/(v\d\w*\/|feed$)/.test(pathname);
    if (!isOwn) return networkFetch(input, init);
    const response = await playedFetch(input, init);
    return inPieces(response, Number(searchParams.get('chunk_bytes')) || 0);
  };
}

/** Whether a header has the key: each provider uses a different one. */
const hasKey = (headers: Headers): boolean =>
  headers.get('Authorization') === `Bearer ${KEY}` ||
  [headers.get('x-api-key'), headers.get('x-goog-api-key')].includes(KEY);

const createPageServer = (base: string) =>
  createEventServer({
    onRequest: async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const path = pathname.slice(new URL(base).pathname.length - 1);
      try {
        if (path === '/feed') await playFeed(request, searchParams);
        else if (!hasKey(request.headers)) refuseKey(request);
        else if (path === '/v1/models') listModels(request);
        else await playAnswer(request, path, searchParams);
      } catch (error) {
        if (!(error instanceof ParameterError)) throw error;
        const { message, parameter: param, allowed } = error;
        request.refuse(400, {}, errorBody(message, { param, allowed }));
      }
    },
  });

function listModels(request: EventServerRequest): void {
  const data = [...texts.values()].map(({ id, title, language }) => ({
    ...{ id, object: 'model', created: 0, owned_by: 'eventsource-wasm', title, language },
  }));
  request.refuse(200, {}, { object: 'list', data });
}

async function playAnswer(request: EventServerRequest, path: string, query: URLSearchParams): Promise<void> {
  const { alt: _, ...parameters } = Object.fromEntries(query);
  const switches = readParameters(completionParameters, parameters);
  if (answerWithFault(request, switches)) return;
  const shape = formats.find(([pattern]) => pattern.test(path))?.[1];
  const body = await request.json();
  const named = /models\/([^:]+):/.exec(path)?.[1] ?? body?.model;
  const text = texts.get(named);
  if (!shape || !text) {
    const message = shape ? `The model '${named}' does not exist.` : `There is nothing at ${path}.`;
    request.refuse(404, {}, errorBody(message));
    return;
  }
  const asked =
    body?.max_completion_tokens ??
    body?.max_tokens ??
    body?.max_output_tokens ??
    body?.maxTokens ??
    body?.generationConfig?.maxOutputTokens;
  const { length } = text.tokens;
  // Anthropic requires a limit in every request, so there it only shortens the text. With others it also lengthens it.
  const maxTokens = shape === 'anthropic' && asked ? Math.min(asked, length) : asked;
  const { tokens_per_second: rate = 60, fault, after = fault === 'cut' ? 5 : 0 } = switches;
  const fails = fault === 'cut' || fault === 'silence';
  await fakeCompletion(shape, {
    model: text.id,
    text: [...answer(text, maxTokens)],
    ...(maxTokens && maxTokens !== length && { finishReason: cutReasons[shape] }),
    ...(rate > 0 && { tokensPerSecond: rate }),
    // As in `www/server`, where the first event of an answer counts too.
    ...(fails && { failAfter: Math.max(0, after - 1), failWith: fault === 'cut' ? 'cut' : 'stall' }),
  })(request);
}

async function playFeed(request: EventServerRequest, query: URLSearchParams): Promise<void> {
  const {
    rate = 2,
    retry = 2000,
    count,
    heartbeat = 15,
    chunk_bytes: _,
    ...faults
  } = readParameters(feedParameters, Object.fromEntries(query));
  if (answerWithFault(request, faults)) return;
  request.open();
  const start = performance.now();
  let sent = 0;
  for (const block of blocks({ after: lastId(request.lastEventId), retry, count, headlines })) {
    if (block.data !== undefined) {
      const fault = faultInStream(faults, sent);
      if (fault === 'silence') return request.stall();
      if (fault === 'cut') return request.cut();
      // Wait even without a rate limit, so that the page can draw.
      await untilTime(request, rate > 0 ? start + (sent / rate) * 1000 : 0, heartbeat * 1000);
      sent += 1;
    }
    if (!request.isOpen) return;
    request.write(format(block));
  }
  request.end();
}

async function untilTime(request: EventServerRequest, due: number, heartbeat: number): Promise<void> {
  for (;;) {
    const left = due - performance.now();
    const wait = Math.max(0, Math.min(left, heartbeat));
    if (left > 0 || due === 0)
      await Promise.race([new Promise((done) => setTimeout(done, wait)), request.closed]);
    if (left <= heartbeat || !request.isOpen) return;
    request.comment('heartbeat');
  }
}

/** Sends a fault's response instead of the stream, if it has one. */
function answerWithFault(
  request: EventServerRequest,
  { fault, retry_after = 20, type = 'text/html' }: Faults,
) {
  switch (fault) {
    case '401':
      refuseKey(request);
      return true;
    case '429': {
      const message = `Rate limit reached. Please try again in ${retry_after}s.`;
      const body = errorBody(message, { type: 'requests', code: 'rate_limit_exceeded' });
      request.refuse(429, { 'Retry-After': `${retry_after}` }, body);
      return true;
    }
    case '204':
      request.refuse(204);
      return true;
    case 'type':
      request.refuse(200, { 'Content-Type': type }, wrongBodies[type] ?? '');
      return true;
    case 'refuse':
      request.networkError();
      return true;
    default:
      return false;
  }
}

function refuseKey(request: EventServerRequest): void {
  const message = 'Incorrect or missing API key. Send it as Authorization: Bearer <key>.';
  request.refuse(401, { 'WWW-Authenticate': 'Bearer' }, errorBody(message, { code: 'invalid_api_key' }));
}

/** Splits the body of a response into chunks of `size` bytes. */
function inPieces(response: Response, size: number): Response {
  if (size === 0 || !response.body) return response;
  const pieces = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        for (let at = 0; at < chunk.length; at += size) controller.enqueue(chunk.slice(at, at + size));
      },
    }),
  );
  const { status, headers, url } = response;
  return Object.defineProperty(new Response(pieces, { status, headers }), 'url', { value: url });
}
