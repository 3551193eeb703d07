/** The boundary to the Rust driver of a connection: its inputs, actions and options, as numbers. */

import { addHeapObject, connect, writeText } from '../wasm/load.js';
import type { ConnectionPolicy } from './options.js';

// Enums, because bundlers inline their numbers.

/** Inputs besides the numbers of errors, as in `input` in `src/browser/fetch_driver.rs`. */
export enum Input {
  Start = 16,
  Accepted = 17,
  ExcerptRead = 18,
  Probed = 19,
  ReconnectionTime = 20,
  Timer = 21,
  Decided = 22,
  Page = 23,
  Network = 24,
  Close = 25,
  Abandon = 27,
  Send = 28,
}

/** Actions of the driver, as in `action` in `src/browser/bindings.rs`. */
export enum Action {
  Drop = 0,
  Probe = 1,
  Accept = 2,
  Open = 3,
  ReadExcerpt = 4,
  Pause = 5,
}

/** Options as bits, as in `flag` in `src/browser/mod.rs`. */
enum Flag {
  RetryAfter = 1,
  CanResume = 2,
  AsksToAccept = 4,
  PausesWhenHidden = 8,
  ProbesCors = 16,
  OwnFetch = 32,
}

/** Creates a driver, which waits for its first input, and returns its address. The options are passed here only. */
export function newDriver(delegate: object, policy: ConnectionPolicy, asksToAccept: boolean): number {
  const { protocol = '', host = '' } = policy.url ? new URL(policy.url) : {};
  const facts = `${policy.method} ${protocol} ${host} ${policy.statuses.join('')}`;
  return connect(
    addHeapObject(delegate),
    writeText(facts),
    (policy.heedsRetryAfter ? Flag.RetryAfter : 0) |
      (policy.canResume ? Flag.CanResume : 0) |
      (asksToAccept ? Flag.AsksToAccept : 0) |
      (policy.pausesWhenHidden ? Flag.PausesWhenHidden : 0) |
      (policy.probesCors ? Flag.ProbesCors : 0) |
      (policy.fetch ? Flag.OwnFetch : 0),
    policy.rules,
    policy.initialDelay,
    policy.factor,
    policy.jitter,
    policy.maxDelay,
    policy.maxAttempts,
    policy.maxTime,
    policy.resetAfter,
    policy.connectTimeout,
    policy.idleTimeout,
  );
}
