/** Starts the Rust core once, at its first use. The other files in this folder locate the module. */

import { address, Connection, coreMemory, coreStack, initSync, Scanner } from './generated/core.js';
import { compile, compileSync, explain, type WasmSource } from './source.js';

export { explain } from './source.js';

// A namespace object would be larger.
const core = { Connection, Scanner };
export type Core = typeof core;

/** Views of the memory that the shim and the core share. */
export interface Views {
  /** For bytes of streams. */
  window: Uint8Array;
  /** For facts about a request or a response. */
  text: Uint8Array;
  /** The rows of the scanner. */
  table: Uint32Array;
}

let loading: Promise<Core> | undefined;
let memory: WebAssembly.Memory | undefined;
let current: Views | undefined;
let stack: { value: number } | undefined;
/** Whether the views are detached, because the memory has grown. Reading the memory's buffer would cost more. */
let isDetaching = false;

/** The core, when it is ready. Rejects if its module can't be loaded; the next call tries again. */
export function load(source?: WasmSource): Promise<Core> {
  loading ??= start(source).catch((cause) => {
    loading = undefined;
    throw cause;
  });
  return loading;
}

/** The core, synchronously. Throws if its module can't be loaded. */
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
  initSync({ module });
  memory = coreMemory();
  stack = coreStack();
  bottom = stack.value;
  isDetaching = typeof WebAssembly === 'object' && memory instanceof WebAssembly.Memory;
}

/** The views of a core that was started. Take them again after each call of the core, which may grow its memory. */
export function views(): Views {
  if (current && (isDetaching ? current.window.length > 0 : current.window.buffer === memory?.buffer)) {
    return current;
  }
  const { buffer } = memory as WebAssembly.Memory;
  const [window, windowSize, text, textSize, table] = [0, 1, 2, 3, 4].map(address) as [
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
 * Calls the core, which may call back, and passes exceptions on. A trap or an exception doesn't reset the core's stack
 * pointer: without this, each would leak a part of the stack.
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

/** For `restoreStack`. Reading it costs more than most calls. */
export function stackPointer(): number {
  return depth > 0 ? (stack as { value: number }).value : bottom;
}

export function restoreStack(pointer: number): void {
  (stack as { value: number }).value = pointer;
}

/** Writes facts for the core. Returns their length in bytes. */
export function writeText(text: string): number {
  return new TextEncoder().encodeInto(text, views().text).written;
}

/** The exception for a core that couldn't be started. It mentions WebAssembly only if that is the cause. */
export function startError(cause: unknown): unknown {
  const message = explain(cause);
  return message ? new Error(message, { cause }) : cause;
}
