import { useState } from 'react';
import { Answer } from './answer.jsx';

export function App() {
  const [question, setQuestion] = useState();

  function ask(event) {
    event.preventDefault();
    const text = new FormData(event.target).get('question');
    setQuestion({ id: crypto.randomUUID(), text });
  }

  return (
    <main>
      <form onSubmit={ask}>
        <input name="question" defaultValue="How does the story begin?" aria-label="Question" />
        <button type="submit">Ask</button>
        <button type="button" onClick={() => setQuestion(undefined)}>
          Stop
        </button>
      </form>
      {question && <Answer key={question.id} question={question.text} />}
    </main>
  );
}
