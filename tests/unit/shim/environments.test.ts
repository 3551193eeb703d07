/** Environments without some platform APIs: importing works, and errors name the missing API. */

import { expect } from 'chai';
import { EventSource, type EventSourceErrorEvent } from 'eventsource-wasm';
import { EventSourceParserStream } from 'eventsource-wasm/stream';
import { next, sleep, using } from '../../conformance/conformance-test.js';
import { Scenario } from '../../support/server/scenario.js';
import { readScript, runGlobalScript, runScript } from './global-script.js';

/** Runs the classic script and `use` without some globals. `use` gets the script's class. */
function without<T>(names: string[], use: (Class: typeof EventSource) => T | Promise<T>): Promise<T> {
  return replacing(names, undefined, use);
}

async function replacing<T>(
  names: string[],
  value: unknown,
  use: (Class: typeof EventSource) => T | Promise<T>,
): Promise<T> {
  const script = await readScript();
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  for (const name of names)
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  try {
    return await use(runScript(script).EventSource);
  } finally {
    names.forEach((name, index) => {
      const descriptor = before[index];
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    });
  }
}

/** Runs a test with a fake global `document`, in runtimes without one. */
async function withDocument<T>(document: object, use: () => Promise<T>): Promise<T> {
  Object.defineProperty(globalThis, 'document', { value: document, configurable: true });
  try {
    return await use();
  } finally {
    Reflect.deleteProperty(globalThis, 'document');
  }
}

describe('environments', () => {
  for (const name of [
    'Event',
    'EventTarget',
    'MessageEvent',
    'TextEncoder',
    'TextDecoder',
    'TransformStream',
  ]) {
    it(`imports without ${name}`, async () => {
      await without([name], (Class) => {
        expect(Class.name).to.equal('EventSource');
        expect(Class.CLOSED).to.equal(2);
      });
    });
  }

  it('imports without any of these', async () => {
    const names = ['Event', 'EventTarget', 'MessageEvent', 'TextEncoder', 'TextDecoder', 'TransformStream'];
    await without(names, (Class) => expect(Class.prototype.close).to.be.a('function'));
  });

  it('without EventTarget, the constructor throws an error that names it', async () => {
    await without(['EventTarget'], (Class) => {
      expect(() => new Class('http://127.0.0.1:1/')).to.throw(TypeError, /needs EventTarget/);
    });
  });

  it('uses an EventTarget polyfill that is loaded after the import', async () => {
    const { EventTarget: Polyfill } = globalThis;
    await without(['EventTarget'], (Class) => {
      globalThis.EventTarget = Polyfill;
      const source = new Class('http://127.0.0.1:1/');
      source.close();
      expect(source).to.be.instanceOf(Polyfill);
      expect(source).to.be.instanceOf(Class);
      let heard = 0;
      source.addEventListener('x', () => heard++);
      source.dispatchEvent(new Event('x'));
      expect(heard).to.equal(1);
    });
  });

  it('ignores a MessageEvent that doesn’t extend the global Event', async () => {
    class Foreign {
      get type(): string {
        throw new TypeError('not one of mine');
      }
    }
    await replacing(['MessageEvent'], Foreign, async (Class) => {
      const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
      await using(new Class(scenario.url), async (source) => {
        const event = await next(source, 'message');
        expect([event.type, event.data]).to.deep.equal(['message', 'x']);
      });
    });
  });

  it('without TextEncoder or TextDecoder, the error names it and not WebAssembly', async () => {
    for (const name of ['TextEncoder', 'TextDecoder']) {
      await without([name], async (Class) => {
        const scenario = await Scenario.of({ steps: ['data: é\n\n', { end: 'hang' }] });
        await using(new Class(scenario.url), async (source) => {
          const event = await Promise.race([next(source, 'error'), next(source, 'message')]);
          // A connection that doesn't need the missing class works.
          if (event.type === 'message') return;
          const error = event as unknown as EventSourceErrorEvent;
          expect(error.kind).to.equal('internal');
          expect(error.message).to.contain(name).and.not.to.contain('WebAssembly');
        });
      });
    }
  });

  // Only in runtimes without a document.
  if (!('document' in globalThis)) {
    const documents: Record<string, object> = {
      'only attachEvent': { attachEvent() {} },
      'hidden and listeners': { hidden: false, addEventListener() {}, removeEventListener() {} },
      'a createElement that makes plain objects': { createElement: () => ({}) },
      nothing: {},
    };
    for (const [what, document] of Object.entries(documents)) {
      it(`connects with a document that has ${what}`, async () => {
        const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
        await withDocument(document, () =>
          using(new EventSource(scenario.url), async (source) => {
            expect((await next(source, 'message')).data).to.equal('x');
          }),
        );
      });
    }
  }

  it('a DOM that is installed after the import doesn’t change the classes of events', async () => {
    const { EventSource: Fresh } = await runGlobalScript();
    const scenario = await Scenario.of({ steps: ['data: x\n\n'] });
    const { Event: Original, MessageEvent: OriginalMessage, EventTarget: OriginalTarget } = globalThis;
    class OtherEvent {}
    class OtherMessage extends OtherEvent {}
    class OtherTarget {
      dispatchEvent() {}
    }
    Object.assign(globalThis, { Event: OtherEvent, MessageEvent: OtherMessage, EventTarget: OtherTarget });
    const seen: string[] = [];
    try {
      await new Promise<void>((resolve) => {
        const source = new Fresh(scenario.url, { method: 'POST' });
        source.onopen = () => seen.push('open');
        source.onmessage = ({ data }) => seen.push(data);
        source.addEventListener('close', () => resolve());
      });
    } finally {
      Object.assign(globalThis, {
        ...{ Event: Original, MessageEvent: OriginalMessage, EventTarget: OriginalTarget },
      });
    }
    expect(seen).to.deep.equal(['open', 'x']);
  });

  // Only in pages: bundlers add these globals to them.
  if ('document' in globalThis) {
    it('a process and a setImmediate of a bundler don’t cost a port for each event', async () => {
      const count = 200;
      const scenario = await Scenario.of({ steps: ['data: x\n\n'.repeat(count), { end: 'hang' }] });
      const Original = MessageChannel;
      let channels = 0;
      class Counted extends Original {
        constructor() {
          super();
          channels++;
        }
      }
      const immediate = (task: () => void) => setTimeout(task, 0);
      await replacing(['process'], { versions: {} }, () =>
        replacing(['setImmediate'], immediate, () =>
          replacing(['MessageChannel'], Counted, (Class) =>
            using(new Class(scenario.url), async (source) => {
              let received = 0;
              await new Promise<void>((resolve) => {
                source.onmessage = () => {
                  if (++received === count) resolve();
                };
              });
            }),
          ),
        ),
      );
      expect(channels).to.be.within(1, 5);
    });
  }

  it('an exception during start-up keeps its message', async () => {
    const { EventSource: Fresh } = await runGlobalScript();
    const { navigator } = globalThis;
    Object.defineProperty(globalThis, 'navigator', {
      get() {
        throw new RangeError('no navigator today');
      },
      configurable: true,
    });
    try {
      const error = await next<EventSourceErrorEvent>(new Fresh('http://127.0.0.1:1/'), 'error');
      expect(error.kind).to.equal('internal');
      expect(error.message)
        .to.contain('no navigator today')
        .and.not.to.match(/WebAssembly|Content-Security/);
    } finally {
      Object.defineProperty(globalThis, 'navigator', {
        value: navigator,
        configurable: true,
        writable: true,
      });
    }
  });
});

