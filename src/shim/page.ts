/** What the page goes through, for the connections that have to know. */

/** A connection of the Rust driver. */
export interface PageObserver {
  setPage(hidden: boolean, frozen: boolean): void;
  setNetwork(isThere: boolean): void;
}

const observers = new Set<PageObserver>();
let isFrozen = false;

/** Tells `observer` how things are, if they aren't as usual, and from then on of each change. */
export function observePage(observer: PageObserver): () => void {
  if (observers.size === 0) listen('addEventListener');
  observers.add(observer);
  if (isHidden() || isFrozen) observer.setPage(isHidden(), isFrozen);
  if (globalThis.navigator?.onLine === false) observer.setNetwork(false);
  return () => {
    observers.delete(observer);
    if (observers.size > 0) return;
    listen('removeEventListener');
    // Nobody hears of the end of it any more.
    isFrozen = false;
  };
}

function listen(method: 'addEventListener' | 'removeEventListener'): void {
  const { document } = globalThis as { document?: Document };
  // Workers have a network but no page; Node has neither, and perhaps no events of its own.
  globalThis[method]?.('online', onChange);
  globalThis[method]?.('offline', onChange);
  if (!document) return;
  globalThis[method]('pagehide', onChange);
  globalThis[method]('pageshow', onChange);
  document[method]('visibilitychange', onChange);
  document[method]('freeze', onChange);
  document[method]('resume', onChange);
}

function onChange({ type, persisted }: Event & { persisted?: boolean }): void {
  if (type === 'online' || type === 'offline') {
    for (const observer of [...observers]) observer.setNetwork(type === 'online');
    return;
  }
  if (type === 'freeze' || (type === 'pagehide' && persisted)) isFrozen = true;
  if (type === 'resume' || type === 'pageshow') isFrozen = false;
  for (const observer of [...observers]) {
    // One observer can end another.
    if (observers.has(observer)) observer.setPage(isHidden(), isFrozen);
  }
}

function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden';
}
