export type State = 'CONNECTING' | 'OPEN' | 'CLOSED';

export interface Span {
  state: State;
  from: number;
  /** Undefined while it lasts. */
  to?: number;
}

/** Samples over which a rate is averaged: about two seconds of them, or slow streams would flicker. */
const window = 20;

const mostSamples = 6000;
const mostSpans = 400;
const encoder = new TextEncoder();

/** Counts one stream. Times are seconds since its request. Knows neither the clock nor the page. */
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

  /** An event came; `units` is what it counts as in the rate: an event without a token counts 0. */
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

  /** Units per second, of late. */
  get rate(): number {
    const from = this.#recent[0];
    const to = this.#recent.at(-1);
    if (!from || !to || this.first === undefined) return 0;
    // Before the first one nothing was on its way: the rate counts from it, as the mean does.
    const [since, before] = from.units === 0 ? [this.first, 1] : [from.at, from.units];
    return to.at > since ? (to.units - before) / (to.at - since) : 0;
  }

  /** Units per second from the first to the last. */
  get meanRate(): number | undefined {
    if (this.first === undefined || this.last <= this.first) return undefined;
    return (this.units - 1) / (this.last - this.first);
  }
}
