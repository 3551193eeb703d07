const prefix = 'eventsource-wasm.';

/** Where a browser refuses storage, the page works without. */
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
