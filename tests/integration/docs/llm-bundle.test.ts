/** Code splitting of `completion`: the main file of a bundle contains only the imported format. */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
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

/** Bundles a program. Returns its main file, its static imports and its lazy files. */
async function split(
  name: string,
  contents = PROGRAM,
): Promise<{ main: string; imported: string[]; lazy: string[] }> {
  const outdir = resolve(`build/tests/llm-bundle/${name}`);
  rmSync(outdir, { recursive: true, force: true });
  await bundle({
    stdin: { contents, resolveDir: resolve('.') },
    outdir,
    entryNames: 'main',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    splitting: true,
    minify: true,
    sourcemap: false,
  });
  const main = `${outdir}/main.mjs`;
  const names = [...readFileSync(main, 'utf8').matchAll(/from"\.\/([^"]+)"/g)].map(([, name]) => name);
  const isImported = (file: string) => names.includes(file);
  const paths = (files: string[]) => files.map((file) => `${outdir}/${file}`);
  const others = readdirSync(outdir).filter((file) => file !== 'main.mjs');
  return {
    main,
    imported: paths(others.filter(isImported)),
    lazy: paths(others.filter((file) => !isImported(file))),
  };
}

const textOf = (paths: string[]) => paths.map((path) => readFileSync(path, 'utf8')).join('');

/** The size after minifying and brotli, without lazy files. */
async function sizeOf(name: string, contents: string): Promise<number> {
  const { main, imported } = await split(name, contents);
  return brotliCompressSync(textOf([main, ...imported])).length;
}

/** The bytes that `completion` and one format may add to a bundle with all of `/stream`. A ceiling goes up only with a fix. */
const ceilings = {
  openaiChat: 4_950,
  openaiResponses: 4_900,
  anthropic: 4_400,
  google: 4_550,
  aiSdk: 4_650,
  cohere: 4_050,
};

/** A string that occurs only in the code of each format. */
const namesOfFormats = {
  'openai-responses': 'custom_tool',
  anthropic: 'content_block_start',
  google: 'usageMetadata',
  'ai-sdk': 'tool-input',
  cohere: 'tool-plan-delta',
};

describe('a bundle with completion', () => {
  it('has one format in its main file, and loads the others when no format is given', async () => {
    const { main, imported, lazy } = await split('whole');
    const mainText = textOf([main, ...imported]);
    const lazyText = textOf(lazy);
    for (const [format, name] of Object.entries(namesOfFormats)) {
      expect(lazyText, format).to.include(name);
      expect(mainText.includes(name), format).to.equal(format === 'anthropic');
    }
    const { text } = await import(pathToFileURL(main).href);
    expect(await text(ofChat())).to.equal('Hello');
    expect(await text(ofChat(), 'openai-chat')).to.equal('Hello');
    expect(await text(ofAnthropic())).to.equal('Hello');
  });

  it("has an error that names the fix if the other formats can't be loaded", async () => {
    const { main, lazy } = await split('torn');
    for (const path of lazy) rmSync(path);
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

  for (const [format, ceiling] of Object.entries(ceilings)) {
    it(`with ${format} adds at most ${ceiling} bytes to all of /stream`, async () => {
      const stream = "export * from 'eventsource-wasm/stream';";
      const both = `${stream} export { completion, ${format} } from 'eventsource-wasm/llm';`;
      const added = (await sizeOf(`${format}-both`, both)) - (await sizeOf(`${format}-stream`, stream));
      expect(added).to.be.within(1_000, ceiling);
    });
  }
});
