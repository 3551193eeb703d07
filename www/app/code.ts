/** The code that does what is chosen in the page, as it stands in an app of the user's: it can be pasted and run. */

import type { FaceName } from './faces';
import type { FeedOptions } from './feed-options';

export interface ChatCode {
  url: string;
  model: string;
  face: FaceName;
  maxTokens: number | undefined;
}

export const chatCode = (request: ChatCode): string => chatCodes[request.face](request);

const KEY = `const key = 'YOUR_API_KEY';`;
const SHOW = 'console.log(text);';

const body = ({ model, maxTokens }: ChatCode, indent: string): string =>
  [
    `model: ${quote(model)},`,
    `messages: [{ role: 'user', content: 'Read to me.' }],`,
    'stream: true,',
    ...(maxTokens ? [`max_tokens: ${maxTokens},`] : []),
  ]
    .map((line) => `${indent}${line}`)
    .join('\n');

const post = (request: ChatCode) => `  method: 'POST',
  headers: {
    Authorization: \`Bearer \${key}\`,
    'Content-Type': 'application/json',
  },
  body: JSON.stringify({
${body(request, '    ')}
  }),`;

const chatCodes: Record<FaceName, (request: ChatCode) => string> = {
  completion: (request) => `import { completion } from 'eventsource-wasm/llm';

${KEY}
const answer = completion(${quote(request.url)}, {
  headers: { Authorization: \`Bearer \${key}\` },
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

const literal = (value: boolean | Record<string, unknown>): string =>
  typeof value === 'boolean'
    ? `${value}`
    : `{ ${Object.entries(value)
        .map(([name, member]) => `${name}: ${Array.isArray(member) ? `[${member.join(', ')}]` : member}`)
        .join(', ')} }`;
