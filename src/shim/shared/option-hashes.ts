/** Compares options between tabs. Only hashes are sent, because headers can be credentials. */

/** Options that may differ between tabs. `withCredentials` is part of the key. */
const ownNames = ['withCredentials', 'lastEventId', 'store', 'storeName', 'onEvent', 'trace'];

/** Hashes each option that must be the same in all tabs. All functions have the same hash. */
export function hashOptions(options: object): Record<string, number> {
  const hashes: Record<string, number> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || ownNames.includes(name)) continue;
    hashes[name] = hash(JSON.stringify(value, toComparable));
  }
  return hashes;
}

/** Returns the name of an option that differs, if any. */
export function findDifference(a: Record<string, number>, b: Record<string, number>): string | undefined {
  return Object.keys({ ...a, ...b }).find((name) => a[name] !== b[name]);
}

/**
 * `Headers` are compared by content. Other instances of classes, such as Node's `dispatcher`, are compared by class.
 */
function toComparable(_name: string, value: unknown): unknown {
  if (typeof value === 'function') return 'function';
  if (typeof value !== 'object' || value === null) return value;
  if (Symbol.iterator in value) return [...(value as Iterable<unknown>)];
  const isPlain = [Object, undefined].includes(value.constructor as never);
  return isPlain ? Object.entries(value).sort() : `${value}`;
}

/** The hash of the sdbm library. */
const hash = (text: string): number =>
  [...text].reduce((sum, character) => (sum * 65_599 + (character.codePointAt(0) as number)) | 0, 1);
