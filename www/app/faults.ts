interface Fault {
  name: string;
  label: string;
  /** The parameters of the demo server. */
  query: Record<string, string>;
}

/** The faults of the demo server that the chat view offers. The first event of an answer has no token. */
export const faults: Fault[] = [
  { name: 'none', label: 'No fault', query: {} },
  { name: 'cut', label: 'Breaks after 20 tokens', query: { fault: 'cut', after: '21' } },
  { name: 'stall', label: 'Silent after 20 tokens', query: { fault: 'silence', after: '21' } },
  { name: 'silence', label: 'Silent from the start', query: { fault: 'silence' } },
  { name: '429', label: 'Too many requests (429)', query: { fault: '429', retry_after: '20' } },
  { name: '401', label: 'Wrong key (401)', query: { fault: '401' } },
  { name: '204', label: 'No content (204)', query: { fault: '204' } },
  { name: 'html', label: 'Answers with a web page', query: { fault: 'type' } },
  { name: 'json', label: 'Answers with JSON', query: { fault: 'type', type: 'application/json' } },
  { name: 'refuse', label: 'Connection refused', query: { fault: 'refuse' } },
];
