/**
 * Helpers of the conformance tests. A test is a value, so that it can run against our class and the native class, in
 * any global.
 */

/** The DOM's type, which has only the standard's members. */
export type EventSourceClass = typeof globalThis.EventSource;

/** The kinds of global object in which the tests run. */
export const GLOBALS = ['window', 'dedicated worker', 'shared worker', 'service worker', 'node'] as const;
export type Global = (typeof GLOBALS)[number];

export interface ConformanceTest {
  /** Begins with the number of the tested point. */
  name: string;
  /** The globals in which the test runs. */
  globals: readonly Global[];
  run(EventSource: EventSourceClass): void | Promise<void>;
}

/** A list of tests, with a function that adds one. */
export function table(): ConformanceTest[] & {
  test(name: string, run: ConformanceTest['run'], globals?: readonly Global[]): void;
} {
  const tests: ConformanceTest[] = [];
  return Object.assign(tests, {
    test(name: string, run: ConformanceTest['run'], globals: readonly Global[] = GLOBALS) {
      tests.push({ name, run, globals });
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

/** Records the events of these types: type, data, last event ID. */
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

/** Runs a test with an object, and always closes the object. */
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

/** Collects the messages of uncaught exceptions, and hides them from the test runner. */
export function catchReports(): { messages(): string[]; stop(): void } {
  const messages: string[] = [];
  const { process } = globalThis as { process?: NodeJS.Process };
  if (process?.versions?.node) {
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => messages.push(error.message));
    return {
      messages: () => messages,
      stop() {
        process.removeAllListeners('uncaughtException');
        for (const listener of before) process.on('uncaughtException', listener);
      },
    };
  }
  const before = globalThis.onerror;
  globalThis.onerror = (event, _source, _line, _column, error) => {
    // Cloudflare's runtime passes only the event.
    messages.push(((error ?? (event as ErrorEvent).error) as Error).message);
    return true;
  };
  return {
    messages: () => messages,
    stop() {
      globalThis.onerror = before;
    },
  };
}
