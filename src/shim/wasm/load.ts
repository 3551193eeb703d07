/** Starts the Rust core at its first use. The other files in this folder locate the module. */

import { buffersAddress, initSync, memory, stack } from './generated/core.js';
import { compile, compileSync, explain, type WasmSource } from './source.js';

// Only this file imports generated code, because each build variant has its own.
export {
  addHeapObject,
  connect,
  disconnect,
  feed,
  freeScanner,
  newScanner,
  restartWindow,
  rewind,
  scan,
} from './generated/core.js';
export { explain } from './source.js';

/** Views of the memory of the core. */
export interface Views {
  /** For bytes of streams. */
  window: Uint8Array;
  /** For facts about a request or a response. */
  text: Uint8Array;
  /** The rows of the scanner. */
  table: Uint32Array;
}

/** The sizes of the buffers, as in `src/browser/buffers.rs` and `src/core/table.rs`. */
const TEXT_SIZE = 4096;
const TABLE_LENGTH = 3 + 3 * 2048;
export const WINDOW_SIZE = 32768;

let loading: Promise<void> | undefined;
let current: Views | undefined;
/**
 * Whether views are detached when the memory grows, as with WebAssembly. Then their length shows it, which costs less
 * than reading the memory's buffer.
 */
let isDetaching = false;

/** Resolves when the core is ready. Rejects if its module can't be loaded. The next call tries again. */
export function load(source?: WasmSource): Promise<void> {
  loading ??= start(source).catch((cause) => {
    loading = undefined;
    throw cause;
  });
  return loading;
}

/** Starts the core synchronously. Throws if its module can't be loaded. */
export function loadSync(): void {
  if (!memory) begin(compileSync());
}

async function start(source: WasmSource | undefined): Promise<void> {
  const module = await compile(await source);
  if (!memory) begin(module);
}

function begin(module: WebAssembly.Module): void {
  initSync({ module });
  bottom = stack.value;
  isDetaching = typeof WebAssembly === 'object' && memory instanceof WebAssembly.Memory;
}

/** Returns the views. Get them again after each call of the core, which may grow its memory. */
export function views(): Views {
  if (current && (isDetaching ? current.table[0] !== undefined : current.window.buffer === memory.buffer)) {
    return current;
  }
  const { buffer } = memory;
  const address = buffersAddress();
  current = {
    text: new Uint8Array(buffer, address, TEXT_SIZE),
    table: new Uint32Array(buffer, address + TEXT_SIZE, TABLE_LENGTH),
    window: new Uint8Array(buffer, address + TEXT_SIZE + 4 * TABLE_LENGTH, WINDOW_SIZE),
  };
  return current;
}

/** The number of running calls into the core that may call back. */
let depth = 0;
/** The stack pointer while no call is running. */
let bottom = 0;

/**
 * Calls the core, which may call back, and rethrows exceptions. It restores the core's stack pointer after a trap or an
 * exception: otherwise each would leak a part of the stack.
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

/** The current stack pointer, for `restoreStack`. Reading it from the core would cost more than most calls. */
export function stackPointer(): number {
  return depth > 0 ? stack.value : bottom;
}

export function restoreStack(pointer: number): void {
  stack.value = pointer;
}

/** Writes text into the core's text buffer. Returns its length in bytes. */
export function writeText(text: string): number {
  return new TextEncoder().encodeInto(text, views().text).written;
}

/** Creates the exception for a core that couldn't be started. It mentions WebAssembly only if that is the cause. */
export function startError(cause: unknown): unknown {
  const message = explain(cause);
  return message ? new Error(message, { cause }) : cause;
}
