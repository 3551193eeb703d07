/** The messages that tabs send each other. No request header and no cookie is in them. */

import { EventSourceErrorEvent, EventSourceOpenEvent } from '../events.js';
import type { Entry } from './event-log.js';

/** Tabs whose messages differ have different keys, and so a connection of their own. Raise it with each change. */
const PROTOCOL = 1;

const PREFIX = `eventsource-wasm/shared ${PROTOCOL} `;

/** The name of the lock and the channel. All of it is in the name: hashes could collide. */
export function keyOf(url: string, withCredentials: boolean, name: string): string {
  return PREFIX + JSON.stringify([withoutFragment(url), withCredentials, name]);
}

/** Whether a key is one of this URL's. */
export function isKeyOf(key: string, url: string): boolean {
  return key.startsWith(`${PREFIX}[${JSON.stringify(withoutFragment(url))},`);
}

export const withoutFragment = (url: string): string => url.replace(/#.*/, '');

/** What is told of a response that was accepted. */
export interface Opened {
  status: number;
  url: string;
  headers: [string, string][];
}

/** An `error` event, without what can't be sent: its `cause`. */
export type Failure = Pick<
  EventSourceErrorEvent,
  'kind' | 'message' | 'attempt' | 'status' | 'statusText' | 'url' | 'body' | 'delay'
> & { headers: [string, string][] | undefined };

/** What each message of the holder begins with. */
interface FromHolder {
  /** Positions can be compared within one line of holders, each of which went on where the last one was. */
  line: string;
  /** Grows with each holder. Messages of an earlier one are ignored. */
  term: number;
  /** The position of the last event. */
  end: number;
}

export type HolderMessage =
  | (FromHolder & { kind: 'event'; entry: Entry })
  | (FromHolder & { kind: 'state'; opened: Opened | undefined })
  | (FromHolder & { kind: 'error'; failure: Failure })
  /** The answer to a `join`: the last events before `end`. */
  | (FromHolder & {
      kind: 'welcome';
      to: string;
      entries: Entry[];
      isGap: boolean;
      opened: Opened | undefined;
      options: Record<string, number>;
    });

export type Message =
  | HolderMessage
  /** Asks the holder for what is missing, or whether it is there. */
  | {
      kind: 'join';
      from: string;
      line: string;
      end: number;
      lastEventId: string;
      replay: number;
    }
  /** Comes back to its sender when everything sent before it has. */
  | { kind: 'echo'; from: string }
  | { kind: 'close' };

export const toOpened = ({ status, url, headers }: EventSourceOpenEvent): Opened => ({
  status,
  url,
  headers: [...headers],
});

export const toOpenEvent = (opened: Opened): EventSourceOpenEvent =>
  new EventSourceOpenEvent({ ...opened, headers: new Headers(opened.headers) } as Response);

export function toFailure(event: EventSourceErrorEvent): Failure {
  const { kind, message, attempt, status, statusText, url, body, delay, headers } = event;
  return {
    ...{ kind, message, attempt, status, statusText, url, body, delay },
    headers: headers && [...headers],
  };
}

export function toErrorEvent(failure: Failure, cause: unknown): EventSourceErrorEvent {
  const { status, statusText, url, message, headers } = failure;
  // The message is complete: what the constructor would add to it is in it already.
  return Object.assign(new EventSourceErrorEvent(failure), {
    ...{ status, statusText, url, message, cause },
    headers: headers && new Headers(headers),
  });
}
