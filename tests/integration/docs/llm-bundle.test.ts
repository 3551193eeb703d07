/** What a bundler that splits code makes of `completion`: the main file has the format that is imported, no other. */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { bundle } from '../../../tools/bundle.mjs';

const PROGRAM = `
import { anthropic, CompletionError, completion } from 'eventsource-wasm/llm';

export const text = (response, format) => completion(response, { format }).text();
export { anthropic, CompletionError };
`;

const respond = (...chunks: object[]) =>
  new Response(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''), {
    headers: { 'Content-Type': 'text/event-stream' },
  });

const ofChat = () => respond({ choices: [{ delta: { content: 'Hello' }, finish_reason: 'stop' }] });

const ofAnthropic = () =>
  respond(
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
  );

/** Bundles the program, and returns its main file and the others. */
async function split(name: string): Promise<{ main: string; others: string[] }> {
  const outdir = resolve(`build/tests/llm-bundle/${name}`);
  rmSync(outdir, { recursive: true, force: true });
  await bundle({
    stdin: { contents: PROGRAM, resolveDir: resolve('.') },
    outdir,
    entryNames: 'main',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    splitting: true,
    minify: true,
    sourcemap: false,
  });
  const main = `${outdir}/main.mjs`;
  const others = readdirSync(outdir).map((file) => `${outdir}/${file}`);
  return { main, others: others.filter((path) => path !== main) };
}

/** A name of the chunks of each format. */
const namesOfFormats = {
  'openai-responses': 'custom_tool',
  anthropic: 'content_block_start',
  google: 'usageMetadata',
  'ai-sdk': 'tool-input',
  cohere: 'tool-plan-delta',
};

describe('a bundle with completion', () => {
  it('has one format in its main file, and loads all when none is given', async () => {
    const { main, others } = await split('whole');
    const imported = [...readFileSync(main, 'utf8').matchAll(/from"\.\/([^"]+)"/g)].map(([, name]) => name);
    const isStatic = (path: string) => imported.some((name) => path.endsWith(`/${name}`));
    const mainText = [main, ...others.filter(isStatic)].map((path) => readFileSync(path, 'utf8')).join('');
    const lazyText = others
      .filter((path) => !isStatic(path))
      .map((path) => readFileSync(path, 'utf8'))
      .join('');
    for (const [format, name] of Object.entries(namesOfFormats)) {
      expect(lazyText, format).to.include(name);
      expect(mainText.includes(name), format).to.equal(format === 'anthropic');
    }
    const { text } = await import(pathToFileURL(main).href);
    expect(await text(ofChat())).to.equal('Hello');
    expect(await text(ofChat(), 'openai-chat')).to.equal('Hello');
    expect(await text(ofAnthropic())).to.equal('Hello');
  });

  it("says what to do where the other formats can't be loaded", async () => {
    const { main, others } = await split('torn');
    for (const path of others) {
      if (readFileSync(path, 'utf8').includes(namesOfFormats.google)) rmSync(path);
    }
    const { text, anthropic, CompletionError } = await import(pathToFileURL(main).href);
    expect(await text(ofAnthropic(), anthropic)).to.equal('Hello');
    const error = await text(ofChat()).then(
      () => expect.fail('It succeeded'),
      (error: unknown) => error,
    );
    expect(error).to.be.instanceOf(CompletionError);
    expect(error).to.have.property('kind', 'internal');
    expect(error).to.have.property('message').that.includes('createCompletion()');
  });
});
