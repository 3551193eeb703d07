import { EventSource } from 'eventsource-wasm';
import { feedCode } from './code';
import { find } from './dom';
import { EventList } from './event-list';
import { examples } from './examples';
import { renderNotice } from './notice';
import { Picture } from './picture';
import { explain } from './words';

/** As in the style sheets: there the form would leave no room for the events. */
const narrow = matchMedia('(max-width: 860px)');

export function mountFeed(): void {
  const view = find('#feed');
  const form = find<HTMLFormElement>('form', view);
  const method = find<HTMLSelectElement>('#feed-method', view);
  const url = find<HTMLInputElement>('#feed-url', view);
  const headers = find<HTMLTextAreaElement>('#feed-headers', view);
  const body = find<HTMLTextAreaElement>('#feed-body', view);
  const types = find<HTMLInputElement>('#feed-types', view);
  const example = find<HTMLSelectElement>('#feed-example', view);
  const connectButton = find<HTMLButtonElement>('#feed-connect', view);
  const closeButton = find<HTMLButtonElement>('#feed-close', view);
  const status = find('#feed-status', view);
  const list = new EventList(find('.lines', view), find('#feed-count', view));
  const picture = new Picture(find('.live', view), 'event');

  let source: EventSource | undefined;
  let countdown: ReturnType<typeof setInterval> | undefined;

  function connect(): void {
    list.clear();
    picture.start();
    say('Connecting…');
    if (narrow.matches) find<HTMLDetailsElement>('details', view).open = false;
    try {
      source = open();
      setBusy(true);
    } catch (error) {
      list.element(
        renderNotice({
          kind: 'request',
          title: 'This request can’t be sent',
          advice: 'Mend it and connect again.',
          detail: String(error),
        }),
      );
      ended('Not connected.');
    }
  }

  function open(): EventSource {
    const source = new EventSource(url.value, {
      method: method.value,
      headers: parseHeaders(headers.value),
      ...(body.value && method.value !== 'GET' && { body: body.value }),
    });
    let lastId = '';
    let opened = 0;
    let received = 0;

    const show = ({ type, data, lastEventId }: MessageEvent) => {
      lastId = lastEventId;
      received += 1;
      picture.event(data);
      list.event({ type, id: lastEventId, data });
    };
    for (const type of new Set(['message', ...namedTypes()])) {
      source.addEventListener(type, show);
    }
    source.addEventListener('open', () => {
      opened += 1;
      picture.state('OPEN');
      clearInterval(countdown);
      say('Open.');
      if (opened === 1) list.note('Connected', 'good');
      else
        list.note(
          lastId === ''
            ? 'Reconnected, from the start: no id was known'
            : `Reconnected, resumed after id ${lastId}`,
          'good',
        );
    });
    source.addEventListener('error', (event) => {
      if (event.willReconnect) {
        picture.state('CONNECTING');
        list.note(event.message, 'bad');
        countDown(event.delay ?? 0, lastId);
        return;
      }
      list.element(renderNotice(explain(event, received)));
      ended('Closed: the connection failed.');
    });
    source.addEventListener('close', () => {
      list.note('The stream came to its end. A POST isn’t sent again by itself.');
      ended('Closed: the stream came to its end.');
    });
    return source;
  }

  const namedTypes = () => types.value.split(/[\s,]+/).filter(Boolean);

  function showCode(): void {
    const names = headers.value
      .split('\n')
      .flatMap((line) => line.split(':', 1))
      .filter((name) => name.trim());
    find('.code', view).textContent = feedCode(url.value, method.value, names, namedTypes());
  }

  function countDown(delay: number, lastId: string): void {
    const until = performance.now() + delay;
    const show = () => {
      const left = Math.max(0, until - performance.now());
      const resume = lastId === '' ? '' : ` with Last-Event-ID: ${lastId}`;
      say(left > 0 ? `Next attempt in ${(left / 1000).toFixed(1)} s${resume}` : `Connecting${resume}…`, true);
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

  function say(words: string, waiting = false): void {
    status.textContent = words;
    status.dataset.waiting = String(waiting);
  }

  function setBusy(busy: boolean): void {
    const hadFocus = document.activeElement === connectButton || document.activeElement === closeButton;
    connectButton.hidden = busy;
    closeButton.hidden = !busy;
    if (hadFocus) (busy ? closeButton : connectButton).focus();
  }

  example.append(...examples.map(({ label, name }) => new Option(label, name)));
  const useExample = () => {
    const chosen = examples.find(({ name }) => name === example.value);
    if (!chosen) return;
    method.value = chosen.method;
    url.value = new URL(chosen.path, location.href).href;
    showCode();
  };
  example.addEventListener('change', () => {
    close();
    useExample();
  });
  useExample();
  form.addEventListener('input', showCode);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!source) connect();
  });
  closeButton.addEventListener('click', close);
}

/** One header on each line. */
function parseHeaders(text: string): [string, string][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const colon = line.indexOf(':');
      if (colon < 1) throw new TypeError(`A header is "Name: value", but this line has no name: ${line}`);
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    });
}
