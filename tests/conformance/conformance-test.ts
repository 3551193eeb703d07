/**
 * What the conformance tests have in common. A test is a value, so that it can run against any class that claims to
 * be `EventSource`, ours and the native one, in any global.
 */

/** The interface as the DOM's types have it: what the standard knows of it. */
export type EventSourceClass = typeof globalThis.EventSource;

export interface ConformanceTest {
  /** Begins with the number of the point it shows. */
  name: string;
  run(EventSource: EventSourceClass): void | Promise<void>;
}

/** Collects tests under their names. */
export function table(): ConformanceTest[] & { test(name: string, run: ConformanceTest['run']): void } {
  const tests: ConformanceTest[] = [];
  return Object.assign(tests, {
    test(name: string, run: ConformanceTest['run']) {
      tests.push({ name, run });
    },
  });
}

/** The next event of a type. */
export function next<E extends Event = MessageEvent>(target: EventTarget, type: string): Promise<E> {
  return new Promise((resolve) => {
    target.addEventListener(type, (event) => resolve(event as E), { once: true });
  });
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What the events of these types were: type, data, last event ID. */
export function record(target: EventTarget, ...types: string[]): string[][] {
  const events: string[][] = [];
  for (const type of types) {
    target.addEventListener(type, (event) => {
      const { data, lastEventId } = event as MessageEvent;
      events.push(typeof data === 'string' ? [type, data, lastEventId] : [type]);
    });
  }
  return events;
}

/** Runs a test with an object and closes it, whatever happens. */
export async function using<T extends EventSource, R>(
  source: T,
  run: (source: T) => R | Promise<R>,
): Promise<R> {
  try {
    return await run(source);
  } finally {
    source.close();
  }
}
