/** Tests `eventsource-wasm/testing`: the scripted event server with each API of the package. */

import { expect } from 'chai';
import { EventSource, type EventSourceErrorEvent } from 'eventsource-wasm';
import { fetchEventSource } from 'eventsource-wasm/fetch-event-source';
import { events } from 'eventsource-wasm/stream';
import { createEventServer, type EventServerRequest } from 'eventsource-wasm/testing';
import { next, record, using } from '../../conformance/conformance-test.js';
import { connected } from '../../support/scripted.js';

const url = 'https://example.test/feed';

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => expect.fail('it should have failed'),
    (error) => error.message,
  );
}

describe('testing: the request', () => {
  it('has the method, URL, headers and body', async () => {
    const body = JSON.stringify({ question: 'é世' });
    await connected(
      async (source, request) => {
        expect(request.number).to.equal(1);
        expect(request.method).to.equal('POST');
        expect(request.url).to.equal(url);
        expect(request.headers.get('X-Key')).to.equal('1');
        expect(request.headers.get('Accept')).to.equal('text/event-stream');
        // Bun's requests have no default type.
        expect(request.headers.get('Content-Type') ?? 'text/plain;charset=UTF-8').to.equal(
          'text/plain;charset=UTF-8',
        );
        expect(await request.json()).to.deep.equal({ question: 'é世' });
        expect(await request.text()).to.equal(body);
        source.close();
      },
      { method: 'post', headers: { 'X-Key': '1' }, body },
    );
  });

  it('takes a Request, and options that override it', async () => {
    const server = createEventServer();
    const input = new Request(url, { method: 'PUT', headers: { 'X-Key': '1' }, body: 'a' });
    server.fetch(input);
    server.fetch(new Request(url, { method: 'PUT', body: 'a' }), { method: 'POST', body: 'b' });
    const [first, second] = [await server.nextRequest(), await server.nextRequest()];
    expect([first.method, first.url, first.headers.get('x-key')]).to.deep.equal(['PUT', url, '1']);
    expect(await first.text()).to.equal('a');
    expect(second.method).to.equal('POST');
    expect(await second.text()).to.equal('b');
  });

  it('decodes Last-Event-ID', async () => {
    const run = async (_source: EventSource, request: EventServerRequest) => {
      request.refuse(204);
      expect(request.lastEventId).to.equal('é世');
    };
    await connected(run, { lastEventId: 'é世' });
  });

  it('gets no fragment of the URL', async () => {
    const server = createEventServer({ onRequest: (request) => request.open() });
    const response = await server.fetch(`${url}#top`);
    expect([response.url, server.requests[0]?.url]).to.deep.equal([url, url]);
    await response.body?.cancel();
  });

  it('refuses a GET with a body, as fetch does', async () => {
    const { fetch, requests } = createEventServer();
    for (const method of [undefined, 'get', 'HEAD'])
      expect(await messageOf(fetch(url, { ...(method && { method }), body: 'x' }))).to.include('have a body');
    expect(requests).to.have.length(0);
  });

  it('server.requests keeps all requests, nextRequest() returns each once', async () => {
    const server = createEventServer();
    const third = server.nextRequest().then(async () => {
      await server.nextRequest();
      return server.nextRequest();
    });
    for (const path of ['a', 'b', 'c']) server.fetch(`${url}/${path}`).catch(() => {});
    expect((await third).url).to.equal(`${url}/c`);
    expect(server.requests.map(({ url }) => url.slice(-1))).to.deep.equal(['a', 'b', 'c']);
  });
});

