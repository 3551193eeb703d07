/** The request as its user would write it, to be read beside the stream. Keys stay out of it. */
export function chatCode(url: string, model: string): string {
  return `new EventSource(${quote(short(url))}, {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json',
    Authorization: \`Bearer \${key}\`,
  },
  body: JSON.stringify({
    model: ${quote(model)},
    messages,
    stream: true,
  }),
  signal,
});`;
}

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
