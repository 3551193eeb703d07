/** The messages between tabs. They contain no request headers and no cookies. */

import { EventSourceErrorEvent, EventSourceOpenEvent, errorNames } from '../event-source/event-classes.js';
import type { Entry } from './event-log.js';

/**
 * Contains the version of the messages. Increase it with each change: tabs with different versions don't share a
 * connection.
 */
const PREFIX = 'eventsource-wasm/shared 5 ';

/** The prefix of all keys of a URL. It contains the URL, not a hash, which could collide. A URL has no spaces. */
export const keyPrefixOf = (url: string): string => `${PREFIX}${url.replace(/#.*/, '')} `;

/** Facts about an accepted response. */
export interface Opened {
  status: number;
  url: string;
  headers: [string, string][];
}

const eventNames = [...errorNames, ...(['message', 'willReconnect', 'delay'] as const)];

/** An `error` event without its `cause`, and with `headers` that can be sent. */
export type Failure = Omit<Pick<EventSourceErrorEvent, (typeof eventNames)[number]>, 'headers'> & {
  headers: [string, string][] | undefined;
};

/** The contents of the holder's messages. */
export type News =
  | { kind: 'event'; entry: Entry }
  /** Also sent if a block without data has set the last event ID. */
  | { kind: 'state'; opened: Opened | undefined }
  | { kind: 'error'; failure: Failure }
  /** The answer to a `join`: the events of the log, and the last event ID before them. */
  | {
      kind: 'welcome';
      to: string;
      entries: Entry[];
      startId: string;
      /** Where the tab continues. It stores the earlier events for other tabs. */
      position: number;
      isGap: boolean;
      opened: Opened | undefined;
      options: Record<string, number>;
    };

export type HolderMessage = News & {
  /** The ID of a line of holders, each of which continued after the one before. Only their positions are comparable. */
  line: number;
  /** Increases with each holder. Messages of earlier holders are ignored. */
  term: number;
  /** The position of the last event, … */
  end: number;
  /** … and the ID to resume after. */
  lastEventId: string;
};

export type Message =
  | HolderMessage
  /** Asks the holder for missing events, or checks that it is alive. */
  | {
      kind: 'join';
      from: string;
      line: number;
      term: number;
      end: number;
      lastEventId: string;
      replay: number;
    }
  /** Returns to its sender after all messages that were sent before it. */
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
  const members = Object.fromEntries(eventNames.map((name) => [name, event[name]]));
  return { ...members, headers: event.headers && [...event.headers] } as Failure;
}

export function toErrorEvent({ headers: pairs, ...members }: Failure, cause: unknown): EventSourceErrorEvent {
  const headers = pairs && new Headers(pairs);
  // The constructor adds details to `message`, which the received one already has.
  return Object.assign(new EventSourceErrorEvent(members), members, { headers, cause });
}
