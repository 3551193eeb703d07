/** Loads a separate copy of the package from `dist/global.js`. It shares no state with the imported package. */

import type { EventSource } from 'eventsource-wasm';

/** The build variant under test, set by the bundler: the default (empty) or `js`. */
declare const __VARIANT__: '' | 'js';
export const isWasm2js = __VARIANT__ === 'js';
export const globalScript = isWasm2js ? 'dist/global-js.js' : 'dist/global.js';

/** Runs the classic script, returns the `EventSource` that it has set, and restores `globalThis`. */
export async function runGlobalScript(): Promise<{
  EventSource: typeof EventSource;
  descriptor: PropertyDescriptor;
}> {
  return runScript(await readScript());
}

/** The text of the classic script. */
export const readScript = (): Promise<string> => read(globalScript);

/** Runs a classic script synchronously. */
export function runScript(script: string): {
  EventSource: typeof EventSource;
  descriptor: PropertyDescriptor;
} {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'EventSource');
  // Indirect eval runs in the global scope, like a script element or importScripts.
  // biome-ignore lint/security/noGlobalEval: there is no other way to run a classic script in all the runtimes.
  globalThis.eval(script);
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'EventSource') as PropertyDescriptor;
  if (before) Object.defineProperty(globalThis, 'EventSource', before);
  else Reflect.deleteProperty(globalThis, 'EventSource');
  return { EventSource: descriptor.value, descriptor };
}

async function read(path: string): Promise<string> {
  if ('document' in globalThis) return (await fetch(`/${path}`)).text();
  // In a variable, so that the bundler for browsers doesn't resolve it.
  const fs = 'node:fs/promises';
  return (await import(fs)).readFile(path, 'utf8');
}