describe('testing: answers', () => {
  it('open() sends status and headers', async () => {
    await connected(async (source, request) => {
      const open = next<Event & { status: number; headers: Headers; url: string }>(source, 'open');
      request.open({ headers: { 'X-Server': 'fake' } });
      const { status, headers, url: from } = await open;
      expect([status, headers.get('X-Server'), from]).to.deep.equal([200, 'fake', url]);
      expect(headers.get('Content-Type')).to.equal('text/event-stream');
    });
  });

  it('send() sends type, ID and data with any characters', async () => {
    await connected(async (source, request) => {
      const seen = record(source, 'message', 'price', 'end');
      request.open();
      request.send({ event: 'price', id: '7', data: '12' });
      request.send('a\nb\r\nc\rd');
      request.send({ data: { place: 'Zürich' }, id: 8 });
      request.send({ id: '9' });
      request.send({ data: ' : é世🌍' });
      request.send({ event: 'end', data: '' });
      await next(source, 'end');
      expect(seen).to.deep.equal([
        ['price', '12', '7'],
        ['message', 'a\nb\nc\nd', '7'],
        ['message', '{"place":"Zürich"}', '8'],
        ['message', ' : é世🌍', '9'],
        ['end', '', '9'],
      ]);
    });
  });

  it('comment(), retry() and write() send comments, a retry field and raw text', async () => {
    await connected(
      async (source, request) => {
        const seen = record(source, 'comment', 'message');
        const bytes = new TextEncoder().encode('data: é\n\n');
        request.open();
        request.comment();
        request.comment('beat\nbeat');
        request.write(bytes.subarray(0, 7));
        request.write(bytes.subarray(7));
        request.write('retry: 5\n');
        request.retry(500);
        request.cut();
        const { delay, willReconnect } = await next<EventSourceErrorEvent>(source, 'error');
        expect([delay, willReconnect]).to.deep.equal([500, true]);
        expect(seen).to.deep.equal([
          ['comment', '', ''],
          ['comment', 'beat', ''],
          ['comment', 'beat', ''],
          ['message', 'é', ''],
        ]);
      },
      { comments: true },
    );
  });

  it('cut() breaks the connection after the sent events, and the client resumes', async () => {
    await connected(async (source, request, server) => {
      const seen = record(source, 'message');
      request.open();
      request.retry(1);
      request.send({ id: 'é', data: 'a' });
      request.cut();
      expect((await next<EventSourceErrorEvent>(source, 'error')).kind).to.equal('network');
      expect(seen).to.deep.equal([['message', 'a', 'é']]);
      expect(await request.closed).to.equal('server');
      const second = await server.nextRequest();
      expect(second.lastEventId).to.equal('é');
      second.open();
      await next<Event>(source, 'open');
    });
  });

  it('end() ends the body after the sent events', async () => {
    await connected(
      async (source, request) => {
        const seen = record(source, 'message');
        request.open();
        request.send('a');
        request.end();
        await next<Event>(source, 'close');
        expect(seen).to.deep.equal([['message', 'a', '']]);
        expect(await request.closed).to.equal('server');
      },
      { method: 'POST' },
    );
  });

  it('refuse() answers with a status, headers and a body', async () => {
    await connected(async (source, request) => {
      request.refuse(429, { 'Retry-After': '2' }, { error: { message: 'Slow down.' } });
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'status', status: 429, willReconnect: false });
      expect(error.headers?.get('retry-after')).to.equal('2');
      expect(error.headers?.get('content-type')).to.equal('application/json');
      expect(error.json()).to.deep.equal({ error: { message: 'Slow down.' } });
    });
    await connected(async (source, request) => {
      request.refuse(204);
      expect((await next<EventSourceErrorEvent>(source, 'error')).status).to.equal(204);
    });
    await connected(async (source, request) => {
      request.refuse(200, { 'Content-Type': 'text/html' }, '<p>Log in</p>');
      const error = await next<EventSourceErrorEvent>(source, 'error');
      expect(error).to.include({ kind: 'content-type', body: '<p>Log in</p>' });
    });
  });

  it('open() with a status that allows no body, or is none', async () => {
    for (const status of [204, 304]) {
      await connected(async (source, request) => {
        request.open({ status });
        expect((await next<EventSourceErrorEvent>(source, 'error')).status).to.equal(status);
        expect(await request.closed).to.equal('server');
      });
    }
    const { fetch } = createEventServer({ onRequest: (request) => request.open({ status: 20 }) });
    expect(await fetch('/events').catch((error: unknown) => error)).to.be.instanceOf(RangeError);
  });

  it('the response to a HEAD has no body', async () => {
    const { fetch } = createEventServer({ onRequest: (request) => request.refuse(404, {}, 'not found') });
    const response = await fetch(url, { method: 'HEAD' });
    expect(response.status).to.equal(404);
    expect(await response.text()).to.equal('');
  });

  it('send() refuses data that JSON can’t have', async () => {
    await connected(async (_source, request) => {
      request.open();
      for (const data of [() => 1, Symbol('a')]) {
        expect(() => request.send({ data })).to.throw(TypeError, `send(): "data" is a ${typeof data}`);
      }
    });
  });

  it('networkError() rejects fetch', async () => {
    await connected(async (source, request) => {
      request.networkError('connection refused');
      const { kind, cause } = await next<EventSourceErrorEvent>(source, 'error');
      expect(kind).to.equal('network');
      expect(cause).to.be.instanceOf(TypeError).with.property('message', 'connection refused');
    });
    const server = createEventServer();
    const response = server.fetch(url);
    (await server.nextRequest()).cut();
    expect(await response.catch((error) => error)).to.be.instanceOf(TypeError);
  });

  it('stall() holds everything back until resume()', async () => {
    await connected(async (source, request) => {
      const seen = record(source, 'message');
      request.open();
      request.send('a');
      await next(source, 'message');
      request.stall();
      request.send('b');
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(seen).to.have.length(1);
      request.resume();
      expect((await next(source, 'message')).data).to.equal('b');
    });
  });

  it('onRequest answers, and its exceptions fail the request', async () => {
    let isFaulty = false;
    const server = createEventServer({
      onRequest: async (request) => {
        if (isFaulty) throw new Error('a mistake in the handler');
        request.open();
        request.send(new URL(request.url).pathname);
        request.end();
      },
    });
    expect(await (await server.fetch(url)).text()).to.equal('data: /feed\n\n');
    isFaulty = true;
    expect(await messageOf(server.fetch(url))).to.equal('a mistake in the handler');
    server.restore();
  });
});

