import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { launch, Playground, type Server, serve, testid, until } from './harness';

describe('feed view', () => {
  let server: Server;
  let browser: Browser;
  let feed: Playground;
  before(async () => {
    [server, browser] = await Promise.all([serve(), launch()]);
  });
  after(async () => {
    await browser.close();
    await server.close();
  });
  beforeEach(async () => {
    feed = await Playground.open(browser, server, { hash: '#feed' });
  });
  afterEach(() => feed.close());

  const connect = async (path: string, method = 'GET') => {
    await feed.select('feed-method', method);
    await feed.fill('feed-url', new URL(path, server.origin).href);
    await feed.click('feed-connect');
  };
  const rows = () =>
    feed.page.$$eval(testid('feed-event'), (elements) =>
      elements.map((element) => ({
        id: (element as HTMLElement).dataset.id,
        type: (element as HTMLElement).dataset.type,
        data: element.querySelector('.data')?.textContent ?? '',
      })),
    );

  it('shows types, IDs and data', async () => {
    await connect('/feed?rate=0&count=8&retry=60000');
    await feed.says('feed-count', /^8 events$/);
    const shown = await rows();
    expect(shown.map(({ id }) => id)).to.deep.equal(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(shown.map(({ type }) => type).join(' ')).to.equal(
      'price price price price message price news price',
    );
    expect(shown[4]?.data).to.equal('Message 5:\n5 = 5 × 1');
    expect(JSON.parse(shown[0]?.data ?? '')).to.have.keys('symbol', 'price');
    expect(feed.complaints).to.deep.equal([]);
  });

  for (const [how, path] of [
    ['a cut connection', '/feed?rate=0&fault=cut&after=6&retry=50'],
    ['the end of the response', '/feed?rate=0&count=6&retry=50&chunk_bytes=7'],
  ] as const) {
    it(`resumes after ${how}, with no ID missing or repeated`, async () => {
      await connect(path);
      await feed.page.waitForSelector(`${testid('feed-event')}[data-id="30"]`);
      await feed.click('feed-close');
      const ids = (await rows()).map(({ id }) => Number(id));
      expect(ids.length).to.be.at.least(30);
      expect(ids).to.deep.equal(ids.map((_, index) => index + 1));
      // Each reconnection names the ID of the event above it.
      const reconnections = await feed.page.$$eval(testid('feed-events'), ([list]) => {
        const lines = [...(list?.children ?? [])] as HTMLElement[];
        return lines.flatMap((line, index) => {
          const said = /^Reconnected, resumed after ID (.+)$/.exec(line.textContent ?? '')?.[1];
          const above = lines.slice(0, index).findLast(({ dataset }) => dataset.id !== undefined);
          return said === undefined ? [] : [{ said, above: above?.dataset.id }];
        });
      });
      expect(reconnections.length).to.be.at.least(4);
      for (const { said, above } of reconnections) expect(said).to.equal(above);
      await until(() => server.stats.open === 0, 'the server has stopped');
    });
  }

  it('counts down to the next attempt', async () => {
    await connect('/feed?rate=0&count=3&retry=3000');
    await feed.says('feed-status', /^Next attempt in [12]\.\d s with Last-Event-ID: 3$/);
    await feed.says('feed-status', /^Next attempt in [01]\.\d s/);
    await feed.page.waitForSelector(`${testid('feed-event')}[data-id="4"]`);
    expect(await feed.texts('feed-note')).to.include('Reconnected, resumed after ID 3');
  });

  it('Close ends the request on the server', async () => {
    await connect('/feed?rate=20');
    await feed.says('feed-count', /[3-9] events/);
    expect(server.stats.open).to.equal(1);
    await feed.click('feed-close');
    await until(() => server.stats.open === 0, 'the server has stopped');
    await feed.says('live-state', /^Closed$/);
  });

  it('does not repeat a POST when it ends', async () => {
    const asked = server.stats.requests['/feed'] ?? 0;
    await connect('/feed?rate=0&count=4&retry=10', 'POST');
    await feed.says('feed-status', /stream is complete/);
    await new Promise((done) => setTimeout(done, 200));
    expect(server.stats.requests['/feed']).to.equal(asked + 1);
    await feed.says('feed-count', /^4 events$/);
    expect(await rows()).to.have.length(4);
  });

  it('sends headers and a body', async () => {
    const request = feed.page.waitForRequest((request) => request.url().endsWith('/feed?count=1'));
    await feed.select('feed-method', 'POST');
    await feed.click('feed-options');
    await feed.fill('feed-headers', 'X-One: 1\n X-Two:  zwei ');
    await feed.fill('feed-body', '{"grüße": "世界"}');
    await connect('/feed?count=1', 'POST');
    expect((await request).headers()).to.include({
      'x-one': '1',
      'x-two': 'zwei',
      'content-type': 'application/json',
    });
    expect((await request).postData()).to.equal('{"grüße": "世界"}');
  });

  for (const [path, words] of [
    ['/feed?fault=204', /No content/],
    ['/feed?fault=401', /rejects the key/],
    ['/feed?fault=429&retry_after=9', /Too many requests.*send again in \d s/s],
    ['/feed?fault=type', /not an event stream/],
    ['/feed?nonsense=1', /refused the request.*Unknown parameter 'nonsense'/s],
    ['/nothing', /Not found/],
  ] as const) {
    it(`explains the error of ${path}`, async () => {
      await connect(path);
      await feed.says('notice', words);
      await feed.says('live-state', /^Closed$/);
    });
  }

  for (const [what, fill] of [
    ['a URL', () => feed.fill('feed-url', 'http://')],
    ['a header', () => feed.click('feed-options').then(() => feed.fill('feed-headers', 'no colon'))],
  ] as const) {
    it(`refuses ${what} that can’t be sent`, async () => {
      await fill();
      await feed.click('feed-connect');
      await feed.says('notice', /can’t be sent/);
      expect(
        await feed.page.$eval(testid('feed-connect'), (button) => (button as HTMLElement).hidden),
      ).to.equal(false);
    });
  }

  it('explains an unsupported URL scheme', async () => {
    await feed.fill('feed-url', 'htp:/nonsense');
    await feed.click('feed-connect');
    await feed.says('notice', /begins with htp: but must begin with http:/);
    expect(await feed.text('notice')).not.to.match(/CORS/);
  });

  it('shows a normal end and a 204 without an alert', async () => {
    const alarms = () => feed.page.$$eval('.note.bad, [role="alert"]', (elements) => elements.length);
    await connect('/feed?rate=0&count=3&retry=60000');
    await feed.says('feed-note', /^The server ended the response$/);
    expect(await alarms()).to.equal(0);
    await feed.click('feed-close');
    await connect('/feed?fault=204');
    await feed.says('notice', /No content/);
    expect(await alarms()).to.equal(0);
  });

  it('shows events of all types', async () => {
    const types = ['delta', 'error', 'open', 'close', 'constructor', 'message'];
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Access-Control-Allow-Origin': '*' });
      response.write(types.map((type) => `event: ${type}\ndata: 1\n\n`).join(''));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      await connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await feed.says('feed-count', /^6 events$/);
      expect((await rows()).map(({ type }) => type)).to.deep.equal(types);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('shares one connection with another tab', async () => {
    const asked = server.stats.requests['/feed'] ?? 0;
    const hash = `#feed?url=${encodeURIComponent('feed?rate=20')}&shared=1`;
    const context = feed.page.browserContext();
    const pages = [await context.newPage(), await context.newPage()];
    for (const page of pages) {
      // A page in the background doesn't render.
      await page.bringToFront();
      await page.goto(`${server.origin}/${hash}`);
      await page.waitForSelector(testid('sample-alice'));
      await page.locator(testid('feed-connect')).click();
      await page.waitForSelector(testid('feed-event'));
    }
    expect(server.stats.requests['/feed']).to.equal(asked + 1);
  });

  it('reconnects, times out and resumes according to the options', async () => {
    await feed.click('feed-options');
    await feed.select('feed-reconnect', 'off');
    await feed.fill('feed-last-id', '40');
    await connect('/feed?rate=0&count=3&retry=10');
    await feed.says('feed-status', /^Closed: the stream is complete/);
    // Rows are rendered in the next frame, which can be late on a busy machine.
    await feed.says('feed-count', /^3 events$/);
    expect((await rows()).map(({ id }) => id)).to.deep.equal(['41', '42', '43']);
    await feed.fill('feed-idle', '0.3');
    await connect('/feed?fault=silence&after=2&rate=0');
    await feed.says('notice', /silent for too long/);
  });

  it('keeps up with a fast feed, in a list of bounded length', async () => {
    await connect('/feed?rate=0&count=20000', 'POST');
    await feed.says('feed-count', /^The last 200 of 20,000 events$/);
    const shown = await rows();
    expect(shown.length).to.be.at.most(200);
    expect(shown.at(-1)?.id).to.equal('20000');
    expect(feed.complaints).to.deep.equal([]);
  });

  it('shows all data from a server as text', async () => {
    const markup = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
    const hostile = createServer((request, response) => {
      response.setHeader('Access-Control-Allow-Origin', '*');
      if (request.url === '/refused') {
        response.writeHead(500, { 'Content-Type': 'text/html' }).end(markup);
      } else {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write(`retry: 60000\nid: ${markup}\ndata: ${markup}\n\n`);
      }
    });
    await new Promise<void>((done) => hostile.listen(0, '127.0.0.1', done));
    const origin = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`;
    try {
      await connect(`${origin}/stream`);
      await feed.says('feed-count', /^1 event$/);
      expect(await rows()).to.deep.equal([{ id: markup, type: 'message', data: markup }]);
      await feed.click('feed-close');
      await connect(`${origin}/refused`);
      await feed.says('notice-detail', /<img src=x/);
      expect(await feed.page.$$('img')).to.deep.equal([]);
      expect(await feed.page.title()).to.match(/^Playground/);
    } finally {
      hostile.closeAllConnections();
      hostile.close();
    }
  });
});
