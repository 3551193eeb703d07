/** Starts the Rust core: at its first use, once. The other files here say where the module comes from. */

import * as core from './generated/core.js';
import { compile, compileSync, explain, type WasmSource } from './source.js';

export { explain } from './source.js';
export type Core = typeof core;

/** Views of the memory through which bytes and facts cross. */
export interface Views {
  /** Where the bytes of streams are written. */
  window: Uint8Array;
  /** Where facts about a request or a response are written. */
  text: Uint8Array;
  /** What the scanner has found. */
  table: Uint32Array;
}

let loading: Promise<Core> | undefined;
let memory: WebAssembly.Memory | undefined;
let current: Views | undefined;
let stack: { value: number } | undefined;
/** Whether views are detached when the memory grows. To ask the memory for its buffer costs more. */
let isDetaching = false;

/** The core, when it is ready. Rejects if its module can't be loaded; the next call tries again. */
export function load(source?: WasmSource): Promise<Core> {
  loading ??= start(source).catch((cause) => {
    loading = undefined;
    throw cause;
  });
  return loading;
}

/** The core at once, for interfaces that can't wait. Throws if its module can't be loaded. */
export function loadSync(): Core {
  if (!memory) begin(compileSync());
  return core;
}

async function start(source: WasmSource | undefined): Promise<Core> {
  const module = await compile(await source);
  if (!memory) begin(module);
  return core;
}

function begin(module: WebAssembly.Module): void {
  core.initSync({ module });
  memory = core.coreMemory();
  stack = core.coreStack();
  bottom = stack.value;
  isDetaching = typeof WebAssembly === 'object' && memory instanceof WebAssembly.Memory;
}

/** The views of a core that was started. Take them again after each call of the core, which may grow its memory. */
export function views(): Views {
  if (current && (isDetaching ? current.window.length > 0 : current.window.buffer === memory?.buffer)) {
    return current;
  }
  const { buffer } = memory as WebAssembly.Memory;
  const [window, windowSize, text, textSize, table] = [0, 1, 2, 3, 4].map(core.address) as [
    ...[number, number, number, number, number],
  ];
  current = {
    window: new Uint8Array(buffer, window, windowSize),
    text: new Uint8Array(buffer, text, textSize),
    table: new Uint32Array(buffer, table),
  };
  return current;
}

/** How many calls of the core are running that may call back. */
let depth = 0;
/** The stack pointer while none is. */
let bottom = 0;

/**
 * Calls the core, which may call back, and throws what is thrown in it. A trap or an exception leaves the core's stack
 * where it was: without this, each would take a part of the stack for good.
 */
export function callCore(call: () => void): void {
  const pointer = stackPointer();
  depth++;
  try {
    call();
  } catch (error) {
    restoreStack(pointer);
    throw error;
  } finally {
    depth--;
  }
}

/** For `restoreStack`. Reading it costs more than many a call. */
export function stackPointer(): number {
  return depth > 0 ? (stack as { value: number }).value : bottom;
}

export function restoreStack(pointer: number): void {
  (stack as { value: number }).value = pointer;
}

/** Writes facts for the core. Returns how many bytes they are. */
export function writeText(text: string): number {
  return new TextEncoder().encodeInto(text, views().text).written;
}

/** In how many milliseconds a `Retry-After` header asks to retry, if it does. */
export function retryAfter(header: string): number | undefined {
  const milliseconds = loadSync().retryAfter(writeText(header), Date.now());
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** The exception for a core that couldn't be started: it names WebAssembly only where that is to blame. */
export function startError(cause: unknown): unknown {
  const message = explain(cause);
  return message ? new Error(message, { cause }) : cause;
}
