/** Points I1 to I8: the interface as Web IDL gives it. */

import { expect } from 'chai';
import { Scenario } from '../server/scenario.js';
import { type EventSourceClass, next, table, using } from './conformance-test.js';

export const interfaceTests = table();
const { test } = interfaceTests;

const attributes = ['url', 'withCredentials', 'readyState', 'onopen', 'onmessage', 'onerror'] as const;

/** An object that never connects. */
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
  // An object that can't be called keeps the place.
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
  // Not a MessageEvent: that of Node 20 can't be made cancelable.
  const event = new Event('message', { cancelable: true });
  expect(source.dispatchEvent(event)).to.equal(false);
  expect(self).to.equal(source);
  expect(argument).to.equal(event);
  expect(source.dispatchEvent(new Event('message'))).to.equal(true);
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
    }
    for (const event of [message, named]) {
      expect(event).to.be.instanceOf(MessageEvent);
      expect(event.source).to.equal(null);
      expect(event.ports).to.deep.equal([]);
    }
  });
});

test('a subclass works', async (EventSource) => {
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
