/** Tests `useCompletion` of React and Vue, and `completionStore` of Svelte. */

import { expect } from 'chai';
import type { FetchLike } from 'eventsource-wasm';
import { CompletionError } from 'eventsource-wasm/llm';
import {
  type CompletionState,
  type UseCompletionResult,
  useCompletion,
  useEventSource,
} from 'eventsource-wasm/react';
import { completionStore } from 'eventsource-wasm/svelte';
import { fakeCompletion } from 'eventsource-wasm/testing';
import { useCompletion as useVueCompletion } from 'eventsource-wasm/vue';
import { createElement, StrictMode, useEffect } from 'react';
import Reconciler from 'react-reconciler';
import { effectScope, nextTick, ref, watchEffect } from 'vue';
import { sleep } from '../../conformance/conformance-test.js';
import { Scenario, type Step } from '../../support/server/scenario.js';

const chat = (content: string, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;
const whole = (text: string) => [...text].map((letter) => chat(letter)).join('') + chat('', 'stop');
const open: Step[] = [chat('a'), { end: 'hang' }];

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 10_000) expect.fail(`timed out waiting for: ${condition}`);
    await sleep(5);
  }
}

/** A React renderer without output: it runs components and their effects. */
function renderer() {
  const nothing = () => null;
  const host: Record<string, unknown> = {
    supportsMutation: true,
    isPrimaryRenderer: true,
    noTimeout: -1,
    NotPendingTransition: null,
    HostTransitionContext: { $$typeof: Symbol.for('react.context'), _currentValue: null },
    scheduleTimeout: setTimeout,
    cancelTimeout: clearTimeout,
    scheduleMicrotask: queueMicrotask,
    supportsMicrotasks: true,
    getRootHostContext: () => ({}),
    getChildHostContext: () => ({}),
    shouldSetTextContent: () => false,
    resolveUpdatePriority: () => 32,
    getCurrentUpdatePriority: () => 32,
    shouldAttemptEagerTransition: () => false,
    maySuspendCommit: () => false,
    resolveEventTimeStamp: () => -1,
  };
  const { createContainer, updateContainer } = Reconciler(
    new Proxy(host, {
      get: (target, name: string) => target[name] ?? (/^(supports|is)/.test(name) ? false : nothing),
      has: () => true,
    }),
  );
  const fail = (error: unknown) => {
    throw error;
  };
  const container = createContainer({}, 1, null, false, null, '', fail, fail, fail, nothing);
  return {
    render: (element: unknown) => updateContainer(element, container, null, null),
    unmount: () => updateContainer(null, container, null, null),
  };
}

/** Renders `useCompletion` and keeps its results. */
function rendered(init: Parameters<typeof useCompletion>[1] = {}) {
  const renders: UseCompletionResult[] = [];
  const { render, unmount } = renderer();
  function Chat({ url, id }: { url: string | null; id: number }) {
    renders.push(useCompletion(url, { ...init, key: id }));
    return null;
  }
  return {
    renders,
    unmount,
    get last() {
      return renders.at(-1) as UseCompletionResult;
    },
    show: (url: string | null, id = 0, isStrict = false) => {
      const chat = createElement(Chat, { url, id });
      render(isStrict ? createElement(StrictMode, null, chat) : chat);
    },
  };
}

