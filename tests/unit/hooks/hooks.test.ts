/** Tests `useEventSource` in React, Vue and Svelte. React needs a page. */

import { expect } from 'chai';
import { EventSource, EventSourceErrorEvent } from 'eventsource-wasm';
import type { EventSourceControls, EventSourceState, UseEventSourceInit } from 'eventsource-wasm/svelte';
import * as svelte from 'eventsource-wasm/svelte';
import * as vue from 'eventsource-wasm/vue';
import { createRenderer, type EffectScope, effectScope, nextTick, shallowRef } from 'vue';
import { sleep } from '../../conformance/conformance-test.js';
import { type Answer, Scenario } from '../../support/server/scenario.js';
import { installLocks } from '../shim/shared-locks.js';

interface Mounted {
  state(): EventSourceState;
  controls: EventSourceControls;
  /** Changes the URL. */
  setUrl?(url: string | null): Promise<void>;
  unmount(): Promise<void>;
}

type Mount = (url: string | null, init: UseEventSourceInit) => Promise<Mounted>;

const mounts: Record<string, Mount> = {
  async Svelte(url, init) {
    const store = svelte.useEventSource(url, init);
    let state: EventSourceState | undefined;
    const unsubscribe = store.subscribe((value) => {
      state = value;
    });
    return { state: () => state as EventSourceState, controls: store, unmount: async () => unsubscribe() };
  },
  async Vue(url, init) {
    const scope = effectScope();
    const address = shallowRef(url);
    const { close, reopen, ...refs } = scope.run(() => vue.useEventSource(address, () => init)) as ReturnType<
      typeof vue.useEventSource
    >;
    const state = () =>
      Object.fromEntries(Object.entries(refs).map(([name, { value }]) => [name, value])) as never;
    const setUrl = async (url: string | null) => {
      address.value = url;
    };
    return { state, controls: { close, reopen }, setUrl, unmount: async () => scope.stop() };
  },
};

if ('document' in globalThis) {
  mounts.React = async (url, init) => {
    const { createElement, StrictMode } = await import('react');
    const { createRoot } = await import('react-dom/client');
    const { useEventSource } = await import('eventsource-wasm/react');
    let latest: (EventSourceState & EventSourceControls) | undefined;
    function Component({ url }: { url: string | null }) {
      latest = useEventSource(url, init);
      return null;
    }
    const root = createRoot(document.createElement('div'));
    const render = async (url: string | null) => {
      root.render(createElement(StrictMode, null, createElement(Component, { url })));
      while (!latest) await sleep(1);
    };
    await render(url);
    return {
      state: () => latest as EventSourceState,
      controls: latest as unknown as EventSourceControls,
      setUrl: render,
      unmount: async () => root.unmount(),
    };
  };
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`timed out waiting for: ${holds}`);
    await sleep(5);
  }
}

const hang: Answer = { steps: ['id: 1\ndata: a\n\n', { end: 'hang' }] };

