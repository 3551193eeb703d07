/** The protocol between tabs: the holder of the lock connects, and sends all events to the others. */

import type { EventSourceErrorEvent, EventSourceOpenEvent } from '../event-source/event-classes.js';
import { EventSource } from '../event-source/event-source.js';
import { CLOSED } from '../event-source/ready-state.js';
import type { EventSourceInit } from '../types.js';
import { type Entry, EventLog } from './event-log.js';
import { type Member, Membership } from './membership.js';
import {
  type Failure,
  type HolderMessage,
  keyPrefixOf,
  type Message,
  type News,
  type Opened,
  toFailure,
  toOpened,
} from './messages.js';
import { findDifference, hashOptions } from './option-hashes.js';

/** Callbacks of a participant. */
export interface Host {
  /** The log has new events. */
  receive(): void;
  /** The last event ID has changed without an event. */
  setId(lastEventId: string): void;
  setOpened(opened: Opened | undefined): void;
  /** An error without a delay must end the participant. */
  fail(failure: Failure, cause?: unknown): void;
  /** The stream is complete, or `closeAll` was called. Must end the participant. */
  complete(): void;
}

export class Participant implements Member {
  readonly log = new EventLog();
  /** Whether other tabs can share the connection. */
  isShared = true;
  readonly #url: string;
  readonly #key: string;
  readonly #init: EventSourceInit;
  readonly #options: Record<string, number>;
  readonly #replay: number;
  readonly #host: Host;
  /** `undefined` if sharing isn't possible, and while the page is frozen. */
  #membership: Membership | undefined;
  /** The connection, in the tab of the holder. */
  #source: EventSource | undefined;
  /** The same connection, also while it waits for this tab to take over. */
  #next!: EventSource;
  /** Starts it. */
  #resume!: (lastEventId: string) => void;
  #opened: Opened | undefined;
  /** The line of holders. 0 until a holder has answered. */
  #line = 0;
  #term = 0;
  /** The last term in which this tab was in sync. */
  #syncTerm = 0;
  /** The position at which this tab took over. */
  #begin = 0;
  /** The ID of the request for missing events that wasn't answered yet. An answer to an earlier one may be wrong. */
  #asked = '';
  /** Whether this tab has the holder's positions and all its events. */
  #isInSync = false;

  constructor(url: string, name: string, init: EventSourceInit, replay: number, host: Host) {
    this.#url = url;
    this.#key = `${keyPrefixOf(url)}${init.withCredentials} ${name}`;
    this.#init = init;
    this.#options = hashOptions(init);
    this.#replay = replay;
    this.#host = host;
    this.log.restart(0, `${init.lastEventId ?? ''}`);
  }

  join(): void {
    // Created before the tab has to take over, which then takes less time and doesn't need the module's file.
    this.#prepare();
    this.#isInSync = false;
    try {
      this.#membership = new Membership(this.#key, this);
    } catch {
      this.fallBack();
    }
    this.ping();
  }

  leave(): void {
    this.lose();
    this.#setOpened(undefined);
    this.#membership?.leave();
    this.#membership = undefined;
  }

