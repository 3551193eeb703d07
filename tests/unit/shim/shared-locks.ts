/** Web Locks for runtimes without them: the part of `LockManager` that the package uses, within one process. */

interface Request {
  name: string;
  grant(lock: Lock): unknown;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

interface Options {
  signal?: AbortSignal;
  steal?: boolean;
}

const abortError = (message: string) => new DOMException(message, 'AbortError');

class LockManager {
  readonly #held = new Map<string, Request>();
  #pending: Request[] = [];

  request(name: string, options: Options, grant: (lock: Lock) => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal, steal } = options;
      if (signal?.aborted) throw abortError('aborted');
      const request = { name, grant, resolve, reject };
      if (steal) {
        this.#held.get(name)?.reject(abortError('stolen'));
        this.#held.delete(name);
        this.#pending.unshift(request);
      } else {
        this.#pending.push(request);
      }
      signal?.addEventListener('abort', () => {
        if (!this.#pending.includes(request)) return;
        this.#pending = this.#pending.filter((other) => other !== request);
        reject(abortError('aborted'));
      });
      // Locks are granted in a later task.
      setImmediate(() => this.#grant(name));
    });
  }

  async query() {
    const info = ({ name }: Request) => ({ name, mode: 'exclusive', clientId: '' });
    return { held: [...this.#held.values()].map(info), pending: this.#pending.map(info) };
  }

  async #grant(name: string): Promise<void> {
    const request = this.#pending.find((other) => other.name === name);
    if (!request || this.#held.has(name)) return;
    this.#pending = this.#pending.filter((other) => other !== request);
    this.#held.set(name, request);
    try {
      request.resolve(await request.grant({ name, mode: 'exclusive' }));
    } catch (error) {
      request.reject(error);
    } finally {
      if (this.#held.get(name) === request) this.#held.delete(name);
      setImmediate(() => this.#grant(name));
    }
  }
}

/** Installs Web Locks if the runtime has none. Returns a function that removes them. */
export function installLocks(): () => void {
  if (globalThis.navigator?.locks) return () => {};
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const navigator = Object.create(globalThis.navigator ?? null, { locks: { value: new LockManager() } });
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  return () => {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else Reflect.deleteProperty(globalThis, 'navigator');
  };
}
