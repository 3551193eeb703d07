import { EventSource } from 'eventsource-wasm';
import { SharedEventSource, type SharedEventSourceInit } from 'eventsource-wasm/shared';
import { base } from './base';
import { copies } from './clipboard';
import { feedCode } from './code';
import { discloses } from './disclosure';
import { find } from './dom';
import { EventList } from './event-list';
import { examples } from './examples';
import { type FeedOptions, parseHeaders, parseUrl, reconnections, withContentType } from './feed-options';
import { highlight } from './highlight';
import { readLink, writeState } from './link';
import { renderNotice } from './notice';
import { Picture } from './picture';
import type { Wire } from './wire';
import { explain } from './words';

/** Small screens, as in the style sheets: the open form would leave no room for the events. */
const small = matchMedia('(max-width: 860px), (max-height: 520px)');

/** Headers with secrets, which are left out of links because users share links. */
const secret = /^\s*(authorization|cookie|[^:]*(key|token|secret)[^:]*):/i;

export function mountFeed(wire: Wire): void {
  const view = find('#feed');
  const form = find<HTMLFormElement>('form', view);
  const method = find<HTMLSelectElement>('#feed-method', view);
  const url = find<HTMLInputElement>('#feed-url', view);
  const headers = find<HTMLTextAreaElement>('#feed-headers', view);
  const body = find<HTMLTextAreaElement>('#feed-body', view);
  const reconnect = find<HTMLSelectElement>('#feed-reconnect', view);
  const idle = find<HTMLInputElement>('#feed-idle', view);
  const lastEventId = find<HTMLInputElement>('#feed-last-id', view);
  const shared = find<HTMLInputElement>('#feed-shared', view);
  const example = find<HTMLSelectElement>('#feed-example', view);
  const connectButton = find<HTMLButtonElement>('#feed-connect', view);
  const closeButton = find<HTMLButtonElement>('#feed-close', view);
  const details = find<HTMLDetailsElement>('.options details', view);
  const status = find('#feed-status', view);
  const announced = find('#feed-announced', view);
  const list = new EventList(find('.lines', view), find('#feed-count', view));
  const picture = new Picture(find('.live', view), 'event');
  const code = find('.code', view);

  let source: EventSource | undefined;
  let countdown: ReturnType<typeof setInterval> | undefined;

  function connect(): void {
    list.clear();
    wire.begin('feed');
    picture.start();
    say('Connecting…');
    if (small.matches) details.open = false;
    try {
      source = open(options());
      setBusy(true);
    } catch (error) {
      const detail = (error as Error).message;
      const advice = 'Correct it and connect again.';
      list.element(renderNotice({ kind: 'request', title: 'This request can’t be sent', advice, detail }));
      ended('Not connected.');
    }
  }

  /** Reads the form. Throws if a value is wrong. */
  function options(): FeedOptions {
    const isPost = method.value !== 'GET' && !shared.checked;
    const content = isPost && body.value !== '' ? body.value : undefined;
    return {
      url: parseUrl(url.value),
      method: isPost ? method.value : 'GET',
      headers: withContentType(parseHeaders(headers.value), content),
      body: content,
      reconnect: reconnections.find(({ name }) => name === reconnect.value)?.value,
      idleTimeout: idle.value === '' ? undefined : Math.round(Number(idle.value) * 1000),
      lastEventId: lastEventId.value,
      shared: shared.checked,
    };
  }

  function open({ url, method, headers, body, reconnect, idleTimeout, ...rest }: FeedOptions): EventSource {
    let lastId = rest.lastEventId;
    let opened = 0;
    let received = 0;
    const options: SharedEventSourceInit = {
      headers,
      idleTimeout,
      fetch: wire.fetch('feed'),
      ...(reconnect !== undefined && { reconnect }),
      ...(lastId !== '' && { lastEventId: lastId }),
      onEvent({ type, data, lastEventId }) {
        lastId = lastEventId;
        received += 1;
        picture.event(data);
        list.event({ type, id: lastEventId, data });
      },
    };
    const source = rest.shared
      ? new SharedEventSource(url, options)
      : new EventSource(url, method === 'GET' ? options : { ...options, method, body });
    // Events of the server may have the types `open`, `error` and `close` too. `onEvent` handles them.
    source.addEventListener('open', (event) => {
      if (event instanceof MessageEvent) return;
      opened += 1;
      picture.state('OPEN');
      clearInterval(countdown);
      say('Open.');
      const resumed = lastId === '' ? 'from the start: no ID is known' : `resumed after ID ${lastId}`;
      list.note(opened === 1 ? 'Connected' : `Reconnected, ${resumed}`, 'good');
    });
    source.addEventListener('error', (event) => {
      if (event instanceof MessageEvent) return;
      if (event.willReconnect) {
        const delay = event.delay ?? 0;
        picture.state('CONNECTING');
        wire.note('feed', 'delay', `The next request is sent in ${delay} ms`);
        // The end of a response is normal: the client reconnects.
        if (event.kind === 'end') list.note('The server ended the response');
        else list.note(event.message, 'bad');
        announce('Reconnecting.');
        countDown(delay, lastId);
        return;
      }
      if (event.kind === 'end') {
        list.note('The server ended the response. It is not requested again.');
        ended('Closed: the stream is complete.');
        return;
      }
      list.element(renderNotice(explain(event, received)));
      ended(event.status === 204 ? 'Closed by the server.' : 'Closed: the connection failed.');
    });
    source.addEventListener('close', (event) => {
      if (event instanceof MessageEvent) return;
      list.note('The stream is complete. A POST is never sent again automatically.');
      ended('Closed: the stream is complete.');
    });
    return source;
  }

  /** Shows the code for the chosen options, and writes them into the URL. */
  function showChoice(): void {
    try {
      code.replaceChildren(...highlight(feedCode(options())));
    } catch (error) {
      code.textContent = (error as Error).message;
    }
    body.disabled = method.value === 'GET' || shared.checked;
    method.disabled = shared.checked;
    writeState('feed', {
      method: method.value === 'GET' ? '' : method.value,
      url: url.value.startsWith(base) ? url.value.slice(base.length) : url.value,
      headers: headers.value
        .split('\n')
        .filter((line) => !secret.test(line))
        .join('\n'),
      body: body.value,
      reconnect: reconnect.value,
      idle_timeout: idle.value,
      last_event_id: lastEventId.value,
      shared: shared.checked ? '1' : '',
    });
  }

  function countDown(delay: number, lastId: string): void {
    const until = performance.now() + delay;
    const show = () => {
      const left = Math.max(0, until - performance.now());
      const resume = lastId === '' ? '' : ` with Last-Event-ID: ${lastId}`;
      const words = left > 0 ? `Next attempt in ${(left / 1000).toFixed(1)} s` : 'Connecting';
      status.textContent = `${words}${resume}`;
      status.dataset.waiting = 'true';
    };
    clearInterval(countdown);
    show();
    countdown = setInterval(show, 100);
  }

  function close(): void {
    if (!source) return;
    list.note('Closed by you');
    ended('Closed.');
  }

  function ended(words: string): void {
    source?.close();
    source = undefined;
    clearInterval(countdown);
    picture.state('CLOSED');
    say(words);
    setBusy(false);
  }

  function say(words: string): void {
    status.textContent = words;
    status.dataset.waiting = 'false';
    announce(words);
  }

  /** Announces changes to screen readers, without the countdown. */
  function announce(words: string): void {
    announced.textContent = words;
  }

  function setBusy(busy: boolean): void {
    const hadFocus = document.activeElement === connectButton || document.activeElement === closeButton;
    connectButton.hidden = busy;
    closeButton.hidden = !busy;
    if (hadFocus) (busy ? closeButton : connectButton).focus();
  }

  function useExample(): void {
    const chosen = examples.find(({ name }) => name === example.value);
    if (!chosen) return;
    method.value = chosen.method;
    url.value = new URL(chosen.path, base).href;
  }

  example.append(...examples.map(({ label, name }) => new Option(label, name)));
  reconnect.append(...reconnections.map(({ label, name }) => new Option(label, name)));
  useExample();
  const { view: linkedView, state } = readLink();
  if (linkedView === 'feed' && state.size > 0) {
    const linkedUrl = state.get('url') ?? '';
    method.value = state.get('method') === 'POST' ? 'POST' : 'GET';
    url.value = URL.canParse(linkedUrl, base) ? new URL(linkedUrl, base).href : linkedUrl;
    headers.value = state.get('headers') ?? '';
    body.value = state.get('body') ?? '';
    reconnect.value = state.get('reconnect') ?? '';
    if (reconnect.selectedIndex < 0) reconnect.selectedIndex = 0;
    idle.value = state.get('idle_timeout') ?? '';
    lastEventId.value = state.get('last_event_id') ?? '';
    shared.checked = state.has('shared');
    details.open = [headers, body, reconnect, idle, lastEventId].some(({ value }) => value !== '');
    const known = examples.find(
      ({ path, method: by }) => new URL(path, base).href === url.value && by === method.value,
    );
    example.value = known?.name ?? '';
  }
  showChoice();
  example.addEventListener('change', () => {
    close();
    useExample();
    showChoice();
  });
  form.addEventListener('input', showChoice);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!source) connect();
  });
  closeButton.addEventListener('click', close);
  discloses(find('.live .more', view), find('.live', view));
  copies(find('.copy-code', view), () => code.textContent ?? '');
  copies(find('#feed-link', view), () => location.href);
}
