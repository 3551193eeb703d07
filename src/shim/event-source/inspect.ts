/** How `util.inspect` and `console.log` show an object in Node, Deno and compatible runtimes. */

interface Options {
  depth?: number | null;
}

type Inspect = (value: unknown, options: Options) => string;

/** Adds an inspection method to a class, where the runtime supports it. */
export function addInspection(prototype: object, describe: (source: never) => object): void {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (!process?.versions?.node) return;
  // Deno prefers what it knows of its own EventTarget to the symbol of Node.
  for (const symbol of ['nodejs.util.inspect.custom', 'Deno.customInspect']) {
    Object.defineProperty(prototype, Symbol.for(symbol), {
      /** Node gives depth, options and `inspect`, Deno `inspect` and options. */
      value(this: object, first: number | Inspect, options: Options, inspect: Inspect = first as Inspect) {
        const { name } = this.constructor;
        if (this === prototype) return `${name} {}`;
        if ((first as number) < 0) return `[${name}]`;
        const depth = options.depth == null ? options.depth : options.depth - 1;
        return `${name} ${inspect(describe(this as never), { ...options, depth: depth as number | null })}`;
      },
      configurable: true,
      writable: true,
    });
  }
}
