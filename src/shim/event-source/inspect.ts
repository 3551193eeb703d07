/** How `util.inspect` and `console.log` show an object in Node, Deno and compatible runtimes. */

interface Options {
  depth?: number | null;
}

type Inspect = (value: unknown, options: Options) => string;

/** Adds an inspection method to a class, where the runtime supports it. */
export function addInspection(prototype: object, describe: (source: never) => object): void {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (!process?.versions?.node) return;
  const define = (symbol: string, show: (source: object, ...args: never[]) => unknown) =>
    Object.defineProperty(prototype, Symbol.for(symbol), {
      value(this: object, ...args: never[]) {
        return this === prototype ? `${this.constructor.name} {}` : show(this, ...args);
      },
      configurable: true,
      writable: true,
    });
  define('nodejs.util.inspect.custom', (source, depth: number, options: Options, inspect: Inspect) => {
    const { name } = source.constructor;
    if (depth < 0) return `[${name}]`;
    const inner = options.depth == null ? options.depth : options.depth - 1;
    return `${name} ${inspect(describe(source as never), { ...options, depth: inner as number | null })}`;
  });
  // Deno prefers what it knows of its own EventTarget to the symbol of Node.
  define('Deno.customInspect', (source, inspect: Inspect, options: Options) => {
    return `${source.constructor.name} ${inspect(describe(source as never), options)}`;
  });
}
