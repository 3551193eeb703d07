/** Differences between platforms. Importing this file looks up nothing that may be missing. */

type Constructor = new (...args: never[]) => object;

/**
 * Returns a platform class to extend. If it is missing, importing still works: the constructor uses a polyfill that was
 * loaded later, or throws an error that names the missing class.
 */
export function platformClass<Name extends 'Event' | 'EventTarget' | 'TransformStream'>(
  name: Name,
): (typeof globalThis)[Name] {
  const find = () => (globalThis as Record<string, unknown>)[name] as Constructor | undefined;
  function Late(...args: never[]): object {
    const Found = find();
    if (!Found) throw new TypeError(`eventsource-wasm needs ${name}, which is missing here: load a polyfill`);
    Object.setPrototypeOf(Late, Found);
    Object.setPrototypeOf(Late.prototype, Found.prototype);
    return Reflect.construct(Found, args, new.target);
  }
  return (find() ?? Late) as (typeof globalThis)[Name];
}

/** The class of all events, which doesn't change with later globals: the platform's target takes only its own events. */
export const BaseEvent: (typeof globalThis)['Event'] = /* @__PURE__ */ platformClass('Event');

declare global {
  // For projects that compile without these types. Node's types declare them too.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }
}

/** The names of the members that `using` and `await using` call. Older platforms lack them. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

/** Calls `find` at the first call, and returns its result again at later calls. */
export function once<T>(find: () => T): () => T {
  let found: T | undefined;
  return () => {
    found ??= find();
    return found;
  };
}

/** Whether a function returns without throwing. */
export function works(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether the platform itself calls handler attributes. Cloudflare's runtime calls the member `on<type>` of an event
 * target. All others leave that to the class.
 */
export const platformCallsHandlers: () => boolean = /* @__PURE__ */ once(() => {
  let callsHandlers = false;
  const onprobe = () => {
    callsHandlers = true;
  };
  Object.assign(new EventTarget(), { onprobe }).dispatchEvent(new Event('probe'));
  return callsHandlers;
});

interface Zone {
  readonly name: string;
  run<T>(work: (argument: never) => T, thisValue: undefined, argumentList: unknown[]): T;
}

/** Runs a function, with an argument, in an async context. */
export type InContext = <T, A>(work: (argument: A) => T, argument?: A) => T;

/**
 * Captures the async context. Node's `AsyncLocalStorage` follows promises and tasks by itself; zone.js doesn't follow
 * `await`.
 *
 * @returns a function that runs its argument in the context
 */
export function captureContext(): InContext {
  const { Zone } = globalThis as { Zone?: { readonly current?: Zone } };
  const zone = Zone?.current;
  return zone
    ? (work, argument) => zone.run(work, undefined, [argument])
    : (work, argument) => work(argument as never);
}

/** The user agent string, or an empty string. */
export function userAgent(): string {
  try {
    return globalThis.navigator?.userAgent ?? '';
  } catch {
    // A page may have replaced it.
    return '';
  }
}

/** Whether creating short strings from character codes is faster than decoding. */
export const isChromium: () => boolean = /* @__PURE__ */ once(() => / Chrome\//.test(userAgent()));

/** Whether this is Node, or a runtime with its interface. */
export const isNode: () => boolean = /* @__PURE__ */ once(() => {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node !== undefined;
});

/**
 * The default options of each `fetch`, without unsupported ones: some versions of Cloudflare's runtime throw for
 * `cache`.
 */
export const defaultFetchInit: () => RequestInit = /* @__PURE__ */ once(() => {
  const init: RequestInit = { cache: 'no-store', credentials: 'same-origin', mode: 'cors' };
  const takes = (init: RequestInit) => works(() => new Request('http://localhost/', init));
  if (takes(init)) return init;
  return Object.fromEntries(Object.entries(init).filter(([name, value]) => takes({ [name]: value })));
});
