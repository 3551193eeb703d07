import { Chart } from './chart';
import { find, make } from './dom';
import * as format from './format';
import { Meter, type State } from './meter';

const sampleInterval = 100;

const stateNames: Record<State, string> = { CONNECTING: 'Connecting', OPEN: 'Open', CLOSED: 'Closed' };

/** The live panel beside a stream: numbers, the rate over time, and the connection's states. */
export class Picture {
  meter = new Meter();
  readonly #unit: string;
  readonly #chart: Chart;
  readonly #state: HTMLElement;
  readonly #figures: Record<'rate' | 'first' | 'units' | 'size', HTMLElement>;
  #start = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(host: HTMLElement, unit: 'token' | 'event') {
    this.#unit = unit;
    host.append(find<HTMLTemplateElement>('#live').content.cloneNode(true));
    const perSecond = unit === 'token' ? 'Tokens per second' : 'Events per second';
    find('.unit', host).textContent = perSecond;
    find('.chart', host).setAttribute('aria-label', `${perSecond} over time`);
    this.#state = find('[data-testid="live-state"]', host);
    const list = find('.figures', host);
    const figure = (testid: string, label: string) => {
      const value = make('dd', { 'data-testid': testid }, '–');
      list.append(make('div', {}, make('dt', {}, label), value));
      return value;
    };
    this.#figures = {
      rate: figure('live-rate', `${unit}s/s`),
      first: figure('live-first', `first ${unit}`),
      units: figure('live-units', `${unit}s`),
      size: figure('live-size', 'of data'),
    };
    this.#chart = new Chart(find('.chart', host), find('.strip', host), this.meter);
  }

  /** Resets the panel when a request is sent. */
  start(): void {
    this.meter = new Meter();
    this.#start = performance.now();
    this.state('CONNECTING');
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), sampleInterval);
  }

  state(state: State): void {
    this.meter.state(state, this.now);
    this.#state.dataset.state = state;
    this.#state.textContent = stateNames[state];
    if (state === 'CLOSED') {
      clearInterval(this.#timer);
      this.#tick();
    }
  }

  event(data: string, units = 1): void {
    this.meter.event(data, this.now, units);
  }

  /** Seconds since the request. */
  get now(): number {
    return (performance.now() - this.#start) / 1000;
  }

  #tick(): void {
    const { meter, now } = this;
    meter.sample(now);
    const closed = meter.spans.at(-1)?.state === 'CLOSED';
    const rate = closed ? (meter.meanRate ?? 0) : meter.rate;
    this.#figures.rate.textContent = meter.units === 0 ? '–' : format.rate(rate);
    this.#figures.first.textContent = meter.first === undefined ? '–' : format.duration(meter.first * 1000);
    this.#figures.units.textContent = format.count(meter.units);
    this.#figures.size.textContent = format.bytes(meter.bytes);
    this.#figures.size.title = `${format.plural(meter.characters, 'character')} in ${format.plural(meter.events, 'event')}`;
    this.#chart.draw(meter, now);
    find('.chart', this.#state.closest('.live') ?? document).setAttribute(
      'aria-label',
      `${this.#unit}s per second over time; now ${format.rate(rate)}`,
    );
  }
}
