/** What `util.inspect` and `console.log` show of an object in Node and those that do as it does. */

interface Options {
  depth?: number | null;
}

type Inspect = (value: unknown, options: Options) => string;

/** Adds what is asked for to a class, where there is somebody who asks. */
export function addInspection(prototype: object, describe: (source: never) => object): void {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (!process?.versions?.node) return;
  Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), {
    value(this: never, depth: number, options: Options, inspect: Inspect) {
      if ((this as object) === prototype) return this;
      const name = (this as object).constructor.name;
      if (depth < 0) return `[${name}]`;
      const inner = options.depth == null ? options.depth : options.depth - 1;
      return `${name} ${inspect(describe(this), { ...options, depth: inner as number | null })}`;
    },
    configurable: true,
    writable: true,
  });
}
