/** A connection of the Rust driver, for the faces that aren't objects of their own. */

import { asking } from './answer.js';
import { type FailureArguments, internalFailure, stoppedFailure } from './events.js';
import type { Settings } from './options.js';
import { observePage } from './page.js';
import type { RequestSpec } from './request.js';
import { report } from './tasks.js';
import { type Core, load, startFailure } from './wasm/load.js';

/** What the driver sends (`Request` in `src/browser/sys.rs`). */
export interface RequestToSend extends Omit<RequestSpec, 'url' | 'headers'> {
  headers: HeadersInit;
  url: string | globalThis.Request;
  /** The ID to resume after, if it isn't that of the last event that has been parsed. */
  lastEventId?: string | undefined;
}

/** What the driver tells and asks (`Face` in `src/browser/sys.rs`). */
export interface Face {
  prepare(attempt: number, resumes: boolean): RequestToSend | Promise<RequestToSend>;
  accept?(response: Response): unknown;
  opened(response: Response): void;
  decode(text: Uint8Array, isCorrected: boolean): string | undefined;
  received(text: string, records: Uint32Array): Promise<void> | undefined;
  drained?(): Promise<void> | undefined;
  decide?(...details: FailureArguments): unknown;
  failed(...details: FailureArguments): void;
  completed(): void;
}

/** Connects, and gives the function that closes. When the face is told that the connection has ended, it has. */
export function connect(settings: Settings, face: Face): () => void {
  let connection: InstanceType<Core['Connection']> | undefined;
  let stopObserving: (() => void) | undefined;
  let isEnded = false;
  let latest = 0;
  const end = () => {
    isEnded = true;
    stopObserving?.();
    try {
      connection?.free();
    } catch (error) {
      // Who is to hear of the end hears of it all the same.
      report(error);
    }
    connection = undefined;
  };
  const told = {
    drained: () => undefined,
    paused: () => {},
    guarded: (enter: () => void) => enter(),
    crashed: (attempt: number, cause: unknown) => told.failed(...internalFailure(attempt, cause)),
    ...face,
    prepare: (attempt: number, resumes: boolean) => {
      latest = attempt;
      return face.prepare(attempt, resumes);
    },
    ...asking((...details: FailureArguments) => face.decide?.(...details)),
    failed: (...details: FailureArguments) => {
      if (details[6] === undefined) end();
      face.failed(...details);
    },
    completed: () => {
      end();
      face.completed();
    },
  };
  const start = async () => {
    try {
      const core = await load();
      if (isEnded) return;
      connection = new core.Connection(told, settings);
      stopObserving = observePage(connection, () => {
        connection?.close();
        told.failed(...stoppedFailure(latest));
      });
      connection.start();
    } catch (cause) {
      told.failed(...startFailure(cause));
    }
  };
  start();
  return () => {
    connection?.close();
    end();
  };
}
