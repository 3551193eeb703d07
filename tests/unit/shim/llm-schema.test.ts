/** Tests structured output: `schema`, partial objects and `partialJson`. */

import { expect } from 'chai';
import {
  CompletionError,
  type CompletionPart,
  completion,
  partialJson,
  type StandardSchema,
} from 'eventsource-wasm/llm';
import * as z from 'zod';

/** `{ city: string, days: number[] }` in the form of a schema library. */
const trip: StandardSchema<{ city: string; days: number[] }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    async validate(value) {
      const { city, days } = value as { city: unknown; days: unknown };
      const issues = [];
      if (typeof city !== 'string') issues.push({ message: 'not text', path: ['city'] });
      if (!Array.isArray(days)) issues.push({ message: 'not a list', path: [{ key: 'days' }] });
      return issues.length > 0 ? { issues } : { value: { city: city as string, days: days as number[] } };
    },
  },
};

function answer(text: string, reason = 'stop', size = 3): Response {
  const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
  const chunks = [
    ...pieces.map((content) => ({ choices: [{ delta: { content } }] })),
    { choices: [{ delta: {}, finish_reason: reason }] },
  ];
  return new Response(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''), {
    headers: { 'Content-Type': 'text/event-stream' },
  });
}

async function failure(promise: Promise<unknown>): Promise<CompletionError> {
  const error = await promise.then(
    () => undefined,
    (error) => error,
  );
  expect(error).to.be.instanceOf(CompletionError);
  return error;
}

describe('partialJson', () => {
  const whole = {
    a: 'x "y" \\ \n é 😀',
    b: [1, -2.5e3, true, false, null, [], {}, [[{}]]],
    'c"d': { e: { f: '' } },
    __proto__x: 'own',
  };
  const tables: [text: string, value: unknown][] = [
    ['', undefined],
    ['  ', undefined],
    ['{', {}],
    ['{"', {}],
    ['{"a', {}],
    ['{"a"', {}],
    ['{"a":', {}],
    ['{"a":"', { a: '' }],
    ['{"a":"b', { a: 'b' }],
    ['{"a":"b\\', { a: 'b' }],
    ['{"a":"b\\u00e', { a: 'b' }],
    ['{"a":"b\\u00e9', { a: 'bé' }],
    ['{"a":"b\\ud83d', { a: 'b' }],
    ['{"a":"b\\ud83d\\', { a: 'b' }],
    ['{"a":"b\\ud83d\\ude0', { a: 'b' }],
    ['{"a":"b\\ud83d\\ude00', { a: 'b😀' }],
    ['{"a":"b\\ud83d"', { a: 'b\ud83d' }],
    ['{"a":"b\\\\ud83d', { a: 'b\\ud83d' }],
    ['{"a":"b\\\\', { a: 'b\\' }],
    ['{"a":"b\\"', { a: 'b"' }],
    ['{"a":"b"', { a: 'b' }],
    ['{"a":"b",', { a: 'b' }],
    ['{"a":"b","c', { a: 'b' }],
    ['{"a":1', {}],
    ['{"a":1,', { a: 1 }],
    ['{"a":tru', {}],
    ['{"a":true', { a: true }],
    ['[', []],
    ['[1,2', [1]],
    ['[1,2]', [1, 2]],
    ['["a",["b', ['a', ['b']]],
    ['"text', 'text'],
    ['12', 12],
    ['```json\n{"a":[1,', { a: [1] }],
    ['```json\n{"a":[1]}\n```', { a: [1] }],
    ['```json\n{"a":[1]}```', { a: [1] }],
    ['```json {"a":1', {}],
    ['{"a":"```', { a: '```' }],
    ['Sure: {"a":1}', undefined],
    ['{"a":1} and more', { a: 1 }],
  ];
  for (const [text, value] of tables) {
    it(text || 'an empty string', () => {
      expect(partialJson(text)).to.deep.equal(value);
    });
  }

  for (const indent of [undefined, 2]) {
    it(`every prefix of a document${indent ? ', indented' : ''} has a value, which never shrinks`, () => {
      const text = JSON.stringify(whole, undefined, indent);
      let size = 0;
      for (let length = 1; length <= text.length; length++) {
        if (/[\ud800-\udbff]$/.test(text.slice(0, length))) continue;
        const value = partialJson(text.slice(0, length));
        expect(value, text.slice(0, length)).to.be.an('object');
        const grown = JSON.stringify(value).length;
        // Omitted members reappear in longer prefixes.
        expect(grown, text.slice(0, length)).to.be.at.least(size);
        size = grown;
      }
      expect(partialJson(text)).to.deep.equal(whole);
    });
  }

  it('a long string', () => {
    const text = 'é'.repeat(1_000_000);
    expect(partialJson(`{"a":"${text}`)).to.deep.equal({ a: text });
    // WebKit's regular expressions fail after a million repetitions.
    expect(partialJson(`{"a":"${'\\n'.repeat(100_000)}`)).to.deep.equal({ a: '\n'.repeat(100_000) });
  });
});

