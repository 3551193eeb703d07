/** The embedded server's faults, as its query says them, by the words of the menu. */
export const faults: { label: string; query: Record<string, string> }[] = [
  { label: 'No fault', query: {} },
  { label: 'Goes away after 20 tokens', query: { fault: 'cut', after: '21' } },
  { label: 'Falls silent after 20 tokens', query: { fault: 'silence', after: '21' } },
  { label: 'Says nothing at all', query: { fault: 'silence' } },
  { label: 'Too many requests (429)', query: { fault: '429', retry_after: '20' } },
  { label: 'Refuses the key (401)', query: { fault: '401' } },
  { label: 'No content (204)', query: { fault: '204' } },
  { label: 'Answers with a web page', query: { fault: 'type' } },
  { label: 'Answers with JSON', query: { fault: 'type', type: 'application/json' } },
  { label: 'Refuses the connection', query: { fault: 'refuse' } },
];
