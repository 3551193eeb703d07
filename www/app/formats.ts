/** The provider formats that the chat supports: path, body and headers of the request. */
import type { Message } from './completion';

interface Asked {
  model: string;
  messages: Message[];
  maxTokens?: number | undefined;
}

interface Format {
  label: string;
  /** The path below the base URL. A version at its start replaces that of the base URL. */
  path(model: string): string;
  body(asked: Asked): object;
  /** Default: the key as a bearer token. */
  headers?(key: string): Record<string, string>;
}

const chat = ({ model, messages, maxTokens }: Asked) => ({
  model,
  messages,
  stream: true,
  ...(maxTokens && { max_tokens: maxTokens }),
});

/** The formats, by their names in `completion`. */
export const formats = {
  'openai-chat': { label: 'OpenAI chat', path: () => '/chat/completions', body: chat },
  'openai-responses': {
    label: 'OpenAI responses',
    path: () => '/responses',
    body: ({ model, messages, maxTokens }) => ({
      model,
      input: messages,
      stream: true,
      ...(maxTokens && { max_output_tokens: maxTokens }),
    }),
  },
  anthropic: {
    label: 'Anthropic',
    path: () => '/messages',
    // This API requires a limit.
    body: (asked) => chat({ ...asked, maxTokens: asked.maxTokens ?? 4096 }),
    headers: (key) => ({
      'x-api-key': key,
      'anthropic-version': '2023-06-01',
      'anthropic-dangerous-direct-browser-access': 'true',
    }),
  },
  google: {
    label: 'Google',
    headers: (key) => ({ 'x-goog-api-key': key }),
    path: (model) => `/v1beta/models/${encodeURIComponent(model)}:streamGenerateContent?alt=sse`,
    body: ({ messages, maxTokens }) => ({
      contents: messages.map(({ role, content }) => ({
        role: role === 'user' ? 'user' : 'model',
        parts: [{ text: content }],
      })),
      ...(maxTokens && { generationConfig: { maxOutputTokens: maxTokens } }),
    }),
  },
  'ai-sdk': {
    label: 'AI SDK',
    path: () => '/chat',
    body: ({ model, messages, maxTokens }) => ({
      model,
      messages: messages.map(({ role, content }) => ({ role, parts: [{ type: 'text', text: content }] })),
      ...(maxTokens && { maxTokens }),
    }),
  },
  cohere: { label: 'Cohere', path: () => '/v2/chat', body: chat },
} satisfies Record<string, Format>;

export function headersOf(format: FormatName, key: string): Record<string, string> {
  const { headers }: Format = formats[format];
  return headers?.(key) ?? { Authorization: `Bearer ${key}` };
}

export type FormatName = keyof typeof formats;
