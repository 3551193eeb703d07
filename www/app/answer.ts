import type { End } from './completion';
import { make, perFrame } from './dom';
import * as format from './format';
import type { Meter } from './meter';
import { renderNotice } from './notice';
import { explain } from './words';

/** One answer in the thread: its text and its status. */
export class Answer {
  readonly element: HTMLElement;
  text = '';
  readonly #written = document.createTextNode('');
  readonly #foot = make('div', { class: 'foot' });
  readonly #hint = make('p', { class: 'hint', 'data-testid': 'hint' });
  readonly #draw = perFrame(() => this.#write());

  constructor(model: string, language: string | undefined, api: string) {
    const body = make('div', {
      class: 'text',
      'data-testid': 'answer-text',
      dir: 'auto',
      ...(language && { lang: language }),
    });
    body.append(this.#written);
    this.element = make(
      'article',
      { class: 'answer', 'data-testid': 'answer', 'data-state': 'streaming', 'aria-busy': 'true' },
      make('h3', {}, model, make('code', { 'data-testid': 'answer-api' }, api)),
      body,
      this.#hint,
      this.#foot,
    );
  }

  append(token: string): void {
    this.text += token;
    this.#draw();
  }

  /** Shows a hint while nothing arrives. */
  wait(hint: string): void {
    if (this.#hint.textContent !== hint) this.#hint.textContent = hint;
  }

  end(end: End, meter: Meter, resend: () => void): void {
    this.#write();
    this.wait('');
    this.element.setAttribute('aria-busy', 'false');
    this.element.dataset.state = end.how;

    if (end.how === 'failed') this.#foot.append(renderNotice(explain(end.error, meter.units)));
    const again = make('button', { type: 'button', class: 'quiet', 'data-testid': 'resend' }, 'Send again');
    again.addEventListener('click', resend);
    this.#foot.append(make('div', { class: 'row' }, summary(end, meter), again));
  }

  /** Removes the button to send it again, because the conversation has continued. */
  settle(): void {
    this.#foot.querySelector('[data-testid="resend"]')?.remove();
  }

  #write(): void {
    const { length } = this.#written;
    if (length === this.text.length) return;
    this.#written.appendData(this.text.slice(length));
  }
}

function summary(end: End, meter: Meter): HTMLElement {
  const parts = meter.units > 0 ? [format.plural(meter.units, 'token')] : [];
  if (meter.first !== undefined) parts.push(`first after ${format.duration(meter.first * 1000)}`);
  if (meter.meanRate !== undefined) parts.push(`${format.rate(meter.meanRate)} per second`);
  if (end.how === 'done' && end.reason === 'length') parts.push('cut at the token limit');

  const line = make('p', { class: 'meta', 'data-testid': 'answer-meta' });
  if (end.how === 'stopped') line.append(make('span', { class: 'badge', 'data-testid': 'badge' }, 'Stopped'));
  if (end.how === 'failed' && meter.units > 0) {
    line.append(make('span', { class: 'badge', 'data-testid': 'badge' }, 'Incomplete'));
  }
  line.append(parts.join(' · '));
  return line;
}
