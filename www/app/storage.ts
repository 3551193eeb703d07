const prefix = 'eventsource-wasm.';

/** Reads an item. If the browser blocks storage, the page works without it. */
export function readItem(name: string, storage: () => Storage = () => localStorage): string | null {
  try {
    return storage().getItem(prefix + name);
  } catch {
    return null;
  }
}

export function writeItem(name: string, value: string, storage: () => Storage = () => localStorage): void {
  try {
    storage().setItem(prefix + name, value);
  } catch {}
}