describe('completion: schema', () => {
  it('partial objects, then the validated object', async () => {
    const asked = completion(answer('{"city":"Bern","days":[1,2]}'), { schema: trip });
    const parts: CompletionPart[] = [];
    for await (const part of asked) parts.push(part);
    const objects = parts.flatMap((part) => (part.type === 'object' ? [part] : []));
    expect(objects[0]?.object).to.deep.equal({});
    expect(objects.map(({ object }) => JSON.stringify(object))).to.include('{"city":"Bern","days":[]}');
    expect(objects.filter(({ isFinal }) => isFinal)).to.have.length(1);
    expect(parts.at(-2)).to.deep.equal({
      type: 'object',
      object: { city: 'Bern', days: [1, 2] },
      isFinal: true,
    });
    expect(parts.at(-1)).to.deep.equal({ type: 'finish', reason: 'stop' });
    const { object } = await asked.result();
    expect(object.city).to.equal('Bern');
    expect(object.days).to.deep.equal([1, 2]);
  });

  it('a zod schema', async () => {
    const schema = z.object({
      city: z.string(),
      days: z.array(z.number()),
      note: z.string().default('none'),
    });
    const { object } = await completion(answer('{"city":"Bern","days":[1]}'), { schema }).result();
    const note: string = object.note;
    expect(object).to.deep.equal({ city: 'Bern', days: [1], note: 'none' });
    expect(note).to.equal('none');
    const error = await failure(completion(answer('{"city":"Bern","days":["x"]}'), { schema }).result());
    expect(error.message).to.match(/days\.0: /);
  });

  const json = '{"city":"Bern","days":[]}';
  for (const text of [
    `\n${json}`,
    `\`\`\`json\n${json}\n\`\`\``,
    `\`\`\`json\n${json}\`\`\``,
    `\`\`\` ${json} \`\`\`\n`,
    `\`\`\`json\n${json}\n\`\`\`\nHope it [helps]!`,
    `Here it is:\n\`\`\`json\n${json}\n\`\`\``,
    `See [1] and {x}:\n\`\`\`\n${json}\n\`\`\`\nDone.`,
    `The trip: ${json}`,
    `${json}\n\nHope it helps {x}!`,
    `<think>\nA {city} and "days".\n</think>\n\n${json}`,
    `<think>{"city":1}</think>\`\`\`json\n${json}\`\`\``,
  ]) {
    it(`JSON in a code block, or with text around it: ${JSON.stringify(text)}`, async () => {
      const asked = completion(answer(text, 'stop', 1), { schema: trip });
      for await (const part of asked) {
        if (part.type !== 'object') continue;
        expect(part.object).to.be.an('object');
        expect({ city: 'Bern', days: [], ...(part.object as object) }).to.have.all.keys('city', 'days');
      }
      expect((await asked.result()).object).to.deep.equal({ city: 'Bern', days: [] });
    });
  }

  it('an answer that doesn’t match', async () => {
    const error = await failure(completion(answer('{"city":7}'), { schema: trip }).result());
    expect(error.kind).to.equal('schema');
    expect(error.message).to.contain('city: not text; days: not a list');
    expect(error.raw).to.have.length(2);
  });

  it('an answer that isn’t complete JSON', async () => {
    const error = await failure(completion(answer('{"city":"Be', 'length'), { schema: trip }).result());
    expect(error).to.include({ kind: 'schema', raw: '{"city":"Be' });
    expect(error.message).to.contain('"length"');
    expect(error.cause).to.be.instanceOf(SyntaxError);
  });

  it('a refusal instead of JSON', async () => {
    const error = await failure(completion(answer('I can’t.', 'stop'), { schema: trip }).result());
    expect(error.message).to.equal('The answer isn\'t JSON (it ended with "stop"): I can’t.');
  });

  for (const content of [undefined, 'I’ll look it up.', '2 cities to look up.', '"Bern" it is.']) {
    it(`a tool call instead of an answer, text: ${content}`, async () => {
      const tool_calls = [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }];
      const chunk = { choices: [{ delta: { content, tool_calls }, finish_reason: 'tool_calls' }] };
      const response = new Response(`data: ${JSON.stringify(chunk)}\n\n`, {
        headers: { 'Content-Type': 'text/event-stream' },
      });
      const { object, text, toolCalls } = await completion(response, { schema: trip }).result();
      expect(object).to.equal(undefined);
      expect(text).to.equal(content ?? '');
      expect(toolCalls).to.have.length(1);
    });
  }
});

describe('schema: JSON in a text with brackets', () => {
  const city = z.object({ city: z.string() });
  const bern = '{"city":"Bern"}';
  const long = '{"city":"Zurich, or any other of many cities"}';
  const texts = [
    `It may be ${long}. No, the capital is Bern.\n</think>\n\n${bern}`,
    `Format {city}, or {"city": string}.</think>${bern}`,
    `<think>${long}</think> I first thought of </think>, now: ${bern}`,
    `According to [1], it is:\n${bern}`,
    `The capital [Swiss] is: ${bern} (see [1] and {2}).`,
    `I checked [docs] and [1, 2] first.\n\n${bern}`,
    `[1] says:\n\`\`\`json\n${bern}\n\`\`\`\nSee [2].`,
    `A smiley :{ and then ${bern}`,
    `The list ${JSON.stringify(Array(200).fill([]))} is empty.${' '.repeat(9)}${JSON.stringify({ city: 'Bern', note: 'x'.repeat(900) })}`,
  ];
  for (const text of texts) {
    it(JSON.stringify(text), async () => {
      expect((await completion(answer(text), { schema: city }).result()).object).to.deep.equal({
        city: 'Bern',
      });
    });
  }

  it('a tag within the JSON', async () => {
    const value = { city: 'a </think> b' };
    for (const text of [JSON.stringify(value), `So: ${JSON.stringify(value)}`]) {
      const { object } = await completion(answer(text), { schema: city }).result();
      expect(object).to.deep.equal(value);
    }
  });

  it('thousands of brackets take no long time', async () => {
    const text = `${'[x '.repeat(20_000)}${'{'.repeat(20_000)}`;
    const error = await failure(completion(answer(text, 'stop', 10_000), { schema: city }).result());
    expect(error.kind).to.equal('schema');
  });
});
