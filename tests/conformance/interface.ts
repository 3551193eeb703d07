/** Points I1 to I8: the interface according to Web IDL. */

import { expect } from 'chai';
import { Scenario } from '../support/server/scenario.js';
import { catchReports, type EventSourceClass, GLOBALS, next, table, using } from './conformance-test.js';

export const interfaceTests = table();
const { test } = interfaceTests;

/** The globals with a base URL. */
const inBrowsers = GLOBALS.filter((global) => global !== 'node');

const attributes = ['url', 'withCredentials', 'readyState', 'onopen', 'onmessage', 'onerror'] as const;

function baseUrl(): string {
  return 'document' in globalThis ? document.baseURI : location.href;
}

/** A closed object, which never connects. */
function idle(EventSource: EventSourceClass): EventSource {
  const source = new EventSource('http://127.0.0.1:1/');
  source.close();
  return source;
}

test('I1 EventSource extends EventTarget', (EventSource) => {
  expect(Object.getPrototypeOf(EventSource)).to.equal(EventTarget);
  expect(Object.getPrototypeOf(EventSource.prototype)).to.equal(EventTarget.prototype);
  expect(idle(EventSource)).to.be.instanceOf(EventTarget);
});

test('I2 the constructor has the length 1, needs new and an argument', (EventSource) => {
  expect(EventSource.length).to.equal(1);
  expect(EventSource.name).to.equal('EventSource');
  // @ts-expect-error
  expect(() => EventSource('http://127.0.0.1:1/')).to.throw(TypeError);
  // @ts-expect-error
  expect(() => new EventSource()).to.throw(TypeError);
});

test('I2 the URL is made a string', (EventSource) => {
  for (const url of [
    'http://127.0.0.1:1/x',
    new URL('http://127.0.0.1:1/x'),
    { toString: () => 'http://127.0.0.1:1/x' },
  ]) {
    const source = new EventSource(url as string);
    source.close();
    expect(source.url).to.equal('http://127.0.0.1:1/x');
  }
  expect(() => new EventSource(Symbol('url') as unknown as string)).to.throw(TypeError);
  const thrown = new Error('from toString');
  const throwing = {
    toString() {
      throw thrown;
    },
  };
  expect(() => new EventSource(throwing as unknown as string)).to.throw(thrown.message);
});

test(
  'I2 what isn’t a URL is made a string too, and relative',
  (EventSource) => {
    for (const url of [null, undefined, 1, true, { toString: () => 'x' }, ['a', 'b']]) {
      const source = new EventSource(url as unknown as string);
      source.close();
      expect(source.url).to.equal(new URL(String(url), baseUrl()).href);
    }
  },
  inBrowsers,
);

test('I2 the arguments are converted in order, and before the URL is parsed', (EventSource) => {
  const order: string[] = [];
  const url = {
    toString() {
      order.push('url');
      return 'http://127.0.0.1:1/';
    },
  };
  const init = {
    get withCredentials() {
      order.push('withCredentials');
      return true;
    },
  };
  new EventSource(url as unknown as string, init).close();
  expect(order).to.deep.equal(['url', 'withCredentials']);
  // The second argument is converted before the constructor's steps.
  expect(() => new EventSource('http://[', 1 as unknown as EventSourceInit)).to.throw(TypeError);
  const thrown = new Error('from the getter');
  const throwing = {
    get withCredentials(): boolean {
      throw thrown;
    },
  };
  expect(() => new EventSource('http://[', throwing)).to.throw(thrown.message);
});

test('I2 withCredentials is read like any property: inherited, of a function, not enumerable', (EventSource) => {
  const hidden = Object.defineProperty({}, 'withCredentials', { value: true, enumerable: false });
  for (const init of [
    Object.create({ withCredentials: true }),
    Object.assign(() => {}, { withCredentials: true }),
    Object.assign([], { withCredentials: true }),
    hidden,
  ]) {
    const source = new EventSource('http://127.0.0.1:1/', init);
    source.close();
    expect(source.withCredentials).to.equal(true);
  }
});

test('I2 the second argument may be missing, undefined, null or an object, and nothing else', (EventSource) => {
  for (const init of [undefined, null, {}]) {
    const source = new EventSource('http://127.0.0.1:1/', init as EventSourceInit);
    source.close();
    expect(source.withCredentials).to.equal(false);
  }
  for (const init of [1, 'x', true, Symbol('init')]) {
    expect(() => new EventSource('http://127.0.0.1:1/', init as unknown as EventSourceInit)).to.throw(
      TypeError,
    );
  }
});

