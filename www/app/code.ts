/** Generates the code for the chosen options, which users can paste into their app and run. */

import type { ApiName } from './apis';
import type { FeedOptions } from './feed-options';
import { type FormatName, formats, headersOf } from './formats';

export interface ChatCode {
  url: string;
  model: string;
  api: ApiName;
  format: FormatName;
  maxTokens: number | undefined;
}

export const chatCode = (request: ChatCode): string => chatCodes[request.api](request);

const KEY = `const key = 'YOUR_API_KEY';`;
const SHOW = 'console.log(text);';

/** The body of the request, as a literal without its braces. */
const body = ({ format, model, maxTokens }: ChatCode, indent: string): string => {
  const messages = [{ role: 'user' as const, content: 'Read to me.' }];
  return members(formats[format].body({ model, messages, maxTokens }), indent);
};

// biome-ignore lint/suspicious/noTemplateCurlyInString: part of a template string in the generated code.
const INSERTED_KEY = '${key}';

const headers = ({ format }: ChatCode): string => {
  const lines = Object.entries(headersOf(format, INSERTED_KEY)).map(([name, value]) => {
    const isInserted = value.includes(INSERTED_KEY);
    const text = value === INSERTED_KEY ? 'key' : isInserted ? `\`${value}\`` : quote(value);
    return `    ${/^\w+$/.test(name) ? name : quote(name)}: ${text},\n`;
  });
  return `{\n${lines.join('')}  }`;
};

const post = (request: ChatCode) => `  method: 'POST',
  headers: {
    Authorization: \`Bearer \${key}\`,
    'Content-Type': 'application/json',
  },
  body: JSON.stringify({
${body(request, '    ')}
  }),`;

const chatCodes: Record<ApiName, (request: ChatCode) => string> = {
  completion: (request) => `import { completion } from 'eventsource-wasm/llm';

${KEY}
const answer = completion(${quote(request.url)}, {
  headers: ${headers(request)},
  body: {
${body(request, '    ')}
  },
});

for await (const part of answer) {
  if (part.type === 'text') console.log(part.text);
}
`,

  EventSource: (request) => `import { EventSource } from 'eventsource-wasm';

${KEY}
const source = new EventSource(${quote(request.url)}, {
${post(request)}
});

source.onmessage = ({ data }) => {
  if (data === '[DONE]') {
    source.close();
    return;
  }
  const text = JSON.parse(data).choices[0]?.delta.content;
  if (text) ${SHOW}
};
source.onerror = ({ message }) => console.error(message);
`,

  fetchEventSource: (request) => `import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';

${KEY}
await fetchEventSource(${quote(request.url)}, {
${post(request)}
  onmessage({ data }) {
    if (data === '' || data === '[DONE]') return;
    const text = JSON.parse(data).choices[0]?.delta.content;
    if (text) ${SHOW}
  },
});
`,

  events: (request) => `import { events } from 'eventsource-wasm/stream';

${KEY}
const stream = events(${quote(request.url)}, {
${post(request)}
});

for await (const { data } of stream) {
  if (data === '[DONE]') break;
  const text = JSON.parse(data).choices[0]?.delta.content;
  if (text) ${SHOW}
}
`,
};

export function feedCode({
  url,
  method,
  headers,
  body,
  reconnect,
  idleTimeout,
  lastEventId,
  shared,
}: FeedOptions): string {
  const init = [
    ...(method === 'GET' ? [] : [`method: ${quote(method)},`]),
    ...(headers.length === 0
      ? []
      : ['headers: {', ...headers.map(([name, value]) => `  ${quote(name)}: ${quote(value)},`), '},']),
    ...(body === undefined ? [] : [`body: ${quote(body)},`]),
    ...(reconnect === undefined ? [] : [`reconnect: ${literal(reconnect)},`]),
    ...(idleTimeout === undefined ? [] : [`idleTimeout: ${idleTimeout},`]),
    ...(lastEventId === '' ? [] : [`lastEventId: ${quote(lastEventId)},`]),
    'onEvent: ({ type, data, lastEventId }) => console.log(type, lastEventId, data),',
  ];
  const name = shared ? 'SharedEventSource' : 'EventSource';
  return `import { ${name} } from 'eventsource-wasm${shared ? '/shared' : ''}';

const source = new ${name}(${quote(url)}, {
${init.map((line) => `  ${line}`).join('\n')}
});

source.onopen = () => console.log('open');
source.onerror = ({ message }) => console.error(message);
`;
}

const quote = (text: string): string =>
  `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;

const members = (object: object, indent: string): string =>
  Object.entries(object)
    .map(([name, value]) => `${indent}${name}: ${nested(value)},`)
    .join('\n');

/** A JSON value as a literal in one line. */
function nested(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map(nested).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return `${value}`;
  const all = Object.entries(value).map(([name, member]) => `${name}: ${nested(member)}`);
  return `{ ${all.join(', ')} }`;
}

const literal = (value: boolean | Record<string, unknown>): string =>
  typeof value === 'boolean'
    ? `${value}`
    : `{ ${Object.entries(value)
        .map(([name, member]) => `${name}: ${Array.isArray(member) ? `[${member.join(', ')}]` : member}`)
        .join(', ')} }`;