  /** Connects from this tab, after the last event that it has received. */
  hold(): void {
    this.lose();
    const { log } = this;
    const { lastEventId } = log;
    if (this.#line && !this.#isInSync && !lastEventId) log.restart(log.end, '', false, true);
    this.#term = Math.max(this.#term + 1, Date.now()) + Math.random();
    // Without an ID, a tab that isn't in sync doesn't know which events it has missed.
    if (!this.#line || !(lastEventId || this.#isInSync)) this.#line = this.#term;
    this.#sync();
    this.#begin = log.end;
    this.#setOpened(undefined);
    this.#tell();

    // An earlier one was closed when this tab lost the lock.
    if (this.#next.readyState === CLOSED) this.#prepare();
    this.#source = this.#next;
    this.#resume(lastEventId);
  }

  /** Creates the connection of this tab, which waits for the ID to resume after. */
  #prepare(): void {
    const id = new Promise<string>((resolve) => {
      this.#resume = resolve;
    });
    let last: Event | undefined;
    const source = new EventSource(this.#url, {
      ...this.#init,
      trace: (entry) => {
        this.#init.trace?.(entry);
        // The event may not have been published, so the server sends it again.
        if (entry.type === 'interruption') this.hold();
      },
      whenHidden: undefined,
      // Called after `onEvent`, or alone for a block without data.
      store: {
        getItem: () => id,
        setItem: (_name, id) =>
          queueMicrotask(() => {
            const { log } = this;
            if (source !== this.#source || id === log.lastEventId) return;
            log.lastEventId = id;
            this.#tell();
            this.#host.setId(id);
          }),
      },
      onEvent: (event) => {
        last = event;
        this.#publish(event, false);
      },
    });
    this.#next = source;
    // Events of the server may have these types too.
    const listen = <E extends Event>(type: string, listener: (event: E) => void) =>
      source.addEventListener(type, (event) => {
        if (event !== last) listener(event as unknown as E);
      });
    listen('open', (event: EventSourceOpenEvent) => {
      this.#setOpened(toOpened(event));
      this.#tell();
    });
    listen('error', (event: EventSourceErrorEvent) => {
      const failure = toFailure(event);
      if (this.#source) this.#tell({ kind: 'error', failure });
      this.#fail(failure, event.cause);
    });
    listen('close', () => {
      this.#post({ kind: 'close' });
      this.#host.complete();
    });
    listen('comment', (event: MessageEvent<string>) => this.#publish(event, true));
  }

  lose(): void {
    // Messages of the next holder may have arrived before this call.
    if (!this.#source) return;
    this.#source.close();
    this.#source = undefined;
    this.#setOpened(undefined);
    if (!this.log.end && !this.log.lastEventId) this.#line = 0;
  }

  ping(): void {
    this.#asked = `${Math.random()}`;
    // Waiting events are replaced by the answer.
    const { taken: end, takenId: lastEventId } = this.log;
    this.#post({
      kind: 'join',
      from: this.#asked,
      line: this.#line,
      term: this.#syncTerm,
      end,
      lastEventId,
      replay: this.#line ? 0 : this.#replay,
    });
  }

  fallBack(): void {
    this.#membership = undefined;
    this.isShared = false;
    this.hold();
  }

  receive(message: Message): void {
    if (message.kind === 'close') this.#host.complete();
    else if (message.kind !== 'join') this.#follow(message as HolderMessage);
    else if (this.#source) this.#welcome(message);
  }

  /** Sends a message to the other tabs. Default: the state. */
  #tell(news: News = { kind: 'state', opened: this.#opened }): void {
    const { end, lastEventId } = this.log;
    this.#post({ ...news, line: this.#line, term: this.#term, end, lastEventId });
  }

  #post(message: Message): void {
    this.#membership?.post(message);
  }

  #publish({ type, data, lastEventId, origin }: MessageEvent<string>, isComment: boolean): void {
    const entry: Entry = [type, data, lastEventId, origin, isComment];
    this.log.push(entry);
    this.#tell({ kind: 'event', entry });
    this.#host.receive();
  }

  /** Answers a tab that joins or has missed events. */
  #welcome({ from, line, term, end, lastEventId, replay }: Message & { kind: 'join' }): void {
    const { log } = this;
    const found = lastEventId ? log.find(lastEventId) : undefined;
    const isKnown = line === this.#line;
    // The other tab may have received more than this one, and more or fewer comments.
    let position = isKnown ? Math.min(end, found ?? log.end) : (found ?? log.end - replay);
    // Without IDs, only events after the takeover are certain to be new.
    if (isKnown && !lastEventId && term !== this.#term) position = this.#begin;
    position = Math.max(position, log.start);
    const isGap = found === undefined && (isKnown ? end < position : `${line}${lastEventId}` !== '0');
    this.#tell({
      kind: 'welcome',
      to: from,
      position,
      isGap,
      ...log.contents,
      opened: this.#opened,
      options: this.#options,
    });
  }

  #follow(message: HolderMessage): void {
    const { log } = this;
    const { kind, line, term, end, lastEventId } = message;
    if (term < this.#term) return;
    this.#membership?.hear();
    if (kind === 'welcome' && message.to !== this.#asked) return;
    if (term > this.#term) {
      this.#term = term;
      this.#asked = '';
      this.#isInSync = false;
      if (this.#source) {
        this.lose();
        this.#membership?.requestLock();
      }
    }
    // The new holder has no events, and doesn't know the ID to resume after. In sync, the server has reset the ID.
    if (!this.#isInSync && end + lastEventId === '0' && log.lastEventId) this.#membership?.requestLock(true);
    const hasLine = line === this.#line;
    if (kind === 'welcome') {
      const { entries, isGap, position, startId } = message;
      const name = findDifference(this.#options, message.options);
      if (name) {
        const text = `The option "${name}" must be the same in each tab`;
        this.#fail({ kind: 'request', message: text, attempt: 0 } as Failure);
        return;
      }
      const start = end - entries.length;
      const { taken } = log;
      log.restart(position, entries[position - start - 1]?.[2] ?? startId, hasLine, isGap, start, startId);
      if (term === this.#syncTerm) log.taken = Math.max(taken, position);
      this.#asked = '';
      this.#line = line;
      this.#sync();
      this.#setOpened(message.opened);
      for (const entry of entries) log.push(entry);
    } else {
      if (kind === 'event') this.#isInSync &&= end === log.end + 1;
      else if (hasLine && end === log.end && lastEventId === log.lastEventId) this.#sync();
      if (kind === 'error' && (this.#isInSync || message.failure.delay === undefined)) {
        // The end also fails a tab that has just joined, because its own connection would fail in the same way.
        this.#fail(message.failure);
      } else if (!this.#isInSync) {
        if (!this.#asked) this.ping();
      } else if (kind === 'event') {
        log.push(message.entry);
      } else {
        this.#setOpened((message as { opened?: Opened }).opened);
        if (lastEventId !== log.lastEventId) this.#host.setId(lastEventId);
      }
    }
    // Set without an event too, because this tab may be the next to connect.
    if (this.#isInSync) log.lastEventId = lastEventId;
    this.#host.receive();
  }

  #sync(): void {
    this.#isInSync = true;
    this.#syncTerm = this.#term;
  }

  #setOpened(opened: Opened | undefined): void {
    const isChange = !opened !== !this.#opened;
    this.#opened = opened;
    if (isChange) this.#host.setOpened(opened);
  }

  #fail(failure: Failure, cause?: unknown): void {
    this.#opened = undefined;
    this.#host.fail(failure, cause);
  }
}
