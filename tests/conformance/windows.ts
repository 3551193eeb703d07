/** Tests that need windows: base URLs, encodings, classes of other windows, leaving a page. */

import { expect } from 'chai';
import { Scenario } from '../support/server/scenario.js';
import { type EventSourceClass, next, sleep, table, using } from './conformance-test.js';

export const windowTests = table();

/** The classes that `global.ts` exposes in every window. */
export interface Classes {
  ours: EventSourceClass;
  native: EventSourceClass | undefined;
}

type Frame = Window & typeof globalThis & { conformance: Classes };

function test(name: string, run: (EventSource: EventSourceClass) => void | Promise<void>): void {
  windowTests.test(name, run, ['window']);
}

/** Opens a page of the server in a frame. Returns the frame's counterpart of this class. */
async function frame(
  page: string,
  EventSource: EventSourceClass,
): Promise<{ element: HTMLIFrameElement; window: Frame; EventSource: EventSourceClass }> {
  const element = document.createElement('iframe');
  element.src = `/conformance/${page}`;
  const loaded = new Promise((resolve) => element.addEventListener('load', resolve));
  document.body.append(element);
  await loaded;
  const window = element.contentWindow as Frame;
  const which = EventSource === globalThis.EventSource ? 'native' : 'ours';
  return { element, window, EventSource: window.conformance[which] as EventSourceClass };
}

/** Waits until the server has seen the end of the connection. */
async function isGone(scenario: Scenario): Promise<boolean> {
  const areGone = (seen: { isOpen: boolean }[]) => seen.length > 0 && seen.every(({ isOpen }) => !isOpen);
  // Two waits of 5 s, because Firefox sometimes needs longer on a busy machine.
  return areGone(await scenario.until(areGone)) || areGone(await scenario.until(areGone));
}

test('I3 a base element counts', async (EventSource) => {
  const { element, EventSource: There } = await frame('base.html', EventSource);
  try {
    for (const [url, path] of [
      ['x', '/another/folder/x'],
      ['../x', '/another/x'],
      ['', '/another/folder/'],
    ]) {
      const source = new There(url as string);
      source.close();
      expect(source.url).to.equal(location.origin + path);
    }
  } finally {
    element.remove();
  }
});

test('I3 the base is what it is when the object is made', async (EventSource) => {
  const base = document.createElement('base');
  base.href = '/set/by/script/';
  document.head.append(base);
  const source = new EventSource('x');
  source.close();
  base.remove();
  expect(source.url).to.equal(`${location.origin}/set/by/script/x`);
});

test('I3 the query is encoded as the document is', async (EventSource) => {
  const { element, EventSource: There } = await frame('windows-1252.html', EventSource);
  try {
    const source = new There('http://127.0.0.1:1/ä?q=ä#ä');
    source.close();
    expect(source.url).to.equal('http://127.0.0.1:1/%C3%A4?q=%E4#%C3%A4');
  } finally {
    element.remove();
  }
});

test('I1 a class of another window makes objects of that window', async (EventSource) => {
  const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
  const { element, window, EventSource: There } = await frame('base.html', EventSource);
  try {
    expect(There).not.to.equal(EventSource);
    expect(new There('x').url).to.equal(`${location.origin}/another/folder/x`);
    await using(new There(scenario.url), async (source) => {
      expect(source).to.be.instanceOf(There).and.to.be.instanceOf(window.EventTarget);
      expect(source).not.to.be.instanceOf(EventTarget);
      const event = await next(source, 'message');
      expect(event.data).to.equal('x');
      expect(event).to.be.instanceOf(window.MessageEvent);
    });
    expect(() => new There('http://['))
      .to.throw(window.DOMException)
      .with.property('name', 'SyntaxError');
    expect(() => new There('x', 1 as unknown as EventSourceInit)).to.throw(window.TypeError);
  } finally {
    element.remove();
  }
});

for (const [how, leave] of Object.entries({
  'removing its frame': ({ element }: { element: HTMLIFrameElement }) => element.remove(),
  'following a link': ({ element, window }: { element: HTMLIFrameElement; window: Frame }) =>
    new Promise((resolve) => {
      element.addEventListener('load', resolve, { once: true });
      window.location.href = '/conformance/empty.html';
    }),
  'window.stop()': ({ window }: { window: Frame }) => window.stop(),
})) {
  test(`C11 ${how} ends the connection`, async (EventSource) => {
    const scenario = await Scenario.of({ steps: ['retry: 20\ndata: x\n\n', { end: 'hang' }] });
    const there = await frame('window.html', EventSource);
    try {
      const source = new there.EventSource(scenario.url);
      await next(source, 'message');
      await leave(there);
      // Firefox ends requests when a navigation begins. Until the page is unloaded, the source may reconnect.
      const most = how === 'following a link' ? (await scenario.requests()).length : 1;
      expect(await isGone(scenario)).to.equal(true);
      // Wait long enough for a reconnection.
      await sleep(200);
      expect(await scenario.requests()).to.have.length(most);
    } finally {
      there.element.remove();
    }
  });
}

test('C11 a worker that is terminated ends its connection', async (EventSource) => {
  const which = EventSource === globalThis.EventSource ? 'native' : 'ours';
  const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
  const program = `
    importScripts(${JSON.stringify(`${location.origin}/conformance/global.js`)});
    const source = new conformance.${which}(${JSON.stringify(scenario.url)});
    source.onmessage = ({ data }) => postMessage(data);
  `;
  const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
  const worker = new Worker(url);
  try {
    expect((await next(worker, 'message')).data).to.equal('x');
    worker.terminate();
    expect(await isGone(scenario)).to.equal(true);
  } finally {
    worker.terminate();
    URL.revokeObjectURL(url);
  }
});
