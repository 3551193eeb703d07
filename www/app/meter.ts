export type State = 'CONNECTING' | 'OPEN' | 'CLOSED';

export interface Span {
  state: State;
  from: number;
  /** Undefined for the current state. */
  to?: number;
}

/** How many samples a rate averages: about two seconds, so that the rate of slow streams doesn't flicker. */
const window = 20;

const mostSamples = 6000;
const mostSpans = 400;
const encoder = new TextEncoder();

/** Counts the events of one stream. Times are seconds since the request. Independent of the clock and the page. */
export class Meter {
  readonly times: number[] = [];
  readonly rates: number[] = [];
  readonly spans: Span[] = [];
  units = 0;
  events = 0;
  characters = 0;
  bytes = 0;
  first: number | undefined;
  last = 0;
  #recent: { units: number; at: number }[] = [{ units: 0, at: 0 }];

  state(state: State, at: number): void {
    const now = this.spans.at(-1);
    if (now?.state === state) return;
    if (now) now.to = at;
    this.spans.push({ state, from: at });
    if (this.spans.length > mostSpans) this.spans.shift();
  }

  /** Adds an event. `units` is its share in the rate: 0 for an event without a token. */
  event(data: string, at: number, units = 1): void {
    this.events += 1;
    this.characters += data.length;
    this.bytes += encoder.encode(data).length;
    if (units === 0) return;
    this.first ??= at;
    this.last = at;
    this.units += units;
  }

  sample(at: number): void {
    this.#recent.push({ units: this.units, at });
    if (this.#recent.length > window) this.#recent.shift();
    this.times.push(at);
    this.rates.push(this.rate);
    if (this.times.length > mostSamples) {
      this.times.shift();
      this.rates.shift();
    }
  }

  /** Units per second, in the last samples. */
  get rate(): number {
    const from = this.#recent[0];
    const to = this.#recent.at(-1);
    if (!from || !to || this.first === undefined) return 0;
    // The time before the first unit doesn't count, as in the mean rate.
    const [since, before] = from.units === 0 ? [this.first, 1] : [from.at, from.units];
    return to.at > since ? (to.units - before) / (to.at - since) : 0;
  }

  /** Units per second, from the first to the last unit. */
  get meanRate(): number | undefined {
    if (this.first === undefined || this.last <= this.first) return undefined;
    return (this.units - 1) / (this.last - this.first);
  }
}