describe('testing: the client disconnects', () => {
  it('close(), a signal and leaving a loop reach the server', async () => {
    await connected(async (source, request) => {
      request.open();
      await next<Event>(source, 'open');
      source.close();
      expect(await request.closed).to.equal('client');
      expect(request.isOpen).to.equal(false);
      // As on a network, the server may write before it notices.
      request.send('too late');
      request.end();
    });
    const server = createEventServer();
    const controller = new AbortController();
    const fetched = fetchEventSource(url, { fetch: server.fetch, signal: controller.signal });
    const first = await server.nextRequest();
    first.open();
    controller.abort();
    expect(await first.closed).to.equal('client');
    await fetched;

    const loop = (async () => {
      for await (const { data } of events(url, { fetch: server.fetch })) if (data === 'last') break;
    })();
    const second = await server.nextRequest();
    second.open();
    second.send('last');
    await loop;
    expect(await second.closed).to.equal('client');
    server.restore();
  });

  it('a request that is aborted before its answer rejects with the reason', async () => {
    const server = createEventServer();
    const controller = new AbortController();
    const response = server.fetch(url, { signal: controller.signal });
    const request = await server.nextRequest();
    controller.abort(new Error('changed my mind'));
    expect(await messageOf(response)).to.equal('changed my mind');
    expect(await request.closed).to.equal('client');
    request.open();
    expect(request.isOpen).to.equal(false);
    expect(await messageOf(server.fetch(url, { signal: AbortSignal.abort(new Error('before')) }))).to.equal(
      'before',
    );
    expect(server.requests).to.have.length(1);
    server.restore();
  });

  it('an abort fails a pending read', async () => {
    const server = createEventServer({ onRequest: (request) => request.open() });
    const controller = new AbortController();
    const response = await server.fetch(url, { signal: controller.signal });
    const read = (response.body as ReadableStream).getReader().read();
    controller.abort(new Error('changed my mind'));
    expect(await messageOf(read)).to.equal('changed my mind');
  });
});

describe('testing: mistakes in a test', () => {
  it('calls in the wrong order throw', async () => {
    const server = createEventServer();
    server.fetch(url);
    const request = await server.nextRequest();
    const name = `GET ${url} (request 1)`;
    expect(() => request.send('a')).to.throw(`send(): ${name} is not open; call open() first`);
    request.open();
    expect(() => request.open()).to.throw(`open(): ${name} has been answered already`);
    expect(() => request.refuse(404)).to.throw(`refuse(): ${name} has been answered already`);
    request.end();
    expect(() => request.comment()).to.throw(`comment(): ${name} has ended already`);
    expect(() => request.cut()).to.throw(`cut(): ${name} has ended already`);
  });

  it('sending after refuse() or networkError() throws', async () => {
    const server = createEventServer();
    const [refused, failed] = [server.fetch(url), server.fetch(url)];
    const [first, second] = [await server.nextRequest(), await server.nextRequest()];
    first.refuse(500);
    second.networkError();
    expect((await refused).status).to.equal(500);
    await messageOf(failed);
    for (const request of [first, second]) {
      await request.closed;
      expect(() => request.send('a')).to.throw(
        `send(): GET ${url} (request ${request.number}) has ended already`,
      );
      expect(() => request.end()).to.throw('has ended already');
    }
  });

  it('a line break in a type or an ID is refused', async () => {
    const server = createEventServer();
    server.fetch(url);
    const request = await server.nextRequest();
    request.open();
    expect(() => request.send({ id: '1\n' })).to.throw('"id" is "1\\n"; it must not contain a line break');
    expect(() => request.send({ event: 'a\rb' })).to.throw('"event" is "a\\rb"');
  });

  it('restore() names the requests that were never answered', async () => {
    const server = createEventServer();
    const controller = new AbortController();
    const ignore = () => {};
    server.fetch(`${url}/stalled`).catch(ignore);
    (await server.nextRequest()).stall();
    server.fetch(`${url}/aborted`, { signal: controller.signal }).catch(ignore);
    server.fetch(`${url}/forgotten`, { method: 'POST' }).catch(ignore);
    controller.abort();
    expect(() => server.restore()).to.throw(
      `1 request was never answered: POST ${url}/forgotten (request 3). Call open(), refuse(), networkError() or stall()`,
    );
    // A second call doesn't throw.
    server.restore();
  });

  it('restore() rejects a pending nextRequest()', async () => {
    const server = createEventServer();
    const waiting = server.nextRequest();
    server.restore();
    expect(await messageOf(waiting)).to.equal('nextRequest(): no request arrived; there were 0 before it');
  });
});