describe('URLs', () => {
  it('with a user name and a password are sent as an Authorization header', async () => {
    const scenario = await Scenario.of({ cors: 'credentials', steps: ['data: x\n\n', { end: 'hang' }] });
    const url = new URL(scenario.url);
    url.username = 'us%20er';
    url.password = 'pä:ss';
    // Cross-origin from a page: there, native classes send them only with credentials.
    await using(new EventSource(url, { withCredentials: true }), async (source) => {
      expect(source.url).to.equal(url.href);
      expect((await next(source, 'message')).data).to.equal('x');
      const [request] = await scenario.requests();
      const [scheme, credentials = ''] = (request?.headers.authorization ?? '').split(' ');
      const bytes = Uint8Array.from(atob(credentials), (character) => character.charCodeAt(0));
      expect([scheme, new TextDecoder().decode(bytes)]).to.deep.equal(['Basic', 'us er:pä:ss']);
    });
  });

  it('the user’s Authorization header overrides the URL’s credentials', async () => {
    const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
    const url = scenario.url.replace('://', '://user:password@');
    await using(new EventSource(url, { headers: { authorization: 'Bearer key' } }), async (source) => {
      await next(source, 'message');
      expect((await scenario.requests())[0]?.headers.authorization).to.equal('Bearer key');
    });
  });

  for (const host of ['this is invalid', 'a%20b', 'a%00b', 'a%7Cb', '%25']) {
    it(`the host "${host}" is a SyntaxError`, () => {
      expect(() => new EventSource(`http://${host}/`))
        .to.throw(DOMException, 'not a valid URL')
        .with.property('name', 'SyntaxError');
    });
  }

  for (const host of ['[::1]', 'ä.example', 'a_b', 'xn--4ca.example', 'a%41']) {
    it(`the host "${host}" is accepted`, () => {
      const source = new EventSource(`http://${host}:1/%20?%20`);
      source.close();
      expect(source.url).to.contain(':1/%20?%20');
    });
  }
});

if ('document' in globalThis) {
  describe('pages', () => {
    it('window.stop() ends the connection, with one error', async () => {
      const scenario = await Scenario.of({ steps: ['retry: 10\ndata: x\n\n', { end: 'hang' }] });
      // In Firefox, it would also end the test runner's connection.
      if (navigator.userAgent.includes('Firefox')) window.stop = () => {};
      const { stop } = window;
      await using(new EventSource(scenario.url), async (source) => {
        await next(source, 'message');
        let errors = 0;
        source.onerror = () => errors++;
        const error = next<EventSourceErrorEvent>(source, 'error');
        window.stop();
        expect((await error).message).to.contain('window.stop()');
        expect(source.readyState).to.equal(EventSource.CLOSED);
        await sleep(200);
        expect(errors).to.equal(1);
        expect(await scenario.requests()).to.have.length(1);
      });
      expect(window.stop).to.equal(stop);
    });
  });
}

describe('streams', () => {
  it('EventSourceParserStream is a TransformStream', () => {
    if (typeof TransformStream === 'undefined') return;
    expect(new EventSourceParserStream()).to.be.instanceOf(TransformStream);
    expect(Object.getPrototypeOf(EventSourceParserStream)).to.equal(TransformStream);
  });
});