test('I2 withCredentials is made a boolean', (EventSource) => {
  for (const [value, expected] of [
    [true, true],
    [1, true],
    ['false', true],
    [{}, true],
    [0, false],
    ['', false],
    [null, false],
    [undefined, false],
  ]) {
    const source = new EventSource('http://127.0.0.1:1/', { withCredentials: value as boolean });
    source.close();
    expect(source.withCredentials).to.equal(expected);
  }
});

test('I3 a URL that does not parse is a SyntaxError, thrown at once', (EventSource) => {
  for (const url of ['http://[', 'http://a:b:c/', 'http://a:99999/']) {
    let thrown: unknown;
    try {
      new EventSource(url).close();
    } catch (error) {
      thrown = error;
    }
    expect(thrown, url).to.be.instanceOf(DOMException);
    expect((thrown as DOMException).name).to.equal('SyntaxError');
    expect((thrown as DOMException).code).to.equal(12);
  }
});

test('I3 url is absolute and serialized', (EventSource) => {
  const source = new EventSource('HTTP://127.0.0.1:1/a/../b?q=ä#f');
  source.close();
  expect(source.url).to.equal('http://127.0.0.1:1/b?q=%C3%A4#f');
});

test(
  'I3 a relative URL is relative to the page, or to the worker’s script',
  (EventSource) => {
    for (const url of ['', 'x', '../x?y#z', '//127.0.0.1:1/x', '?q', '#f', '/x']) {
      const source = new EventSource(url);
      source.close();
      expect(source.url, url).to.equal(new URL(url, baseUrl()).href);
    }
  },
  inBrowsers,
);

test(
  'I3 there is no page in Node, and so no relative URL',
  (EventSource) => {
    for (const url of ['', 'x', '/x'])
      expect(() => new EventSource(url))
        .to.throw(DOMException)
        .with.property('name', 'SyntaxError');
  },
  ['node'],
);

test('I4 attributes are enumerable accessors of the prototype', (EventSource) => {
  for (const name of attributes) {
    const descriptor = Object.getOwnPropertyDescriptor(EventSource.prototype, name);
    expect(descriptor, name).to.include({ enumerable: true, configurable: true });
    expect(descriptor?.get, name).to.be.a('function').with.property('name', `get ${name}`);
    expect(descriptor?.get, name).to.have.property('length', 0);
    if (name.startsWith('on')) {
      expect(descriptor?.set).to.have.property('name', `set ${name}`);
      expect(descriptor?.set).to.have.property('length', 1);
    } else expect(descriptor?.set, name).to.equal(undefined);
  }
  expect(Object.getOwnPropertyNames(idle(EventSource))).to.deep.equal([]);
});

test('I4 read-only attributes are not written', (EventSource) => {
  const source = idle(EventSource);
  const before = [source.url, source.withCredentials, source.readyState];
  for (const name of ['url', 'withCredentials', 'readyState']) {
    expect(() => Object.assign(source, { [name]: 7 }), name).to.throw(TypeError);
  }
  expect([source.url, source.withCredentials, source.readyState]).to.deep.equal(before);
});

test('I4 members called on something else throw a TypeError', (EventSource) => {
  for (const name of attributes) {
    const get = Object.getOwnPropertyDescriptor(EventSource.prototype, name)?.get as () => unknown;
    for (const wrong of [{}, new EventTarget(), EventSource.prototype]) {
      expect(() => get.call(wrong), name).to.throw(TypeError);
    }
  }
  expect(() => EventSource.prototype.close.call({} as EventSource)).to.throw(TypeError);
});

test('I5 the constants are on the class and on the prototype', (EventSource) => {
  for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSED: 2 })) {
    for (const object of [EventSource, EventSource.prototype]) {
      expect(Object.getOwnPropertyDescriptor(object, name), name).to.deep.equal({
        value,
        enumerable: true,
        writable: false,
        configurable: false,
      });
    }
  }
});

test('I4 members called on what looks like one throw a TypeError', (EventSource) => {
  const source = idle(EventSource);
  for (const wrong of [Object.create(source), Object.create(EventSource.prototype), new Proxy(source, {})]) {
    expect(() => wrong.readyState).to.throw(TypeError);
    expect(() => wrong.url).to.throw(TypeError);
    expect(() => wrong.close()).to.throw(TypeError);
    expect(() => {
      wrong.onmessage = null;
    }).to.throw(TypeError);
  }
});

