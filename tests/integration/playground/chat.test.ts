import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { launch, modelNames, Playground, type Server, serve, sourceText, testid, until } from './harness';

/** The APIs: the label of each, and its code. */
const apis = [
  {
    api: 'completion',
    label: 'completion()',
    code: /import \{ completion \} from 'eventsource-wasm\/llm'.*for await .*part\.text/s,
  },
  {
    api: 'EventSource',
    label: 'EventSource',
    code: /import \{ EventSource \} from 'eventsource-wasm';.*source\.close.*onerror/s,
  },
  {
    api: 'fetchEventSource',
    label: 'fetchEventSource()',
    code: /import \{ fetchEventSource \} from 'eventsource-wasm\/fetch-event-source'.*onmessage\(/s,
  },
  {
    api: 'events',
    label: 'events()',
    code: /import \{ events \} from 'eventsource-wasm\/stream'.*for await .*break/s,
  },
];

/** The faults of the server, with the kind and the text of their notices. */
const faults = [
  ['401', '401', /rejects the key.*Check the API key.*Incorrect API key/s],
  ['429', '429', /Too many requests.*wait.*You can send again in (20|1\d) s.*Rate limit reached/s],
  ['204', '204', /No content.*does not come back/s],
  ['html', 'content-type', /not an event stream.*text\/html/s],
  ['json', 'content-type', /not an event stream.*application\/json/s],
  ['refuse', 'network', /can’t be reached.*Check the URL/s],
] as const;

/** Opens the page with its policy, but without the permission to compile WebAssembly. */
const openWithoutWebAssembly = (browser: Browser, server: Server): Promise<Playground> =>
  Playground.open(browser, server, {
    prepare: async (page) => {
      await page.setRequestInterception(true);
      page.on('request', async (request) => {
        if (!request.isNavigationRequest()) return request.continue();
        const page = await fetch(request.url());
        const policy = page.headers.get('content-security-policy')?.replace("'wasm-unsafe-eval'", '') ?? '';
        await request.respond({
          contentType: 'text/html',
          headers: { 'content-security-policy': policy },
          body: await page.text(),
        });
      });
    },
  });

describe('chat view', () => {
  let server: Server;
  let browser: Browser;
  let chat: Playground;
  before(async () => {
    [server, browser] = await Promise.all([serve(), launch()]);
  });
  after(async () => {
    await browser.close();
    await server.close();
  });
  beforeEach(async () => {
    chat = await Playground.open(browser, server);
  });
  afterEach(() => chat.close());

  /** The first element: the feed view has an element of the same name. */
  const shown = async (name: string) => (await chat.texts(name))[0];

  const expectSource = async (text: string, model: string) =>
    expect(Buffer.from(text).equals(Buffer.from(await sourceText(model))), 'byte for byte').to.equal(true);

  describe('an answer equals its source', () => {
    for (const [chunkBytes, maxTokens] of [
      ['0', ''],
      ['64', ''],
      ['7', ''],
      ['1', '50'],
    ] as const) {
      it(chunkBytes === '0' ? 'in whole events' : `in chunks of ${chunkBytes} bytes`, async () => {
        await chat.asFastAsPossible();
        await chat.settings({ chunkBytes, maxTokens });
        for (const model of modelNames) {
          await chat.click('new-chat');
          await chat.send(model);
          expect(await chat.ended()).to.equal('done');
          const text = await chat.text('answer-text');
          if (maxTokens === '') await expectSource(text, model);
          else
            expect(await sourceText(model)).to.satisfy((source: string) => text && source.startsWith(text));
        }
        expect(chat.complaints).to.deep.equal([]);
      }).timeout(300_000);
    }

    for (const [model, chunkBytes] of [
      ['taoteking', '0'],
      ['emoji', '64'],
    ] as const) {
      it(`2,000 tokens of ${model}`, async () => {
        await chat.asFastAsPossible();
        await chat.settings({ maxTokens: '2000', chunkBytes });
        await chat.send(model);
        expect(await chat.ended()).to.equal('done');
        const text = await chat.text('answer-text');
        const source = `${await sourceText(model)}\n\n`;
        expect(text).to.equal(source.repeat(20).slice(0, text.length));
        expect(await chat.text('answer-meta')).to.match(/^2,000 tokens .* cut at the token limit$/);
      }).timeout(120_000);
    }
  });

  for (const format of ['openai-responses', 'anthropic', 'google', 'ai-sdk', 'cohere']) {
    it(`supports ${format}`, async () => {
      await chat.asFastAsPossible();
      await chat.select('format', format);
      await chat.send('emoji');
      expect(await chat.ended()).to.equal('done');
      await expectSource(await chat.text('answer-text'), 'emoji');
    });
  }

  it('writes a text in its own direction', async () => {
    await chat.asFastAsPossible();
    await chat.send('masnavi');
    await chat.ended();
    const directions = await chat.page.$$eval(testid('answer-text'), (elements) =>
      elements.map((element) => getComputedStyle(element).direction),
    );
    expect(directions).to.deep.equal(['rtl']);
  });

  it('renders at most once per frame', async () => {
    await chat.asFastAsPossible();
    await chat.page.evaluate((selector: string) => {
      const counts = { writes: 0, frames: 0, drawing: false };
      Object.assign(globalThis, { counts });
      const count = () => {
        counts.frames += 1;
        requestAnimationFrame(count);
      };
      requestAnimationFrame(count);
      new MutationObserver((records) => {
        const written = records.filter(
          ({ type, target }) => type === 'characterData' && target.parentElement?.matches(selector),
        );
        counts.writes += written.length;
      }).observe(document.body, { characterData: true, subtree: true });
    }, testid('answer-text'));
    await chat.settings({ maxTokens: '2000' });
    await chat.send('taoteking');
    await chat.ended();
    const { writes, frames } = await chat.page.evaluate(
      () => (globalThis as unknown as { counts: { writes: number; frames: number } }).counts,
    );
    expect(writes).to.be.within(1, frames + 1);
  }).timeout(120_000);

  for (const { api, label, code } of apis) {
    describe(`through ${label}`, () => {
      beforeEach(() => chat.select('api', api));

      it('the same answer, and the code for it', async () => {
        await chat.settings({ chunkBytes: '7', maxTokens: '50' });
        await chat.asFastAsPossible();
        await chat.send('emoji');
        expect(await chat.ended()).to.equal('done');
        const text = await chat.text('answer-text');
        expect(text).to.have.length.above(50);
        expect(`${await sourceText('emoji')}\n\n`.repeat(3).slice(0, text.length)).to.equal(text);
        expect(await chat.text('answer-meta')).to.match(/^50 tokens .* cut at the token limit$/);
        expect(await chat.text('answer-api')).to.equal(label);
        const written = await shown('code');
        expect(written).to.match(code).and.to.include("model: 'emoji'");
        // As in an app, without the parameters of the demo server.
        expect(written).to.match(/\/v1\/chat\/completions'/);
        await chat.select('model', 'alice');
        expect(await shown('code')).to.include("model: 'alice'");
        expect(chat.complaints).to.deep.equal([]);
      });

      it('stops the request on the server too, and sends it again', async () => {
        const { aborted } = server.stats;
        const asked = server.stats.requests['/v1/chat/completions'] ?? 0;
        await chat.send('alice');
        await chat.says('answer-text', /Alice was/);
        expect(server.stats.open).to.equal(1);
        expect(await shown('live-state')).to.equal('Open');
        await chat.click('stop');
        await until(() => server.stats.open === 0, 'the server has stopped');
        expect(server.stats.aborted).to.equal(aborted + 1);
        expect(await chat.ended()).to.equal('stopped');
        expect(await chat.text('badge')).to.equal('Stopped');
        expect(await shown('live-state')).to.equal('Closed');
        const text = await chat.text('answer-text');
        expect((await sourceText('alice')).startsWith(text)).to.equal(true);

        await chat.asFastAsPossible();
        await chat.click('resend');
        expect(await chat.ended()).to.equal('done');
        await expectSource(await chat.text('answer-text'), 'alice');
        expect(await chat.texts('answer')).to.have.length(1);
        expect(server.stats.requests['/v1/chat/completions']).to.equal(asked + 2);
        expect(chat.complaints).to.deep.equal([]);
      });

      it('explains each fault, and works again afterwards', async () => {
        await chat.asFastAsPossible();
        for (const [fault, kind, words] of faults) {
          const asked = server.stats.requests['/v1/chat/completions'] ?? 0;
          await chat.select('fault', fault);
          await chat.send();
          expect(await chat.ended(), fault).to.equal('failed');
          expect(await chat.text('notice'), fault).to.match(words);
          const kinds = await chat.page.$$eval(testid('notice'), (notices) =>
            notices.map((notice) => (notice as HTMLElement).dataset.kind),
          );
          expect(kinds.at(-1), fault).to.equal(kind);
          // A browser repeats a request by itself if it fails on a reused connection.
          if (fault !== 'refuse') {
            expect(server.stats.requests['/v1/chat/completions'], fault).to.equal(asked + 1);
          }
        }
        await chat.select('fault', 'none');
        await chat.click('resend');
        expect(await chat.ended()).to.equal('done');
      });

      it('a connection that breaks during an answer: the text so far is kept', async () => {
        const asked = server.stats.requests['/v1/chat/completions'] ?? 0;
        await chat.select('fault', 'cut');
        await chat.send('hojoki');
        expect(await chat.ended()).to.equal('failed');
        expect(await chat.text('notice')).to.match(/connection broke.*kept/is);
        expect(await chat.text('badge')).to.equal('Incomplete');
        const text = await chat.text('answer-text');
        expect(text).to.have.length.greaterThan(0);
        expect((await sourceText('hojoki')).startsWith(text)).to.equal(true);
        expect(server.stats.requests['/v1/chat/completions'], 'sent once').to.equal(asked + 1);
      });

      it('a server that sends nothing: the page shows that it waits, and can be stopped', async () => {
        await chat.select('fault', 'silence');
        await chat.asFastAsPossible();
        await chat.send();
        await chat.says('hint', /connection is open, but nothing has arrived for 3 s/);
        await chat.click('stop');
        expect(await chat.ended()).to.equal('stopped');
        await until(() => server.stats.open === 0, 'the server has stopped');
      });

      it('a page that forbids WebAssembly', async () => {
        const strict = await openWithoutWebAssembly(browser, server);
        await strict.select('api', api);
        await strict.send();
        expect(await strict.ended()).to.equal('failed');
        expect(await strict.text('notice')).to.match(/WebAssembly is blocked.*'wasm-unsafe-eval'/s);
        await strict.close();
      });
    });
  }

  it('stops with the Escape key', async () => {
    await chat.send('alice');
    await chat.says('answer-text', /Alice was/);
    await chat.page.keyboard.press('Escape');
    expect(await chat.ended()).to.equal('stopped');
  });

  it('Enter sends the message together with the conversation', async () => {
    await chat.asFastAsPossible();
    await chat.click('sample-hojoki');
    await chat.ended();
    const request = chat.page.waitForRequest((request) => request.url().includes('/chat/completions'));
    await chat.page.focus(testid('prompt'));
    await chat.page.keyboard.type('And then?');
    await chat.page.keyboard.press('Enter');
    const { messages } = JSON.parse((await request).postData() ?? '');
    expect(messages).to.deep.equal([
      { role: 'user', content: 'Read to me from 方丈記.' },
      { role: 'assistant', content: await sourceText('hojoki') },
      { role: 'user', content: 'And then?' },
    ]);
    expect((await request).headers()).to.include({
      authorization: 'Bearer demo-key',
      'content-type': 'application/json',
      accept: 'text/event-stream',
    });
  });

  describe('explains errors', () => {
    it('a server that goes silent: the page shows that it waits, and can be stopped', async () => {
      await chat.select('fault', 'stall');
      await chat.asFastAsPossible();
      await chat.send();
      await chat.says('hint', /connection is open, but nothing has arrived for 3 s/);
      await chat.click('stop');
      expect(await chat.ended()).to.equal('stopped');
      await until(() => server.stats.open === 0, 'the server has stopped');
    });

    it('a wrong API key', async () => {
      await chat.settings({ key: 'wrong' });
      await chat.says('server', /list of models answered 401/);
      await chat.settings({ key: 'demo-key' });
      await chat.says('server', /:\d+$/);
    });
  });

  it('can use another server', async () => {
    const other = await serve({ apiKey: 'another-key' });
    await chat.settings({ baseUrl: `${other.origin}/v1`, key: 'another-key' });
    await chat.says('server', new RegExp(new URL(other.origin).host));
    await chat.asFastAsPossible();
    await chat.send('peach-blossom');
    expect(await chat.ended()).to.equal('done');
    await expectSource(await chat.text('answer-text'), 'peach-blossom');
    expect(other.stats.requests['/v1/chat/completions']).to.be.greaterThan(0);
    await other.close();
  });
});
