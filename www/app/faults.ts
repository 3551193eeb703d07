interface Fault {
  name: string;
  label: string;
  /** The embedded server's switches. */
  query: Record<string, string>;
}

/** What the chat view can ask the embedded server to do wrong. The first event of an answer has no token yet. */
export const faults: Fault[] = [
  { name: 'none', label: 'No fault', query: {} },
  { name: 'cut', label: 'Gone after 20 tokens', query: { fault: 'cut', after: '21' } },
  { name: 'stall', label: 'Silent after 20 tokens', query: { fault: 'silence', after: '21' } },
  { name: 'silence', label: 'Says nothing at all', query: { fault: 'silence' } },
  { name: '429', label: 'Too many requests (429)', query: { fault: '429', retry_after: '20' } },
  { name: '401', label: 'Refuses the key (401)', query: { fault: '401' } },
  { name: '204', label: 'No content (204)', query: { fault: '204' } },
  { name: 'html', label: 'Answers with a web page', query: { fault: 'type' } },
  { name: 'json', label: 'Answers with JSON', query: { fault: 'type', type: 'application/json' } },
  { name: 'refuse', label: 'Refuses the connection', query: { fault: 'refuse' } },
];