test('I5 the constants can’t be set, and are seen from an object', (EventSource) => {
  const source = idle(EventSource);
  expect(source).to.include({ CONNECTING: 0, OPEN: 1, CLOSED: 2 });
  expect(() => Object.assign(source, { OPEN: 7 })).to.throw(TypeError);
  expect(() => Object.assign(EventSource, { OPEN: 7 })).to.throw(TypeError);
  expect(Object.keys(EventSource)).to.deep.equal(['CONNECTING', 'OPEN', 'CLOSED']);
});

test('I6 handler attributes are null at first and take objects and functions', (EventSource) => {
  const source = idle(EventSource);
  for (const name of ['onopen', 'onmessage', 'onerror'] as const) {
    expect(source[name]).to.equal(null);
    for (const value of [() => {}, {}, []]) {
      source[name] = value as () => void;
      expect(source[name]).to.equal(value);
    }
    for (const value of [1, 'x', true, undefined, null, Symbol('x')]) {
      source[name] = () => {};
      source[name] = value as unknown as null;
      expect(source[name]).to.equal(null);
    }
  }
});

test('I6 a handler runs where it was first set, and null takes it out', (EventSource) => {
  const source = idle(EventSource);
  const calls: string[] = [];
  const fire = () => {
    calls.length = 0;
    source.dispatchEvent(new Event('open'));
    return calls.join('');
  };
  source.addEventListener('open', () => calls.push('a'));
  source.onopen = () => calls.push('b');
  source.addEventListener('open', () => calls.push('c'));
  expect(fire()).to.equal('abc');
  source.onopen = () => calls.push('B');
  expect(fire()).to.equal('aBc');
  source.onopen = null;
  expect(fire()).to.equal('ac');
  source.onopen = () => calls.push('d');
  expect(fire()).to.equal('acd');
  // An object that isn't callable keeps the handler's place in the order.
  source.onopen = {} as () => void;
  expect(fire()).to.equal('ac');
  source.addEventListener('open', () => calls.push('e'));
  source.onopen = () => calls.push('f');
  expect(fire()).to.equal('acfe');
});

test('I6 this is the object, and returning false cancels what can be canceled', (EventSource) => {
  const source = idle(EventSource);
  let self: unknown;
  let argument: unknown;
  source.onmessage = function (event) {
    self = this;
    argument = event;
    return false;
  };
  // Not a MessageEvent: in Node 20, it can't be cancelable.
  const event = new Event('message', { cancelable: true });
  expect(source.dispatchEvent(event)).to.equal(false);
  expect(self).to.equal(source);
  expect(argument).to.equal(event);
  expect(source.dispatchEvent(new Event('message'))).to.equal(true);
});

test('I6 an object that can’t be called is kept and never called', (EventSource) => {
  const source = idle(EventSource);
  const handler = {
    handleEvent() {
      expect.fail('a handler attribute is no listener object');
    },
  };
  source.onopen = handler as unknown as () => void;
  source.dispatchEvent(new Event('open'));
  expect(source.onopen).to.equal(handler);
});

test('I6 the three are apart from each other and from listeners', (EventSource) => {
  const source = idle(EventSource);
  const calls: string[] = [];
  const handler = ({ type }: Event) => calls.push(type);
  source.onopen = handler;
  source.onmessage = handler;
  source.onerror = handler;
  source.addEventListener('open', handler);
  source.removeEventListener('open', handler);
  for (const type of ['open', 'message', 'error', 'other']) source.dispatchEvent(new Event(type));
  expect(calls).to.deep.equal(['open', 'message', 'error']);
});

test('I6 a handler that is set within a handler', (EventSource) => {
  const source = idle(EventSource);
  const calls: string[] = [];
  source.addEventListener('open', () => {
    calls.push('listener');
    source.onopen = () => calls.push('second');
  });
  source.onopen = () => calls.push('first');
  source.dispatchEvent(new Event('open'));
  // The handler is looked up when its turn comes.
  expect(calls).to.deep.equal(['listener', 'second']);
});

test('I6 an exception is reported and stops nothing else', async (EventSource) => {
  const scenario = await Scenario.of({ steps: ['data: 1\n\ndata: 2\n\n', { end: 'hang' }] });
  const reported = catchReports();
  try {
    await using(new EventSource(scenario.url), async (source) => {
      const seen: string[] = [];
      source.onmessage = ({ data }) => {
        throw new Error(`handler at ${data}`);
      };
      source.addEventListener('message', ({ data }) => {
        throw new Error(`listener at ${data}`);
      });
      source.addEventListener('message', ({ data }) => seen.push(data));
      while (seen.length < 2) await next(source, 'message');
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(seen).to.deep.equal(['1', '2']);
      expect(source.readyState).to.equal(1);
    });
    expect(reported.messages().map((message) => message.replace(/^Uncaught (Error: )?/, ''))).to.deep.equal([
      'handler at 1',
      'listener at 1',
      'handler at 2',
      'listener at 2',
    ]);
  } finally {
    reported.stop();
  }
});

