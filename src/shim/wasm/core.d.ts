/** The core's exports, from `src/browser/mod.rs` and the linker. Connections and scanners are addresses. */

export function initSync(source: { module: WebAssembly.Module }): void;
export let memory: WebAssembly.Memory;
export let stack: { value: number };
/** The address of the text buffer, which the table and the window follow. */
export function buffersAddress(): number;

/** Stores an object for `connect`, which takes it over. Returns its index. */
export function addHeapObject(delegate: object): number;
export function connect(
  delegate: number,
  factsLength: number,
  flags: number,
  rules: number,
  initialDelay: number,
  factor: number,
  jitter: number,
  maxDelay: number,
  maxAttempts: number,
  maxTime: number,
  resetAfter: number,
  connectTimeout: number,
  idleTimeout: number,
): number;
export function feed(driver: number, input: number, number: number): void;
export function disconnect(driver: number): void;

export function newScanner(maxEventSize: number, comments: boolean, ignoredLines: boolean): number;
export function scan(scanner: number, filled: number): number;
export function restartWindow(scanner: number): number;
export function rewind(scanner: number, beginsStream: boolean): void;
export function freeScanner(scanner: number): void;