describe('useCompletion: React', () => {
  it('text, parts and the result', async () => {
    const scenario = await Scenario.of({ steps: [whole('Hello')] });
    const finished: string[] = [];
    const hook = rendered({ onFinish: ({ text }) => finished.push(text) });
    hook.show(scenario.url);
    await until(() => hook.last?.status === 'done');
    const { text, parts, result, error } = hook.last;
    expect(text).to.equal('Hello');
    expect(parts).to.deep.equal([
      { type: 'text', text: 'Hello' },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(result?.toMessage()).to.deep.equal({ role: 'assistant', content: 'Hello' });
    expect(error).to.equal(undefined);
    expect(finished).to.deep.equal(['Hello']);
    hook.unmount();
  });

  it('StrictMode sends one request', async () => {
    const scenario = await Scenario.of({ steps: [whole('Hi')] });
    const hook = rendered();
    hook.show(scenario.url, 0, true);
    await until(() => hook.last?.status === 'done');
    await sleep(50);
    expect(await scenario.requests()).to.have.length(1);
    hook.unmount();
  });

  it('stop() in the first effect, and regenerate() after unmounting, send nothing', async () => {
    const scenario = await Scenario.of({ steps: [whole('Hi')] });
    const { render, unmount } = renderer();
    let last: UseCompletionResult | undefined;
    render(
      createElement(() => {
        last = useCompletion(scenario.url);
        useEffect(last.stop, [last.stop]);
        return null;
      }),
    );
    await until(() => last?.status === 'stopped');
    unmount();
    await sleep(20);
    last?.regenerate();
    await sleep(50);
    expect(await scenario.requests()).to.have.length(0);
  });

  it('sends its request under fake timers that replace queueMicrotask', async () => {
    const hook = rendered({ fetch: fakeCompletion('openai-chat', { text: 'Hi' }).fetch as FetchLike });
    const { queueMicrotask } = globalThis;
    globalThis.queueMicrotask = () => {};
    hook.show('https://api.test/');
    await sleep(50);
    globalThis.queueMicrotask = queueMicrotask;
    await until(() => hook.last?.status === 'done');
    hook.unmount();
  });

  it('no render with another URL or key has the answer of the one before', async () => {
    const scenario = await Scenario.of({ steps: [whole('Hi')] }, { steps: open }, { steps: open });
    const { render, unmount } = renderer();
    const renders: [id: number, text: string, status: string][] = [];
    const component = ({ url, id }: { url: string; id: number }) => {
      const { text, status, result } = useCompletion(url, { key: Math.min(id, 1) });
      renders.push([id, text, status]);
      if (id > 0) expect(result).to.equal(undefined);
      return null;
    };
    render(createElement(component, { url: scenario.url, id: 0 }));
    await until(() => renders.at(-1)?.[2] === 'done');
    for (const [id, url] of [scenario.url, `${scenario.url}?other`].entries()) {
      render(createElement(component, { url, id: id + 1 }));
      await until(() => renders.at(-1)?.[0] === id + 1 && renders.at(-1)?.[1] === 'a');
      const first = renders.filter(([of]) => of === id + 1);
      expect(first.map(([, text, status]) => `${text} ${status}`)).to.not.include.members(['Hi done']);
      expect(first[0]).to.deep.equal([id + 1, '', 'streaming']);
    }
    unmount();
  });

  it('useEventSource: no render with another URL or key has data of the one before', async () => {
    const scenario = await Scenario.of({ steps: ['data: a\n\n', { end: 'hang' }] });
    const { render, unmount } = renderer();
    const renders: [id: number, data: string | undefined, readyState: number][] = [];
    const component = ({ url, id }: { url: string | null; id: number }) => {
      const { data, readyState } = useEventSource(url, { key: Math.min(id, 1) });
      renders.push([id, data, readyState]);
      return null;
    };
    const urls = [scenario.url, scenario.url, `${scenario.url}?other`];
    for (const [id, url] of urls.entries()) {
      render(createElement(component, { url, id }));
      await until(() => renders.at(-1)?.[0] === id && renders.at(-1)?.[1] === 'a');
      expect(renders.find(([of]) => of === id)).to.deep.equal([id, undefined, 0]);
    }
    render(createElement(component, { url: null, id: 3 }));
    await until(() => renders.at(-1)?.[0] === 3);
    expect(renders.find(([of]) => of === 3)).to.deep.equal([3, undefined, 2]);
    unmount();
  });

  it('renders once per frame, not once per part', async () => {
    const text = 'x'.repeat(2_000);
    const scenario = await Scenario.of({ steps: [whole(text)] });
    const hook = rendered();
    hook.show(scenario.url);
    await until(() => hook.last?.status === 'done');
    expect(hook.last.text).to.equal(text);
    expect(hook.renders).to.have.length.below(200);
    hook.unmount();
  });

  it('stop keeps the text and ends the request; regenerate sends a new one', async () => {
    const scenario = await Scenario.of({ steps: open }, { steps: [whole('again')] });
    const hook = rendered();
    hook.show(scenario.url);
    await until(() => hook.last?.text === 'a');
    hook.last.stop();
    await until(() => hook.last.status === 'stopped');
    expect(hook.last.text).to.equal('a');
    const [request] = await scenario.until(([request]) => request?.isOpen === false);
    expect(request?.wasAborted).to.equal(true);
    hook.last.regenerate();
    await until(() => hook.last.status === 'done');
    expect(hook.last.text).to.equal('again');
    hook.unmount();
  });

  it('error is typed as CompletionError, Error or undefined', async () => {
    type Expected = CompletionError | Error | undefined;
    type Same<A, B> = [A, B] extends [B, A] ? true : never;
    type VueError = ReturnType<typeof useVueCompletion>['error']['value'];
    type SvelteState = Parameters<Parameters<ReturnType<typeof completionStore>['subscribe']>[0]>[0];
    const areSame: [
      Same<UseCompletionResult['error'], Expected>,
      Same<VueError, Expected>,
      Same<SvelteState['error'], Expected>,
    ] = [true, true, true];
    expect(areSame).to.have.lengthOf(3);

    const thrown: [unknown, string][] = [
      ['plain', 'plain'],
      [new RangeError('own'), 'own'],
    ];
    for (const [value, message] of thrown) {
      const scenario = await Scenario.of({ steps: [whole('a')] });
      let last: SvelteState | undefined;
      const store = completionStore(scenario.url, {
        onChunk: () => {
          throw value;
        },
      });
      const unsubscribe = store.subscribe((state) => {
        last = state;
      });
      await until(() => last?.status === 'error');
      const { error } = last as SvelteState;
      expect(error).to.be.instanceOf(Error).and.not.instanceOf(CompletionError);
      expect(error?.message).to.equal(message);
      expect(value === error || value === error?.cause).to.equal(true);
      unsubscribe();
    }
  });

  it('an error keeps the text', async () => {
    const scenario = await Scenario.of({
      steps: [`${chat('a')}event: error\ndata: {"message":"refused"}\n\n`],
    });
    const hook = rendered();
    hook.show(scenario.url);
    await until(() => hook.last?.status === 'error');
    expect(hook.last.text).to.equal('a');
    expect(hook.last.error?.message).to.equal('refused');
    hook.unmount();
  });

  it('a new key sends a new request, a null URL is idle, unmounting ends the request', async () => {
    const scenario = await Scenario.of({ steps: [whole('one')] }, { steps: open });
    const hook = rendered();
    hook.show(null);
    await until(() => hook.last?.status === 'idle');
    hook.show(scenario.url, 1);
    await until(() => hook.last.text === 'one' && hook.last.status === 'done');
    hook.show(scenario.url, 2);
    await until(() => hook.last.text === 'a');
    hook.unmount();
    const requests = await scenario.until(([, second]) => second?.isOpen === false);
    expect(requests[1]).to.include({ isOpen: false, wasAborted: true });
  });
});

describe('useCompletion: Vue', () => {
  it('refs follow the answer, a new key sends a new request, ending the scope aborts it', async () => {
    const scenario = await Scenario.of({ steps: [whole('one')] }, { steps: open });
    const key = ref(1);
    const seen: string[] = [];
    const scope = effectScope();
    const answer = scope.run(() => {
      const answer = useVueCompletion(scenario.url, () => ({ key: key.value }));
      watchEffect(() => seen.push(answer.text.value));
      return answer;
    });
    if (!answer) expect.fail();
    expect(answer.status.value).to.equal('streaming');
    await until(() => answer.status.value === 'done');
    await nextTick();
    expect(answer.text.value).to.equal('one');
    expect(seen.at(-1)).to.equal('one');
    expect(answer.result.value?.finishReason).to.equal('stop');
    key.value = 2;
    await until(() => answer.text.value === 'a');
    scope.stop();
    const requests = await scenario.until(([, second]) => second?.isOpen === false);
    expect(requests).to.have.length(2);
  });

  it('stop and regenerate', async () => {
    const scenario = await Scenario.of({ steps: open }, { steps: [whole('again')] });
    const scope = effectScope();
    const answer = scope.run(() => useVueCompletion(scenario.url));
    if (!answer) expect.fail();
    await until(() => answer.text.value === 'a');
    answer.stop();
    expect(answer.status.value).to.equal('stopped');
    answer.regenerate();
    await until(() => answer.status.value === 'done');
    expect(answer.text.value).to.equal('again');
    scope.stop();
  });

  it('other options than url and key send nothing, and regenerate() after the end neither', async () => {
    const scenario = await Scenario.of({ steps: [whole('one')] }, { steps: [whole('two')] });
    const messages = ref(['a']);
    const scope = effectScope();
    const answer = scope.run(() =>
      useVueCompletion(scenario.url, () => ({ body: { messages: messages.value } })),
    );
    if (!answer) expect.fail();
    await until(() => answer.status.value === 'done');
    messages.value = ['a', 'b'];
    await sleep(50);
    expect(answer.text.value).to.equal('one');
    scope.stop();
    answer.regenerate();
    await sleep(50);
    expect(await scenario.requests()).to.have.length(1);
  });
});

describe('completionStore: Svelte', () => {
  it('stop() keeps the text since the last frame; regenerate() without subscribers sends nothing', async () => {
    const scenario = await Scenario.of({ steps: [chat('one '), chat('two '), { end: 'hang' }] });
    let pieces = 0;
    let state: CompletionState | undefined;
    const store = completionStore(scenario.url, {
      onChunk: () => {
        if (++pieces === 2) queueMicrotask(() => setTimeout(store.stop));
      },
    });
    const end = store.subscribe((next) => {
      state = next;
    });
    await until(() => state?.status === 'stopped');
    expect(state?.text).to.equal('one two ');
    end();
    store.regenerate();
    await sleep(50);
    expect(await scenario.requests()).to.have.length(1);
  });

  it('sends the request with the first subscriber, and stops it with the last', async () => {
    const scenario = await Scenario.of({ steps: open }, { steps: [whole('again')] });
    const store = completionStore(scenario.url);
    await sleep(30);
    expect(await scenario.requests()).to.have.length(0);
    const states: CompletionState[] = [];
    const unsubscribe = store.subscribe((state) => states.push(state));
    const other = store.subscribe(() => {});
    await until(() => states.at(-1)?.text === 'a');
    unsubscribe();
    unsubscribe();
    await sleep(30);
    expect((await scenario.requests())[0]?.isOpen).to.equal(true);
    other();
    await scenario.until(([first]) => first?.isOpen === false);
    const later: CompletionState[] = [];
    const end = store.subscribe((state) => later.push(state));
    await until(() => later.at(-1)?.status === 'done');
    expect(later.at(-1)?.text).to.equal('again');
    end();
  });

  it('stop and regenerate', async () => {
    const scenario = await Scenario.of({ steps: open }, { steps: [whole('again')] });
    const store = completionStore(scenario.url);
    let state: CompletionState | undefined;
    const end = store.subscribe((next) => {
      state = next;
    });
    await until(() => state?.text === 'a');
    store.stop();
    expect(state).to.include({ status: 'stopped', text: 'a' });
    store.regenerate({ body: { again: true } });
    await until(() => state?.status === 'done');
    expect(state?.text).to.equal('again');
    expect((await scenario.requests())[1]?.body).to.equal('{"again":true}');
    end();
  });
});
