import { Answer } from './answer';
import { type ApiName, apis } from './apis';
import { base } from './base';
import { copies } from './clipboard';
import { chatCode } from './code';
import { completionUrl, type Message, streamCompletion } from './completion';
import { discloses } from './disclosure';
import { find, make } from './dom';
import { faults } from './faults';
import { type FormatName, formats } from './formats';
import { highlight } from './highlight';
import { readLink, writeState } from './link';
import { listModels, type Model, type ModelList } from './models';
import { Picture } from './picture';
import { embeddedUrl, loadSettings, mountSettings } from './settings';
import type { Wire } from './wire';

/** Stops of the rate slider, in tokens per second; 0 is as fast as possible. */
const rates = [2, 5, 10, 20, 40, 60, 100, 200, 500, 1000, 0];

/** Milliseconds without a token after which the page shows a hint. */
const patience = 3000;

/** The URL in the shown code if the real one exists only in this page. */
const exampleBase = 'https://api.example.com/v1';

export function mountChat(wire: Wire): void {
  const view = find('#chat');
  const thread = find('.thread', view);
  const composer = find<HTMLFormElement>('.composer', view);
  const input = find<HTMLTextAreaElement>('#prompt', view);
  const models = find<HTMLSelectElement>('#model', view);
  const speed = find<HTMLInputElement>('#rate', view);
  const fault = find<HTMLSelectElement>('#fault', view);
  const api = find<HTMLSelectElement>('#api', view);
  const format = find<HTMLSelectElement>('#format', view);
  const send = find<HTMLButtonElement>('#send', view);
  const stopButton = find<HTMLButtonElement>('#stop', view);
  const status = find('#chat-status', view);
  const picture = new Picture(find('.live', view), 'token');
  const lines = find('.lines', thread);
  const code = find('.code', view);
  const settings = loadSettings();
  const linked = readLink().view === 'chat' ? readLink().state : new URLSearchParams();
  if (linked.has('base')) settings.baseUrl = linked.get('base') ?? '';
  if (linked.has('max_tokens')) settings.maxTokens = Number(linked.get('max_tokens')) || undefined;
  if (linked.has('chunk_bytes')) settings.chunkBytes = Number(linked.get('chunk_bytes')) || 0;

  let list: ModelList = { models: [], embedded: true };
  let history: Message[] = [];
  let latest: Answer | undefined;
  let stop: (() => void) | undefined;

  function submit(prompt: string): void {
    if (stop || prompt.trim() === '') return;
    find('.hello', view).hidden = true;
    latest?.settle();
    history.push({ role: 'user', content: prompt });
    lines.append(make('article', { class: 'question', 'data-testid': 'question' }, prompt));
    ask();
  }

  function ask(): void {
    const model = list.models.find(({ id }) => id === models.value) ?? { id: models.value };
    const through = api.value as ApiName;
    const answer = new Answer(model.title ?? model.id, model.language, apis[through].label);
    latest = answer;
    lines.append(answer.element);
    thread.scrollTop = 0;
    setBusy(true);
    status.textContent = 'Waiting for the answer.';
    wire.begin('chat');
    picture.start();

    let lastToken = performance.now();
    const waiting = setInterval(() => {
      const quiet = performance.now() - lastToken;
      const seconds = Math.round(quiet / 1000);
      const isOpen = picture.meter.spans.at(-1)?.state === 'OPEN';
      const hint = isOpen
        ? `The connection is open, but nothing has arrived for ${seconds} s.`
        : `Still connecting after ${seconds} s.`;
      answer.wait(quiet < patience ? '' : `${hint} You can wait or stop.`);
    }, 500);

    const finish = () => {
      clearInterval(waiting);
      stop = undefined;
      setBusy(false);
    };
    try {
      stop = streamCompletion(
        {
          api: through,
          format: chosenFormat(),
          baseUrl: settings.baseUrl,
          key: settings.key,
          model: model.id,
          messages: [...history],
          maxTokens: settings.maxTokens,
          switches: switches(),
          fetch: wire.fetch('chat'),
        },
        {
          state: (state) => picture.state(state),
          event(data, token) {
            picture.event(data, token === '' ? 0 : 1);
            if (token === '') return;
            lastToken = performance.now();
            answer.append(token);
          },
          end(end) {
            finish();
            answer.end(end, picture.meter, () => resend(answer));
            if (answer.text) history.push({ role: 'assistant', content: answer.text });
            status.textContent = {
              done: 'The answer is complete.',
              stopped: 'Stopped.',
              failed: 'The answer is incomplete.',
            }[end.how];
          },
        },
      );
    } catch (error) {
      finish();
      picture.state('CLOSED');
      answer.end({ how: 'failed', error: { kind: 'request', message: String(error) } }, picture.meter, () =>
        resend(answer),
      );
    }
  }

  function resend(answer: Answer): void {
    if (stop) return;
    if (history.at(-1)?.role === 'assistant') history.pop();
    answer.element.remove();
    ask();
  }

  function switches(): Record<string, string> {
    if (!list.embedded) return {};
    return {
      tokens_per_second: String(rates[Number(speed.value)]),
      ...(settings.chunkBytes > 0 && { chunk_bytes: String(settings.chunkBytes) }),
      ...faults.find(({ name }) => name === fault.value)?.query,
    };
  }

  /** Only `completion` supports all formats. For the other APIs, the code shows how to read one. */
  function chosenFormat(): FormatName {
    return api.value === 'completion' ? (format.value as FormatName) : 'openai-chat';
  }

  /** Shows the code for the chosen options, and writes them into the URL. */
  function showChoice(): void {
    const isPlayed = __STATIC__ && settings.baseUrl.startsWith(base);
    const chosen = { model: models.value, format: chosenFormat() };
    format.disabled = api.value !== 'completion';
    format.value = chosen.format;
    const text = chatCode({
      ...chosen,
      url: completionUrl({ ...chosen, baseUrl: isPlayed ? exampleBase : settings.baseUrl, switches: {} }),
      api: api.value as ApiName,
      maxTokens: settings.maxTokens,
    });
    code.replaceChildren(...highlight(text));
    const isDefault = (element: HTMLSelectElement) => element.selectedIndex === 0;
    writeState('chat', {
      model: isDefault(models) ? '' : models.value,
      api: isDefault(api) ? '' : api.value,
      format: isDefault(format) ? '' : format.value,
      fault: isDefault(fault) ? '' : fault.value,
      rate: speed.value === String(rates.indexOf(60)) ? '' : `${rates[Number(speed.value)]}`,
      prompt: input.value,
      base: settings.baseUrl === embeddedUrl ? '' : settings.baseUrl,
      max_tokens: `${settings.maxTokens ?? ''}`,
      chunk_bytes: settings.chunkBytes ? `${settings.chunkBytes}` : '',
    });
  }

  function setBusy(busy: boolean): void {
    const hadFocus = document.activeElement === send || document.activeElement === stopButton;
    send.hidden = busy;
    stopButton.hidden = !busy;
    if (hadFocus) (busy ? stopButton : send).focus();
  }

  async function showModels(): Promise<void> {
    list = await listModels(settings);
    const chosen = linked.get('model') || settings.model || models.value;
    linked.delete('model');
    models.replaceChildren(...list.models.map(({ id, title }) => new Option(title ?? id, id)));
    if (list.models.some(({ id }) => id === chosen)) models.value = chosen;
    for (const element of view.querySelectorAll<HTMLElement>('[data-embedded]'))
      element.hidden = !list.embedded;
    find('#server', view).textContent =
      (__STATIC__ && settings.baseUrl.startsWith(base)
        ? 'this page'
        : new URL(settings.baseUrl, location.href).host) + (list.problem ? `: ${list.problem}` : '');
    showChoice();
    find('.samples', view).replaceChildren(...list.models.filter(({ title }) => title).map(sample));
    // The thread's scroll position counts from its end, but the greeting is read from the top.
    if (!find('.hello', view).hidden) thread.scrollTop = -thread.scrollHeight;
  }

  function sample({ id, title = id, language }: Model): HTMLElement {
    const name = language && new Intl.DisplayNames('en', { type: 'language' }).of(language);
    const button = make(
      'button',
      { type: 'button', 'data-testid': `sample-${id}` },
      make('span', { class: 'title', ...(language && { lang: language }) }, title),
      make('span', { class: 'language' }, name ?? id),
    );
    button.addEventListener('click', () => {
      models.value = id;
      showChoice();
      submit(`Read to me from ${title}.`);
    });
    return button;
  }

  function showSpeed(): void {
    const value = rates[Number(speed.value)];
    const words = value ? `${value} tokens/s` : 'no limit';
    find('#rate-value', view).textContent = words;
    speed.setAttribute('aria-valuetext', words);
  }

  api.replaceChildren(...Object.entries(apis).map(([name, { label }]) => new Option(label, name)));
  format.replaceChildren(...Object.entries(formats).map(([name, { label }]) => new Option(label, name)));
  fault.replaceChildren(...faults.map(({ label, name }) => new Option(label, name)));
  speed.max = String(rates.length - 1);
  const linkedRate = rates.indexOf(Number(linked.get('rate') ?? 60));
  speed.value = String(linkedRate < 0 ? rates.indexOf(60) : linkedRate);
  if (linked.has('api')) api.value = linked.get('api') ?? '';
  if (linked.has('format')) format.value = linked.get('format') ?? '';
  if (linked.has('fault')) fault.value = linked.get('fault') ?? '';
  for (const select of [api, format, fault]) if (select.selectedIndex < 0) select.selectedIndex = 0;
  input.value = linked.get('prompt') ?? '';
  const fitPrompt = () => {
    input.style.height = 'auto';
    input.style.height = `${input.scrollHeight}px`;
  };
  input.addEventListener('input', fitPrompt);
  speed.addEventListener('input', showSpeed);
  showSpeed();

  composer.addEventListener('input', showChoice);
  composer.addEventListener('submit', (event) => {
    event.preventDefault();
    if (stop) return;
    submit(input.value);
    input.value = '';
    fitPrompt();
    showChoice();
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      composer.requestSubmit();
    }
  });
  stopButton.addEventListener('click', () => stop?.());
  view.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !find<HTMLDialogElement>('#settings').open) stop?.();
  });
  find('#new-chat', view).addEventListener('click', () => {
    stop?.();
    history = [];
    latest = undefined;
    for (const article of lines.querySelectorAll('article')) article.remove();
    find('.hello', view).hidden = false;
    input.focus();
  });
  mountSettings(settings, () => {
    showChoice();
    showModels();
  });
  discloses(find('#chat-options', view), find('#chat-controls', view));
  discloses(find('.live .more', view), find('.live', view));
  copies(find('.copy-code', view), () => code.textContent ?? '');
  copies(find('#chat-link', view), () => location.href);
  fitPrompt();
  showModels();
}