test('I7 the class and its prototype have the properties that Web IDL gives them', (EventSource) => {
  const hidden = { enumerable: false, writable: false };
  expect(Object.getOwnPropertyDescriptor(EventSource, 'prototype')).to.deep.equal({
    value: EventSource.prototype,
    ...hidden,
    configurable: false,
  });
  for (const [name, value] of [
    ['length', 1],
    ['name', 'EventSource'],
  ] as const) {
    const expected = { value, ...hidden, configurable: true };
    expect(Object.getOwnPropertyDescriptor(EventSource, name)).to.deep.equal(expected);
  }
  expect(Object.getOwnPropertyDescriptor(EventSource.prototype, 'constructor')).to.deep.equal({
    value: EventSource,
    enumerable: false,
    writable: true,
    configurable: true,
  });
  expect(Object.prototype.toString.call(EventSource.prototype)).to.equal('[object EventSource]');
  const keys: string[] = [];
  for (const key in idle(EventSource)) keys.push(key);
  expect(keys).to.include.members([...attributes, 'close', 'CONNECTING', 'OPEN', 'CLOSED', 'dispatchEvent']);
});

test('I7 members are no constructors', (EventSource) => {
  const source = idle(EventSource);
  // biome-ignore lint/suspicious/noExplicitAny: the types rightly refuse it.
  expect(() => new (source.close as any)()).to.throw(TypeError);
  expect(Object.hasOwn(source.close, 'prototype')).to.equal(false);
});

test('I7 close has the name, the length and the enumerability of an operation', (EventSource) => {
  const descriptor = Object.getOwnPropertyDescriptor(EventSource.prototype, 'close');
  expect(descriptor).to.include({ enumerable: true, configurable: true, writable: true });
  expect(EventSource.prototype.close.name).to.equal('close');
  expect(EventSource.prototype.close.length).to.equal(0);
  expect(idle(EventSource).close()).to.equal(undefined);
});

test('I7 it says what it is', (EventSource) => {
  expect(Object.prototype.toString.call(idle(EventSource))).to.equal('[object EventSource]');
  expect(Object.getOwnPropertyDescriptor(EventSource.prototype, Symbol.toStringTag)).to.deep.equal({
    value: 'EventSource',
    enumerable: false,
    writable: false,
    configurable: true,
  });
});

test('I7 there are no members to be seen but the standard’s', (EventSource) => {
  const members = Object.keys(EventSource.prototype).sort();
  const expected = [...attributes, 'close', 'CONNECTING', 'OPEN', 'CLOSED'].sort();
  expect(members).to.deep.equal(expected);
});

test('I8 events are real ones, which neither bubble nor can be canceled', async (EventSource) => {
  const scenario = await Scenario.of({ steps: ['retry: 5000\n\ndata: x\n\nevent: named\ndata: y\n\n'] });
  await using(new EventSource(scenario.url), async (source) => {
    const [opened, message, named, error] = await Promise.all([
      next<Event>(source, 'open'),
      next(source, 'message'),
      next(source, 'named'),
      next<Event>(source, 'error'),
    ]);
    for (const event of [opened, message, named, error]) {
      expect(event).to.be.instanceOf(Event);
      expect(event).to.include({ bubbles: false, cancelable: false, composed: false });
      expect(event.target).to.equal(source);
      expect(event.timeStamp).to.be.a('number').and.at.least(0);
      const ofItsKind = event instanceof MessageEvent ? new MessageEvent('x') : new Event('x');
      expect(String(event)).to.equal(String(ofItsKind));
    }
    for (const event of [message, named]) {
      expect(event).to.be.instanceOf(MessageEvent);
      expect(event.source).to.equal(null);
      expect(event.ports).to.deep.equal([]);
    }
  });
});

test('I2 a subclass works', async (EventSource) => {
  class Sub extends EventSource {
    own = 1;
    override close() {
      this.own++;
      super.close();
    }
  }
  const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
  await using(new Sub(scenario.url), async (source) => {
    expect(source).to.be.instanceOf(EventSource);
    expect((await next(source, 'message')).data).to.equal('x');
    source.close();
    expect(source).to.include({ own: 2, readyState: 2 });
  });
});
