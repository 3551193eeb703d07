/** Output of `util.inspect` and `console.log` in Node, Deno and compatible runtimes. */

import { isNode } from '../platform.js';

interface Options {
  depth?: number | null;
}

type Inspect = (value: unknown, options: Options) => string;

/** Adds an inspection method to a class, where the runtime supports it. */
export function addInspection(prototype: object, describe: (source: never) => object): void {
  if (!isNode()) return;
  // For subclasses of its EventTarget, Deno ignores Node's symbol.
  for (const symbol of ['nodejs.util.inspect.custom', 'Deno.customInspect']) {
    Object.defineProperty(prototype, Symbol.for(symbol), {
      /** Node passes the depth, the options and `inspect`; Deno passes `inspect` and the options. */
      value(this: object, first: number | Inspect, options: Options, inspect: Inspect = first as Inspect) {
        const { name } = this.constructor;
        if (this === prototype) return `${name} {}`;
        if ((first as number) < 0) return `[${name}]`;
        const depth = options.depth == null ? options.depth : options.depth - 1;
        try {
          return `${name} ${inspect(describe(this as never), { ...options, depth: depth as number | null })}`;
        } catch {
          // A proxy, or an object that the constructor hasn't made, has no private members.
          return `${name} {}`;
        }
      },
      configurable: true,
      writable: true,
    });
  }
}
