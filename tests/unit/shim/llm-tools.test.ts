/** A chat with a tool loop of two turns in each format. The second request is built with `toMessage()`. */

import { expect } from 'chai';
import { completion, type ToolCall } from 'eventsource-wasm/llm';
import { completionFixtures, toStream } from '../../support/fixtures/completions.js';
import { Scenario } from '../../support/server/scenario.js';

// biome-ignore lint/suspicious/noExplicitAny: requests and messages have each provider's shape.
type Json = any;

interface Chat {
  /** The name of the fixture with the first answer, which calls tools. */
  first: string;
  /** The name of the fixture with the second answer. */
  second: string;
  /** The name of the request's member with the messages. */
  messages: string;
  question: Json;
  /** The messages with the results of the calls. */
  answers(calls: ToolCall[]): Json[];
  /** Texts that the provider requires in the second request. */
  required: string[];
}

const chats: Record<string, Chat> = {
  'openai-chat': {
    first: 'OpenAI chat: reasoning that the next request repeats, beside a call',
    second: 'like OpenAI: reasoning, comments while it waits, no [DONE]',
    messages: 'messages',
    question: { role: 'user', content: 'How warm is Bern?' },
    answers: (calls) =>
      calls.map(({ id, name }) => ({ role: 'tool', tool_call_id: id, content: `the result of ${name}` })),
    required: ['"call_a"', 'the result of weather', '"thought_signature":"Th"', '"signature":"Sg"'],
  },
  'openai-responses': {
    first: 'OpenAI responses: encrypted reasoning, a search, two calls, citations',
    second: 'OpenAI responses: incomplete',
    messages: 'input',
    question: { role: 'user', content: 'How warm is Bern?' },
    answers: (calls) =>
      calls.map(({ id, name }) => ({
        type: 'function_call_output',
        call_id: id,
        output: `the result of ${name}`,
      })),
    required: ['"call_4"', '"call_5"', 'the result of f', '"encrypted_content":"gAAA"'],
  },
  anthropic: {
    first: 'Anthropic: thinking, text, calls, usage in two places',
    second: 'Anthropic: hidden thinking, a server’s tool, citations',
    messages: 'messages',
    question: { role: 'user', content: 'How warm is Bern?' },
    answers: (calls) => [
      {
        role: 'user',
        content: calls.map(({ id, name }) => ({
          type: 'tool_result',
          tool_use_id: id,
          content: `the result of ${name}`,
        })),
      },
    ],
    required: ['"toolu_1"', '"toolu_2"', 'the result of now', '"signature":"EqQB"'],
  },
  google: {
    first: 'Google: thoughts, text, a call',
    second: 'Google: signatures, two calls, code that ran, an image',
    messages: 'contents',
    question: { role: 'user', parts: [{ text: 'How warm is Bern?' }] },
    answers: (calls) => [
      {
        role: 'user',
        parts: calls.map(({ name }) => ({
          functionResponse: { name, response: { output: `the result of ${name}` } },
        })),
      },
    ],
    required: ['"functionCall"', 'the result of weather', '"thoughtSignature":"Cv"'],
  },
};

describe('completion: a tool loop of two turns', () => {
  for (const [format, chat] of Object.entries(chats)) {
    it(format, async () => {
      const fixtures = [completionFixtures[chat.first], completionFixtures[chat.second]];
      if (!fixtures[0] || !fixtures[1]) expect.fail('a fixture is missing');
      const scenario = await Scenario.of(
        ...fixtures.map((fixture) => ({ steps: [toStream(fixture as never)] })),
      );
      let messages: Json[] = [chat.question];
      const texts: string[] = [];
      for (let turn = 0; turn < 2; turn++) {
        const answer = completion(scenario.url, { body: { [chat.messages]: messages } });
        for await (const part of answer)
          if (part.type === 'text') texts[turn] = (texts[turn] ?? '') + part.text;
        const result = await answer.result();
        messages = messages.concat(result.toMessage());
        if (turn === 0) {
          expect(result.toolCalls).to.not.be.empty;
          messages = messages.concat(chat.answers(result.toolCalls));
        } else {
          expect(result.text).to.equal(texts[1]);
        }
      }
      const [first, second, ...more] = (await scenario.requests()).map(({ body }) => JSON.parse(body));
      expect(more).to.deep.equal([]);
      expect(first[chat.messages]).to.deep.equal([chat.question]);
      const sent: Json[] = second[chat.messages];
      expect(sent[0]).to.deep.equal(chat.question);
      expect(sent).to.deep.equal(messages.slice(0, sent.length));
      const text = JSON.stringify(sent);
      for (const wanted of chat.required) expect(text).to.contain(wanted);
    });
  }
});
