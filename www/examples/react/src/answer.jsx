import { useEventSource } from 'eventsource-wasm/react';
import { useState } from 'react';

export function Answer({ question }) {
  const [text, setText] = useState('');
  const { readyState, error } = useEventSource('/v1/chat/completions', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer demo-key' },
    body: JSON.stringify({
      model: 'alice',
      stream: true,
      max_tokens: 60,
      messages: [{ role: 'user', content: question }],
    }),
    onMessage({ data }) {
      if (data === '[DONE]') return;
      const [choice] = JSON.parse(data).choices;
      setText((before) => before + (choice?.delta.content ?? ''));
    },
  });
  return (
    <>
      <output aria-busy={readyState !== 2}>{text}</output>
      {error && <p role="alert">{error.message}</p>}
    </>
  );
}
