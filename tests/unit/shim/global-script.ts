/** A copy of the package from `dist/global.js`, which shares nothing with the one that the tests import. */

import type { EventSource } from 'eventsource-wasm';

/** The build variant under test, set by the bundler: the default (empty) or `js`. */
declare const __VARIANT__: '' | 'js';
export const isWasm2js = __VARIANT__ === 'js';
export const globalScript = isWasm2js ? 'dist/global-js.js' : 'dist/global.js';

/** Runs the classic script and gives back what it has put on `globalThis`, which is as before after it. */
export async function runGlobalScript(): Promise<{
  EventSource: typeof EventSource;
  descriptor: PropertyDescriptor;
}> {
  return runScript(await readScript());
}

/** The text of the classic script. */
export const readScript = (): Promise<string> => read(globalScript);

/** Runs the text at once. */
export function runScript(script: string): {
  EventSource: typeof EventSource;
  descriptor: PropertyDescriptor;
} {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'EventSource');
  // In the global scope, as a script element or importScripts would run it.
  // biome-ignore lint/security/noGlobalEval: there is no other way to run a classic script in all the runtimes.
  globalThis.eval(script);
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'EventSource') as PropertyDescriptor;
  if (before) Object.defineProperty(globalThis, 'EventSource', before);
  else Reflect.deleteProperty(globalThis, 'EventSource');
  return { EventSource: descriptor.value, descriptor };
}

async function read(path: string): Promise<string> {
  if ('document' in globalThis) return (await fetch(`/${path}`)).text();
  // In a variable, so that bundling for browsers doesn't look for it.
  const fs = 'node:fs/promises';
  return (await import(fs)).readFile(path, 'utf8');
}
