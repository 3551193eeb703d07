import uPlot from 'uplot';
import type { Meter, State } from './meter';
import { colour, onThemeChange } from './theme';

/** The minimum and maximum number of seconds in the charts. */
const shortest = 10;
const longest = 120;

const axisWidth = 40;
const stateColours: Record<State, string> = {
  CONNECTING: 'var(--connecting)',
  OPEN: 'var(--open)',
  CLOSED: 'var(--closed)',
};

/** Charts of the rate over time and, below it on the same time axis, of the connection's states. */
export class Chart {
  readonly #rate: uPlot;
  readonly #strip: uPlot;
  #meter: Meter;
  #now = 0;

  constructor(rateHost: HTMLElement, stripHost: HTMLElement, meter: Meter) {
    this.#meter = meter;
    const size = { width: 320, height: 120 };
    const font = '11px system-ui, sans-serif';
    const axis = {
      font,
      stroke: () => colour('var(--muted)'),
      ticks: { show: false },
      grid: { stroke: () => colour('var(--line)'), width: 1 },
    };
    const x = { time: false, range: () => this.#range() };

    this.#rate = new uPlot(
      {
        ...size,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: { x, y: { range: (_plot, _min, max) => [0, Math.max(4, (max ?? 0) * 1.15)] } },
        axes: [
          {
            ...axis,
            size: 22,
            space: 56,
            grid: { show: false },
            values: (_plot, ticks) => ticks.map((tick) => `${tick} s`),
          },
          { ...axis, size: axisWidth, space: 28, values: (_plot, ticks) => ticks.map(short) },
        ],
        series: [
          {},
          {
            stroke: () => colour('var(--accent)'),
            fill: () => colour('var(--accent-soft)'),
            width: 2,
            points: { show: false },
          },
        ],
      },
      [[], []],
      rateHost,
    );
    this.#strip = new uPlot(
      {
        ...size,
        height: 18,
        padding: [0, 16, 0, axisWidth],
        legend: { show: false },
        cursor: { show: false },
        scales: { x, y: { range: [0, 1] } },
        axes: [{ show: false }, { show: false }],
        series: [{}, { show: false }],
        hooks: { draw: [(plot) => this.#drawStates(plot)] },
      },
      [[0], [0]],
      stripHost,
    );

    for (const [host, plot] of [
      [rateHost, this.#rate],
      [stripHost, this.#strip],
    ] as const) {
      new ResizeObserver(() => {
        const { clientWidth: width, clientHeight: height } = host;
        if (width > 0) plot.setSize({ width, height });
      }).observe(host);
    }
    onThemeChange(() => this.draw(this.#meter, this.#now));
  }

  draw(meter: Meter, now: number): void {
    this.#meter = meter;
    this.#now = now;
    this.#rate.setData([meter.times, meter.rates]);
    this.#strip.setData([[0], [0]]);
  }

  #range(): [number, number] {
    const end = Math.max(shortest, this.#now);
    return [Math.max(0, end - longest), end];
  }

  #drawStates({ ctx, bbox, valToPos }: uPlot): void {
    const [from, end] = this.#range();
    ctx.save();
    ctx.beginPath();
    ctx.roundRect(bbox.left, bbox.top, bbox.width, bbox.height, bbox.height / 3);
    ctx.clip();
    ctx.fillStyle = colour('var(--sunken)');
    ctx.fillRect(bbox.left, bbox.top, bbox.width, bbox.height);
    for (const span of this.#meter.spans) {
      const to = Math.min(span.to ?? this.#now, end);
      if (to < from) continue;
      const left = valToPos(Math.max(from, span.from), 'x', true);
      const width = Math.max(valToPos(to, 'x', true) - left, uPlot.pxRatio);
      ctx.fillStyle = colour(stateColours[span.state]);
      ctx.fillRect(left, bbox.top, width, bbox.height);
    }
    ctx.restore();
  }
}

const compact = new Intl.NumberFormat('en', { notation: 'compact' });
const short = (value: number): string => compact.format(value);
