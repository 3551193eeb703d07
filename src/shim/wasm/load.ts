/** Starts the Rust core once, at its first use. The other files in this folder locate the module. */

import { buffersAddress, initSync, memory, stack } from './generated/core.js';
import { compile, compileSync, explain, type WasmSource } from './source.js';

// Only this file imports what is generated: build variants have their own.
export {
  connect,
  disconnect,
  feed,
  freeScanner,
  hold,
  newScanner,
  restartWindow,
  rewind,
  scan,
  send,
} from './generated/core.js';
export { explain } from './source.js';

/** Views of the memory that the shim and the core share. */
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
const WINDOW_SIZE = 32768;

let loading: Promise<void> | undefined;
let current: Views | undefined;
/** Whether the views are detached, because the memory has grown. Reading the memory's buffer would cost more. */
let isDetaching = false;

/** Resolves when the core is ready. Rejects if its module can't be loaded; the next call tries again. */
export function load(source?: WasmSource): Promise<void> {
  loading ??= start(source).catch((cause) => {
    loading = undefined;
    throw cause;
  });
  return loading;
}

/** Starts the core at once. Throws if its module can't be loaded. */
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

/** The views of a core that was started. Take them again after each call of the core, which may grow its memory. */
export function views(): Views {
  if (current && (isDetaching ? current.window.length > 0 : current.window.buffer === memory.buffer)) {
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
  return depth > 0 ? stack.value : bottom;
}

export function restoreStack(pointer: number): void {
  stack.value = pointer;
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
