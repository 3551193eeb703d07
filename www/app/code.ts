import type { FaceName } from './faces';

/** The request as its user would write it, to be read beside the stream. Keys stay out of it. */
export const chatCode = (url: string, model: string, face: FaceName, members: string[]): string =>
  chatCodes[face](quote(short(url)), quote(model), members);

const post = (model: string) => `  method: 'POST',
  headers: {
    'Content-Type': 'application/json',
    Authorization: \`Bearer \${key}\`,
  },
  body: JSON.stringify({
    model: ${model},
    messages,
    stream: true,
  }),
  signal,`;

const show = 'show(JSON.parse(data).choices[0].delta.content);';

const values: Record<string, string> = { stream: 'true', max_tokens: '4096' };

const chatCodes: Record<FaceName, (url: string, model: string, members: string[]) => string> = {
  completion: (url, model, members) => `import { completion } from 'eventsource-wasm/llm';

const answer = completion(${url}, {
  headers: {
    Authorization: \`Bearer \${key}\`,
  },
  body: {
${members.map((name) => (name === 'model' ? `    model: ${model},` : `    ${name}${values[name] ? `: ${values[name]}` : ''},`)).join('\n')}
  },
  signal,
});
for await (const part of answer) {
  if (part.type === 'text') show(part.text);
}`,

  EventSource: (url, model) => `import { EventSource } from 'eventsource-wasm';

const source = new EventSource(${url}, {
${post(model)}
});
source.onmessage = ({ data }) => {
  if (data === '[DONE]') source.close();
  else ${show}
};`,

  fetchEventSource: (url, model) => `import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';

await fetchEventSource(${url}, {
${post(model)}
  onmessage({ data }) {
    if (data === '[DONE]') return;
    ${show}
  },
});`,

  events: (url, model) => `import { events } from 'eventsource-wasm/stream';

const stream = events(${url}, {
${post(model)}
});
for await (const { data } of stream) {
  if (data === '[DONE]') break;
  ${show}
}`,
};

export function feedCode(url: string, method: string, headerNames: string[], types: string[]): string {
  const init = [
    ...(method === 'GET' ? [] : [`  method: ${quote(method)},`, '  body,']),
    ...(headerNames.length === 0
      ? []
      : [`  headers: { ${headerNames.map((name) => `${quote(name)}: …`).join(', ')} },`]),
  ];
  return [
    `const feed = new EventSource(${quote(short(url))}${init.length === 0 ? '' : `, {\n${init.join('\n')}\n}`});`,
    ...['message', ...types].map((type) => `feed.addEventListener(${quote(type)}, show);`),
  ].join('\n');
}

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const short = (url: string): string =>
  url.startsWith(`${location.origin}/`) ? url.slice(location.origin.length) : url;
