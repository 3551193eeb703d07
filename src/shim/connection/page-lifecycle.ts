/** Page lifecycle and network state, for the connections that depend on them. */

export interface PageObserver {
  setPage(isHidden: boolean, isFrozen: boolean): void;
  setNetwork?(isThere: boolean): void;
  /** The page has called `window.stop()`, which closes native connections. */
  stop?(): void;
}

/** Tests define a `document` that has little of one, and Node has no events of its own. */
type PartialTarget = { [Method in 'addEventListener' | 'removeEventListener']?: EventTarget[Method] };

const observers = new Set<PageObserver>();
let isFrozen = false;
/** Makes `window.stop` the platform's own again. */
let restoreStop: (() => void) | undefined;

/**
 * Tells `observer` the current state, unless it is the normal one, and later each change.
 *
 * @returns a function that ends the observation
 */
export function observePage(observer: PageObserver): () => void {
  const isOffline = globalThis.navigator?.onLine === false;
  if (observers.size === 0) {
    listen('addEventListener');
    restoreStop = watchStop();
  }
  observers.add(observer);
  if (isHidden() || isFrozen) observer.setPage(isHidden(), isFrozen);
  if (isOffline) observer.setNetwork?.(false);
  return () => {
    if (!observers.delete(observer) || observers.size > 0) return;
    listen('removeEventListener');
    restoreStop?.();
    // Its end can't be observed any more.
    isFrozen = false;
  };
}

function listen(method: keyof PartialTarget): void {
  const { document } = globalThis as { document?: PartialTarget };
  const toggle = (target: PartialTarget | undefined, ...types: string[]) => {
    for (const type of types) target?.[method]?.(type, onChange);
  };
  // Workers have a network but no page.
  toggle(globalThis as PartialTarget, 'online', 'offline', ...(document ? ['pagehide', 'pageshow'] : []));
  toggle(document, 'visibilitychange', 'freeze', 'resume');
}

/**
 * To `fetch`, `window.stop()` looks like a network error in every engine. It fires no event, so the function is
 * replaced while there are connections.
 */
function watchStop(): (() => void) | undefined {
  const { document, stop } = globalThis as { document?: unknown; stop?: () => void };
  if (!document || typeof stop !== 'function') return undefined;
  const replacement = () => {
    tellAll((observer) => observer.stop?.());
    stop.call(globalThis);
  };
  globalThis.stop = replacement;
  return () => {
    // Another script may have replaced it since.
    if (globalThis.stop === replacement) globalThis.stop = stop;
  };
}

function onChange({ type }: Event): void {
  const isOnline = type === 'online';
  if (isOnline || type === 'offline') {
    tellAll((observer) => observer.setNetwork?.(isOnline));
    return;
  }
  // Whether the page is kept (`persisted`) or not.
  if (type === 'freeze' || type === 'pagehide') isFrozen = true;
  if (type === 'resume' || type === 'pageshow') isFrozen = false;
  tellAll((observer) => observer.setPage(isHidden(), isFrozen));
}

function tellAll(tell: (observer: PageObserver) => void): void {
  for (const observer of [...observers]) {
    // One observer can end another.
    if (observers.has(observer)) tell(observer);
  }
}

function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden';
}
