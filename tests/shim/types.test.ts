/** What the types say. These are checked by the compiler; running them shows only that they load. */

import { expect } from 'chai';
import { EventSource } from 'eventsource-wasm';

/** Code that was written for the DOM's type. */
function takesNative(source: globalThis.EventSource): string {
  source.onmessage = ({ data }) => data;
  source.onerror = () => {};
  source.addEventListener('open', () => {});
  source.addEventListener('price', (event) => (event as MessageEvent).data);
  return source.url;
}

describe('types', () => {
  it('ours goes wherever the native one is expected', () => {
    const source = new EventSource('http://127.0.0.1:1/', { withCredentials: true });
    source.close();
    expect(takesNative(source)).to.equal('http://127.0.0.1:1/');
    const NativeClass: typeof globalThis.EventSource = EventSource;
    expect(NativeClass.CLOSED).to.equal(2);
  });

  it('listeners know their events', () => {
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
});
