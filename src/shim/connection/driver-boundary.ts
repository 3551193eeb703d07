/** The Rust driver of a connection: what crosses to it, as numbers. */

import { connect, hold, writeText } from '../wasm/load.js';
import type { ConnectionPolicy } from './options.js';

/** Inputs besides the numbers of errors, as in `input` in `src/browser/fetch_driver.rs`. */
export const START = 16;
export const ACCEPTED = 17;
export const EXCERPT_READ = 18;
export const PROBED = 19;
export const RECONNECTION_TIME = 20;
export const TIMER = 21;
export const DECIDED = 22;
export const PAGE = 23;
export const NETWORK = 24;
export const CLOSE = 25;
export const ABANDON = 27;

/** Actions of the driver, as in `action` in `src/browser/bindings.rs`. */
export const DROP = 0;
export const PROBE = 1;
export const ACCEPT = 2;
export const OPEN = 3;
export const READ_EXCERPT = 4;
export const PAUSE = 5;

/** Options as bits, as in `flag` in `src/browser/mod.rs`. */
const RETRY_AFTER = 1;
const CAN_RESUME = 2;
const ASKS_TO_ACCEPT = 4;
const PAUSES_WHEN_HIDDEN = 8;
const PROBES_CORS = 16;
const OWN_FETCH = 32;

/** The address of a driver that does nothing until it is fed. The options cross here, once. */
export function newDriver(delegate: object, policy: ConnectionPolicy, asksToAccept: boolean): number {
  const { protocol = '', host = '' } = policy.url ? new URL(policy.url) : {};
  const facts = `${policy.method} ${protocol} ${host} ${policy.statuses.join('')}`;
  return connect(
    hold(delegate),
    writeText(facts),
    (policy.heedsRetryAfter ? RETRY_AFTER : 0) |
      (policy.canResume ? CAN_RESUME : 0) |
      (asksToAccept ? ASKS_TO_ACCEPT : 0) |
      (policy.pausesWhenHidden ? PAUSES_WHEN_HIDDEN : 0) |
      (policy.probesCors ? PROBES_CORS : 0) |
      (policy.fetch ? OWN_FETCH : 0),
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
