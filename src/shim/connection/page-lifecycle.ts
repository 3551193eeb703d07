/** Page lifecycle and network state, for the connections that depend on them. */

/** A connection of the Rust driver. */
export interface PageObserver {
  setPage(hidden: boolean, frozen: boolean): void;
  setNetwork(isThere: boolean): void;
}

interface Observation {
  observer: PageObserver;
  onStop: (() => void) | undefined;
}

/** Tests define a `document` that has little of one, and Node has no events of its own. */
type PartialTarget = { [Method in 'addEventListener' | 'removeEventListener']?: EventTarget[Method] };

const observations = new Set<Observation>();
let isFrozen = false;
/** Makes `window.stop` the platform's own again. */
let restoreStop: (() => void) | undefined;

/**
 * Tells `observer` the current state, unless it is the normal one, and later each change. `onStop` is called when the
 * page calls `window.stop()`, which closes native connections.
 *
 * @returns a function that ends the observation
 */
export function observePage(observer: PageObserver, onStop?: () => void): () => void {
  const isOffline = globalThis.navigator?.onLine === false;
  if (observations.size === 0) {
    listen('addEventListener');
    restoreStop = watchStop();
  }
  const observation = { observer, onStop };
  observations.add(observation);
  if (isHidden() || isFrozen) observer.setPage(isHidden(), isFrozen);
  if (isOffline) observer.setNetwork(false);
  return () => {
    if (!observations.delete(observation) || observations.size > 0) return;
    listen('removeEventListener');
    restoreStop?.();
    // Its end can't be observed any more.
    isFrozen = false;
  };
}

function listen(method: keyof PartialTarget): void {
  const { document } = globalThis as { document?: PartialTarget };
  const global = globalThis as PartialTarget;
  // Workers have a network but no page.
  for (const type of ['online', 'offline']) global[method]?.(type, onChange);
  if (!document) return;
  for (const type of ['pagehide', 'pageshow']) global[method]?.(type, onChange);
  for (const type of ['visibilitychange', 'freeze', 'resume']) document[method]?.(type, onChange);
}

/**
 * To `fetch`, `window.stop()` looks like a network error in every engine. It fires no event, so the function is
 * replaced while there are connections.
 */
function watchStop(): (() => void) | undefined {
  const { document, stop } = globalThis as { document?: unknown; stop?: () => void };
  if (!document || typeof stop !== 'function') return undefined;
  const replacement = () => {
    for (const { onStop } of [...observations]) onStop?.();
    stop.call(globalThis);
  };
  globalThis.stop = replacement;
  return () => {
    // Another script may have replaced it since.
    if (globalThis.stop === replacement) globalThis.stop = stop;
  };
}

function onChange({ type }: Event): void {
  if (type === 'online' || type === 'offline') {
    for (const { observer } of [...observations]) observer.setNetwork(type === 'online');
    return;
  }
  // Whether the page is kept (`persisted`) or not.
  if (type === 'freeze' || type === 'pagehide') isFrozen = true;
  if (type === 'resume' || type === 'pageshow') isFrozen = false;
  for (const observation of [...observations]) {
    // One observer can end another.
    if (observations.has(observation)) observation.observer.setPage(isHidden(), isFrozen);
  }
}

function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden';
}
