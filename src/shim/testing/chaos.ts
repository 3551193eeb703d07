/**
 * Random faults from a seed: where a connection breaks, how its bytes are split, and how long each piece is delayed.
 */

/**
 * Faults that a scripted server adds to every connection. The same seed produces the same faults.
 */
export interface Chaos {
  /** Any number. Print it when a test fails, so that you can run the test again with the same faults. */
  seed: number;
  /**
   * Which connections break, after a random number of bytes (up to 400). 1 or more: this many connections, starting
   * with the first. Less than 1: this fraction of connections. `true` is 0.5.
   *
   * @default 0.5
   */
  cuts?: number | boolean | undefined;
  /**
   * Splits the sent bytes into pieces of random length, also in the middle of lines and characters. A number is the
   * maximum length of a piece in bytes. `true` is 64.
   *
   * @default 64
   */
  splits?: number | boolean | undefined;
  /**
   * The maximum delay of each piece, in milliseconds. It uses `setTimeout`, so advance your fake timers. `true` is 20.
   *
   * @default 0
   */
  delays?: number | boolean | undefined;
}

/** The faults of one connection. */
export interface ConnectionChaos {
  /** The number of bytes after which the connection breaks. */
  cutAfter: number;
  /** The length of the next piece, in bytes. */
  nextLength(): number;
  /** The delay of the next piece, in milliseconds. */
  nextDelay(): number;
}

const CONNECTION_SEED_STEP = 0x9e3779b9;
const MAX_BYTES_BEFORE_CUT = 400;

export const noChaos: ConnectionChaos = {
  cutAfter: Number.POSITIVE_INFINITY,
  nextLength: () => Number.POSITIVE_INFINITY,
  nextDelay: () => 0,
};

/** Returns a function that creates the faults of a connection, by its number. */
export function createChaos(chaos: Chaos | undefined): (connection: number) => ConnectionChaos {
  if (!chaos) return () => noChaos;
  const { seed } = chaos;
  const cuts = toNumber(chaos, 'cuts', 0.5, 0.5);
  const splits = toNumber(chaos, 'splits', 64, 64);
  const delays = toNumber(chaos, 'delays', 0, 20);
  return (connection) => {
    // A separate generator for each connection, so that the order in which connections are read has no influence.
    const random = createRandom(seed + connection * CONNECTION_SEED_STEP);
    const isCut = cuts < 1 ? random() < cuts : connection <= cuts;
    return {
      cutAfter: isCut ? Math.ceil(random() * MAX_BYTES_BEFORE_CUT) : Number.POSITIVE_INFINITY,
      nextLength: () => (splits ? Math.ceil(random() * splits) || 1 : Number.POSITIVE_INFINITY),
      nextDelay: () => (delays ? Math.ceil(random() * delays) : 0),
    };
  };
}

function toNumber(chaos: Chaos, name: 'cuts' | 'splits' | 'delays', byDefault: number, whenTrue: number) {
  const value = chaos[name] ?? byDefault;
  const number = typeof value === 'boolean' ? (value ? whenTrue : 0) : value;
  if (!(number >= 0))
    throw new TypeError(`createEventServer: chaos.${name} is ${value}; use a number from 0`);
  return number;
}

/** Mulberry32: 32 bits of state, numbers from 0 to below 1. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