describe('testing: install()', () => {
  it('replaces the global fetch until restore()', async () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
    const server = createEventServer();
    server.install();
    try {
      expect(() => server.install()).to.throw('installed already');
      await using(new EventSource(url), async (source) => {
        const request = await server.nextRequest();
        request.open();
        request.send('from the fake');
        expect((await next(source, 'message')).data).to.equal('from the fake');
      });
    } finally {
      server.restore();
    }
    expect(Object.getOwnPropertyDescriptor(globalThis, 'fetch')).to.deep.equal(before);
    server.restore();
  });
});

describe('testing: two installed servers', () => {
  for (const order of ['the last one first', 'the first one first']) {
    it(`are removed, ${order}`, async () => {
      const before = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
      const [first, second] = [createEventServer(), createEventServer()];
      first.install();
      second.install();
      expect(globalThis.fetch).to.equal(second.fetch);
      if (order === 'the last one first') {
        second.restore();
        expect(globalThis.fetch).to.equal(first.fetch);
        first.restore();
      } else {
        first.restore();
        expect(globalThis.fetch).to.equal(second.fetch);
        second.restore();
      }
      expect(Object.getOwnPropertyDescriptor(globalThis, 'fetch')).to.deep.equal(before);
    });
  }
});

describe('testing: chaos', () => {
  const words = Array.from({ length: 40 }, (_, index) => `${index} é世🌍`);

  /** Serves the words that follow the client's last event ID. */
  const serveWords = (request: EventServerRequest) => {
    request.open();
    request.retry(1);
    const from = request.lastEventId === '' ? 0 : Number(request.lastEventId) + 1;
    for (const [id, data] of words.entries()) if (id >= from) request.send({ id: `${id}`, data });
  };

  it('a client that resumes gets each event once, in order', async () => {
    for (const seed of [1, 2, 3]) {
      const server = createEventServer({ onRequest: serveWords, chaos: { seed, cuts: 4, delays: 1 } });
      await using(new EventSource(url, { fetch: server.fetch }), async (source) => {
        const seen: string[] = [];
        await new Promise<void>((resolve) => {
          source.onmessage = ({ data }) => {
            seen.push(data);
            if (data === words.at(-1)) resolve();
          };
        });
        expect(seen, `seed ${seed}`).to.deep.equal(words);
      });
      expect(server.requests.length, `seed ${seed}`).to.be.within(3, 5);
      server.restore();
    }
  });

  it('the same seed gives the same chunks and cuts, another seed different ones', async () => {
    const outcome = async (seed: number) => {
      const server = createEventServer({ onRequest: serveWords, chaos: { seed, cuts: 0.5, splits: 9 } });
      const pieces: number[][] = [];
      for (let connection = 0; connection < 6; connection++) {
        const { body } = await server.fetch(url, { headers: { 'Last-Event-ID': '25' } });
        const reader = (body as ReadableStream<Uint8Array>).getReader();
        const lengths: number[] = [];
        let total = 0;
        while (total < 300) {
          const piece = await reader.read().catch(() => undefined);
          if (!piece?.value) break;
          expect(piece.value.length).to.be.within(1, 9);
          total += piece.value.length;
          lengths.push(piece.value.length);
        }
        reader.cancel().catch(() => {});
        pieces.push(lengths);
      }
      return pieces;
    };
    const first = await outcome(11);
    expect(await outcome(11)).to.deep.equal(first);
    expect(await outcome(12)).not.to.deep.equal(first);
  });

  it('an invalid option throws', () => {
    expect(() => createEventServer({ chaos: { seed: 1, cuts: -1 } })).to.throw('chaos.cuts is -1');
  });
});
