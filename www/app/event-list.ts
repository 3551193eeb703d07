import { make, perFrame } from './dom';
import * as format from './format';

/** The maximum number of rows. A fast feed sends more between two updates; the rest is never drawn. */
const mostRows = 200;

/** Milliseconds between two updates. */
const pause = 100;

interface FeedEvent {
  type: string;
  id: string;
  data: string;
}

/** The list of a feed's events, newest last. */
export class EventList {
  readonly #rows: HTMLElement;
  readonly #note: HTMLElement;
  #pending: (() => HTMLElement)[] = [];
  #events = 0;
  readonly #draw = perFrame(() => this.#flush(), pause);

  constructor(rows: HTMLElement, note: HTMLElement) {
    this.#rows = rows;
    this.#note = note;
  }

  event(event: FeedEvent): void {
    const at = new Date();
    this.#events += 1;
    this.#add(() => renderEvent(event, at));
  }

  /** Adds a note of the page between the events. */
  note(text: string, kind: 'good' | 'bad' | 'plain' = 'plain'): void {
    this.#add(() => make('li', { class: `note ${kind}`, 'data-testid': 'feed-note' }, text));
  }

  /** Adds an element as a line. */
  element(element: HTMLElement): void {
    this.#add(() => make('li', { class: 'wide' }, element));
  }

  clear(): void {
    this.#pending = [];
    this.#events = 0;
    this.#rows.replaceChildren();
    this.#note.textContent = '';
  }

  #add(render: () => HTMLElement): void {
    this.#pending.push(render);
    if (this.#pending.length > mostRows) this.#pending.shift();
    this.#draw();
  }

  #flush(): void {
    this.#rows.append(...this.#pending.map((render) => render()));
    this.#pending = [];
    while (this.#rows.childElementCount > mostRows) this.#rows.firstElementChild?.remove();
    this.#note.textContent =
      this.#events > mostRows
        ? `The last ${mostRows} of ${format.count(this.#events)} events`
        : format.plural(this.#events, 'event');
  }
}

function renderEvent({ type, id, data }: FeedEvent, at: Date): HTMLElement {
  return make(
    'li',
    { class: 'event', 'data-testid': 'feed-event', 'data-type': type, 'data-id': id },
    make('span', { class: 'type' }, type),
    make('span', { class: 'id', title: 'id' }, id === '' ? '–' : id),
    make('span', { class: 'data', dir: 'auto' }, data),
    make('time', { datetime: at.toISOString() }, format.clock(at)),
  );
}