for (const [name, mount] of Object.entries(mounts)) {
  describe(`useEventSource for ${name}`, () => {
    it('shows the last event, its type and its ID, and sends one request', async () => {
      const scenario = await Scenario.of({
        steps: ['id: 1\ndata: a\n\n', 'event: named\nid: 2\ndata: b\n\n', { end: 'hang' }],
      });
      const messages: string[] = [];
      const all: string[] = [];
      const { state, unmount } = await mount(scenario.url, {
        onMessage: ({ data }) => messages.push(data),
        onEvent: ({ data }) => all.push(data),
      });
      expect(state()).to.include({ data: undefined, readyState: EventSource.CONNECTING });
      await until(() => state().lastEventId === '2');
      expect(state()).to.deep.include({
        data: 'b',
        event: 'named',
        lastEventId: '2',
        readyState: EventSource.OPEN,
        error: undefined,
      });
      expect([messages, all]).to.deep.equal([['a'], ['a', 'b']]);
      await unmount();
      const requests = await scenario.until(([request]) => request?.isOpen === false);
      expect(requests).to.have.length(1);
    });

    it('shared: two hooks use one connection', async () => {
      const restore = installLocks();
      try {
        const scenario = await Scenario.of({ steps: ['data: a\n\n', { end: 'hang' }] });
        const init = { shared: true, name: `hooks, ${name}`, replay: 1 };
        const first = await mount(scenario.url, init);
        await until(() => first.state().data === 'a');
        const second = await mount(scenario.url, init);
        await until(() => second.state().data === 'a');
        expect(await scenario.requests()).to.have.length(1);
        await second.unmount();
        expect(first.state().readyState).to.equal(EventSource.OPEN);
        await first.unmount();
        await scenario.until(([request]) => request?.isOpen === false);
      } finally {
        restore();
      }
    });

    it('events named "error" and "close" from the server are normal events', async () => {
      const steps = ['event: error\ndata: e\n\n', 'event: close\ndata: c\n\n', 'data: last\n\n'];
      const scenario = await Scenario.of({ steps: [...steps, { end: 'hang' }] });
      const called: string[] = [];
      const types: string[] = [];
      const { state, unmount } = await mount(scenario.url, {
        onError: () => called.push('error'),
        onClose: () => called.push('close'),
        onEvent: ({ type }) => types.push(type),
      });
      await until(() => state().data === 'last');
      expect(state()).to.include({ readyState: EventSource.OPEN, error: undefined });
      expect([called, types]).to.deep.equal([[], ['error', 'close', 'message']]);
      await unmount();
    });

    it('the end of a POST closes the hook, once', async () => {
      const scenario = await Scenario.of({ steps: ['data: x\n\n'] });
      let closes = 0;
      const { state, unmount } = await mount(scenario.url, { method: 'POST', onClose: () => closes++ });
      await until(() => state().readyState === EventSource.CLOSED);
      expect(state()).to.include({ data: 'x', error: undefined });
      expect(closes).to.equal(1);
      await unmount();
    });

    it('error is set until the connection is open again', async () => {
      const scenario = await Scenario.of({ status: 503 }, hang);
      const errors: (number | undefined)[] = [];
      const { state, unmount } = await mount(scenario.url, {
        reconnect: { statuses: [503], initialDelay: 150, jitter: 0 },
        onError: ({ status }) => errors.push(status),
      });
      await until(() => state().error !== undefined);
      expect(state().error).to.be.instanceOf(EventSourceErrorEvent);
      expect(state().readyState).to.equal(EventSource.CONNECTING);
      await until(() => state().data === 'a');
      expect(state()).to.include({ error: undefined, readyState: EventSource.OPEN });
      expect(errors).to.deep.equal([503]);
      await unmount();
    });

    it('close() and reopen()', async () => {
      const scenario = await Scenario.of(hang);
      const { state, controls, unmount } = await mount(scenario.url, {});
      await until(() => state().data === 'a');
      controls.close();
      await until(() => state().readyState === EventSource.CLOSED);
      expect(state().data).to.equal('a');
      await scenario.until(([request]) => request?.isOpen === false);
      controls.reopen();
      await until(() => state().readyState === EventSource.OPEN);
      expect(await scenario.requests()).to.have.length(2);
      await unmount();
    });

    it('close() in a callback keeps the events of this frame', async () => {
      const scenario = await Scenario.of({ steps: ['data: a\n\ndata: b\n\ndata: end\n\n', { end: 'hang' }] });
      const { state, controls, unmount } = await mount(scenario.url, {
        onEvent: ({ data }) => data === 'end' && controls.close(),
      });
      await until(() => state().readyState === EventSource.CLOSED);
      expect(state().data).to.equal('end');
      await unmount();
    });

    it('an aborted signal closes the hook', async () => {
      const scenario = await Scenario.of(hang);
      const stop = new AbortController();
      const { state, controls, unmount } = await mount(scenario.url, { signal: stop.signal });
      await until(() => state().data === 'a');
      stop.abort();
      await until(() => state().readyState === EventSource.CLOSED);
      expect(state().data).to.equal('a');
      controls.reopen();
      await until(() => state().readyState === EventSource.CLOSED);
      expect(await scenario.requests()).to.have.length(1);
      await unmount();
    });

    it('reopen() after the end opens nothing', async () => {
      const scenario = await Scenario.of(hang);
      const { state, controls, unmount } = await mount(scenario.url, {});
      await until(() => state().data === 'a');
      await unmount();
      controls.reopen();
      await sleep(50);
      expect(await scenario.requests()).to.have.length(1);
      await scenario.until(([request]) => request?.isOpen === false);
    });

    it('without a URL or with invalid arguments: closed', async () => {
      const none = await mount(null, {});
      await sleep(20);
      expect(none.state()).to.include({ readyState: EventSource.CLOSED, error: undefined });
      await none.unmount();
      const wrong = await mount('http://127.0.0.1:1/', { body: 'x' });
      await until(() => wrong.state().error instanceof TypeError);
      expect(wrong.state().readyState).to.equal(EventSource.CLOSED);
      await wrong.unmount();
    });

    // A Svelte store has one URL.
    if (name === 'Svelte') return;
    it('another URL opens another connection', async () => {
      const [one, two] = [
        await Scenario.of(hang),
        await Scenario.of({ steps: ['data: b\n\n', { end: 'hang' }] }),
      ];
      const { state, setUrl, unmount } = await mount(one.url, {});
      await until(() => state().data === 'a');
      await setUrl?.(two.url);
      await until(() => state().data === 'b');
      expect(state()).to.include({ lastEventId: '', readyState: EventSource.OPEN });
      await one.until(([request]) => request?.isOpen === false);
      await setUrl?.(null);
      await until(() => state().readyState === EventSource.CLOSED);
      await unmount();
    });
  });
}

