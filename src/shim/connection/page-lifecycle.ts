/** Observes the page's lifecycle and the network state for all connections. */

export interface PageObserver {
  setPage(isHidden: boolean, isFrozen: boolean): void;
  setNetwork?(isThere: boolean): void;
  /** `window.stop()` was called, which closes native connections. */
  stop?(): void;
}

/** Test environments define incomplete `document` objects, and Node's `globalThis` has no events. */
type PartialTarget = { [Method in 'addEventListener' | 'removeEventListener']?: EventTarget[Method] };

const observers = new Set<PageObserver>();
let isFrozen = false;
/** Restores the platform's `window.stop`. */
let restoreStop: (() => void) | undefined;

/**
 * Calls `observer` with the current state, unless it is visible and online, and with each later change.
 *
 * @param start called after the current state and before listening, which takes milliseconds in a new page
 * @returns a function that stops observing
 */
export function observePage(observer: PageObserver, start?: () => void): () => void {
  if (isHidden() || isFrozen) observer.setPage(isHidden(), isFrozen);
  if (globalThis.navigator?.onLine === false) observer.setNetwork?.(false);
  start?.();
  if (observers.size === 0) {
    listen('addEventListener');
    restoreStop = watchStop();
  }
  observers.add(observer);
  return () => {
    if (!observers.delete(observer) || observers.size > 0) return;
    listen('removeEventListener');
    restoreStop?.();
    // Without listeners, the end of the frozen state would be missed.
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
 * In every engine, `fetch` reports `window.stop()` as a network error. The call fires no event, so the function is
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
    // Another script may have replaced it in the meantime.
    if (globalThis.stop === replacement) globalThis.stop = stop;
  };
}

function onChange({ type }: Event): void {
  const isOnline = type === 'online';
  if (isOnline || type === 'offline') {
    tellAll((observer) => observer.setNetwork?.(isOnline));
    return;
  }
  // `pagehide` counts whether the page is kept (`persisted`) or not.
  if (type === 'freeze' || type === 'pagehide') isFrozen = true;
  if (type === 'resume' || type === 'pageshow') isFrozen = false;
  tellAll((observer) => observer.setPage(isHidden(), isFrozen));
}

function tellAll(tell: (observer: PageObserver) => void): void {
  for (const observer of [...observers]) {
    // One observer can stop another.
    if (observers.has(observer)) tell(observer);
  }
}

export function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden';
}
