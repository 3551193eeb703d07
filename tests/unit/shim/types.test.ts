/** Tests the types. The compiler checks them; running these tests shows that the code loads. */

import { expect } from 'chai';
import {
  type ErrorEvent,
  EventSource,
  type EventSourceFetchInit,
  type EventSourceInit,
  type FetchLike,
} from 'eventsource-wasm';

/** Code for the DOM's type. */
function takesNative(source: globalThis.EventSource): string {
  source.onmessage = ({ data }) => data;
  source.onerror = () => {};
  source.addEventListener('open', () => {});
  source.addEventListener('price', (event) => (event as MessageEvent).data);
  return source.url;
}

describe('types', () => {
  it('the class is assignable to the native type', () => {
    const source = new EventSource('http://127.0.0.1:1/', { withCredentials: true });
    source.close();
    expect(takesNative(source)).to.equal('http://127.0.0.1:1/');
    const NativeClass: typeof globalThis.EventSource = EventSource;
    expect(NativeClass.CLOSED).to.equal(2);
  });

  it('listeners get typed events', () => {
    const source = new EventSource(new URL('http://127.0.0.1:1/'), {
      method: 'POST',
      body: new Uint8Array(1),
    });
    source.addEventListener('error', (error) => {
      const status: number | undefined = error.status;
      const kind: 'network' | 'status' | string = error.kind;
      return [status, kind];
    });
    source.onerror = (error) => error.status === 401;
    source.onopen = ({ headers }) => headers.get('x');
    source.addEventListener('price', ({ data, lastEventId }) => [data, lastEventId]);
    source.addEventListener('close', (event: Event) => event.type);
    source.close();
    // @ts-expect-error
    expect(() => new EventSource('http://127.0.0.1:1/', { heartbeat: 1 })).to.throw();
    // @ts-expect-error
    expect(() => Object.assign(source, {}).readyState++).to.throw();
  });

  it('custom events can be typed', () => {
    interface Delta extends MessageEvent<string> {
      type: 'delta';
    }
    const source = new EventSource<{ delta: Delta; price: MessageEvent<`${number}`> }>('http://127.0.0.1:1/');
    source.addEventListener('delta', (event) => {
      const type: 'delta' = event.type;
      return type;
    });
    source.addEventListener('price', function ({ data }) {
      const price: `${number}` = data;
      // @ts-expect-error
      const wrong: number = data;
      return [price, wrong, this.readyState];
    });
    source.addEventListener('error', ({ status }) => status);
    // Other events are messages with string data.
    source.addEventListener('other', ({ data }) => data.toUpperCase());
    // @ts-expect-error
    source.addEventListener('other', ({ data }) => data.toFixed());
    source.onmessage = ({ data }) => data.toUpperCase();
    source.close();
    expect(takesNative(source)).to.equal('http://127.0.0.1:1/');
  });

  it('a fetch function in the form of the eventsource package', () => {
    const fetches: FetchLike[] = [
      globalThis.fetch,
      (url, init) =>
        globalThis.fetch(url, { ...init, headers: { ...init.headers, Authorization: init.headers.Accept } }),
      async (_url: string | URL, init: EventSourceFetchInit) => {
        const aborted: boolean = init.signal.aborted;
        return {
          body: {
            getReader: () => ({
              read: async () => ({ done: true, value: undefined }),
              cancel: async () => {},
            }),
          },
          url: '',
          status: aborted ? 500 : 200,
          redirected: false,
          headers: { get: () => null },
        };
      },
    ];
    for (const fetch of fetches) new EventSource('http://127.0.0.1:1/', { fetch }).close();
    const tell = ({ code, message }: ErrorEvent): [number | undefined, string] => [code, message];
    expect(tell).to.be.a('function');
    const symbol = Symbol.for('eventsource.supports-fetch-override');
    expect((EventSource as unknown as Record<symbol, unknown>)[symbol]).to.equal(true);
  });

  it('headers in each form', () => {
    const forms: EventSourceInit[] = [
      { headers: { 'X-Count': 3 } },
      { headers: [['X-Count', 3]] },
      { headers: new Map([['X-Count', '3']]) },
      { headers: new Headers() },
      { headers: async ({ attempt }) => ({ 'X-Attempt': attempt }) },
      // @ts-expect-error
      { headers: { 'X-Count': null }, signal: AbortSignal.abort() },
    ];
    for (const init of forms.slice(0, -1)) new EventSource('http://127.0.0.1:1/', init).close();
    expect(() => new EventSource('http://127.0.0.1:1/', forms.at(-1))).to.throw(
      TypeError,
      '"X-Count" is null',
    );
  });

  it('using closes the connection', async () => {
    const source = new EventSource('http://127.0.0.1:1/');
    source[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    expect(source.readyState).to.equal(EventSource.CLOSED);
    const other = new EventSource('http://127.0.0.1:1/');
    await other[Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]();
    expect(other.readyState).to.equal(EventSource.CLOSED);
    const disposable: Disposable & AsyncDisposable = source;
    expect(Object.keys(disposable)).to.deep.equal([]);
  });
});