describe('useEventSource', () => {
  it('Svelte: close() at once prevents the request', async () => {
    const scenario = await Scenario.of(hang);
    const store = svelte.useEventSource(scenario.url);
    let state: EventSourceState | undefined;
    const unsubscribe = store.subscribe((value) => {
      state = value;
    });
    store.close();
    await sleep(50);
    expect(state?.readyState).to.equal(EventSource.CLOSED);
    expect(await scenario.requests()).to.have.length(0);
    unsubscribe();
  });

  it('connects under fake timers that replace queueMicrotask', async () => {
    const scenario = await Scenario.of(hang);
    const { queueMicrotask } = globalThis;
    globalThis.queueMicrotask = () => {};
    const unsubscribe = svelte.useEventSource(scenario.url).subscribe(() => {});
    globalThis.queueMicrotask = queueMicrotask;
    expect(await scenario.until((requests) => requests.length === 1)).to.have.length(1);
    unsubscribe();
  });

  it('Svelte: unsubscribing twice counts once', async () => {
    const scenario = await Scenario.of(hang);
    const store = svelte.useEventSource(scenario.url);
    let state: EventSourceState | undefined;
    const first = store.subscribe(() => {});
    const second = store.subscribe((value) => {
      state = value;
    });
    await until(() => state?.data === 'a');
    first();
    first();
    await sleep(30);
    expect((await scenario.requests())[0]?.isOpen).to.equal(true);
    second();
    await scenario.until(([request]) => request?.isOpen === false);
  });

  it('Svelte: the exception of a subscriber is reported, and the others are called', async () => {
    const scenario = await Scenario.of(hang);
    const store = svelte.useEventSource(scenario.url);
    const { reportError } = globalThis;
    const reported: unknown[] = [];
    globalThis.reportError = (error) => void reported.push(error);
    let isThrowing = false;
    const first = store.subscribe(({ data }) => {
      isThrowing = data === 'a';
      if (isThrowing) throw new Error('from a subscriber');
    });
    let state: EventSourceState | undefined;
    const second = store.subscribe((value) => {
      state = value;
    });
    try {
      await until(() => state?.data === 'a');
      expect(isThrowing).to.equal(true);
      expect(reported.map(String)).to.include('Error: from a subscriber');
    } finally {
      first();
      second();
      globalThis.reportError = reportError;
    }
  });

  // Tested with Svelte's store, which the hooks of all frameworks use.
  it('changes once per frame, not once per event', async () => {
    const burst = Array.from({ length: 2_000 }, (_, index) => `data: ${index}\n\n`).join('');
    const scenario = await Scenario.of({ steps: [burst, { end: 'hang' }] });
    const seen: (string | undefined)[] = [];
    let events = 0;
    const store = svelte.useEventSource(scenario.url, { onEvent: () => events++ });
    const unsubscribe = store.subscribe(({ data }) => seen.push(data));
    await until(() => seen.at(-1) === '1999');
    expect(events).to.equal(2_000);
    expect(seen).to.have.length.below(200);
    unsubscribe();
  });
});

describe('useEventSource and useCompletion for Vue in a scope of their own', () => {
  /** Mounts a component that is rendered nowhere, and unmounts it. */
  function mountNowhere(setup: () => void): () => void {
    const node = { parent: null };
    const { createApp } = createRenderer({
      insert: () => {},
      remove: () => {},
      patchProp: () => {},
      createElement: () => node,
      createText: () => node,
      createComment: () => node,
      setText: () => {},
      setElementText: () => {},
      parentNode: () => null,
      nextSibling: () => null,
    });
    const app = createApp({
      setup() {
        setup();
        return () => null;
      },
    });
    app.mount(node);
    return () => app.unmount();
  }

  const uses: Record<string, (url: () => string) => void> = {
    useEventSource: (url) => vue.useEventSource(url),
    useCompletion: (url) => vue.useCompletion(url),
  };

  for (const [name, use] of Object.entries(uses)) {
    it(`${name}: follows its URL after the component is unmounted, until the scope ends`, async () => {
      const scenario = await Scenario.of(hang, hang);
      const suffix = shallowRef('');
      const scope: EffectScope = effectScope(true);
      const unmount = mountNowhere(() => scope.run(() => use(() => `${scenario.url}${suffix.value}`)));
      await scenario.until(([request]) => request?.isOpen === true);
      unmount();
      suffix.value = '?second';
      await nextTick();
      const requests = await scenario.until(([, second]) => second?.isOpen === true);
      expect(requests).to.have.length(2);
      scope.stop();
      await scenario.until((requests) => requests.every(({ isOpen }) => !isOpen));
    });

    it(`${name}: a scope that ended before the component was mounted opens nothing`, async () => {
      const scenario = await Scenario.of(hang);
      const scope = effectScope(true);
      const unmount = mountNowhere(() => {
        scope.run(() => use(() => scenario.url));
        scope.stop();
      });
      await sleep(20);
      expect(await scenario.requests()).to.have.length(0);
      unmount();
    });
  }
});
