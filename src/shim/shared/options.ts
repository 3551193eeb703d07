/** Compares options between tabs. Only hashes of them are sent, as headers can be credentials. */

/** What each tab has for itself. `withCredentials` is part of the key. */
const ownNames = ['withCredentials', 'lastEventId', 'store', 'storeName', 'onEvent', 'trace'];

/** A number for each option that has to be the same in all tabs. All functions are alike. */
export function hashOptions(options: object): Record<string, number> {
  const hashes: Record<string, number> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || ownNames.includes(name)) continue;
    hashes[name] = hash(JSON.stringify(value, toComparable));
  }
  return hashes;
}

/** The name of an option that isn't the same. */
export function findDifference(a: Record<string, number>, b: Record<string, number>): string | undefined {
  return Object.keys({ ...a, ...b }).find((name) => a[name] !== b[name]);
}

/** Objects of classes, such as a `dispatcher` of Node's, are known by their class, `Headers` by what is in them. */
function toComparable(_name: string, value: unknown): unknown {
  if (typeof value === 'function') return 'function';
  if (typeof value !== 'object' || value === null) return value;
  if (Symbol.iterator in value) return [...(value as Iterable<unknown>)];
  return value.constructor === Object ? Object.entries(value).sort() : `${value}`;
}

/** FNV-1a. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum;
}
