/** The protocol between tabs: the holder of the lock connects, and sends all events to the others. */

import { EventSourceErrorEvent, type EventSourceOpenEvent } from '../event-source/event-classes.js';
import { EventSource } from '../event-source/event-source.js';
import type { EventSourceInit } from '../types.js';
import { load } from '../wasm/load.js';
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
  /** Events are missing. */
  miss(): void;
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
  #opened: Opened | undefined;
  /** The line of holders. Empty until a holder has answered. */
  #line = '';
  #term = 0;
  #isAsking = false;
  /** Whether missing events have been requested and not received. */
  #isBehind = false;

  constructor(url: string, name: string, init: EventSourceInit, replay: number, host: Host) {
    this.#url = url;
    this.#key = `${keyPrefixOf(url)}${Boolean(init.withCredentials)} ${name}`;
    this.#init = init;
    this.#options = hashOptions(init);
    this.#replay = replay;
    this.#host = host;
    this.log.begin(`${init.lastEventId ?? ''}`);
  }

  join(): void {
    // Loaded before the tab has to take over, which then takes less time and doesn't need the module's file. If it fails,
    // the connection reports it.
    load().catch(() => {});
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
    const { log } = this;
    const { lastEventId } = log;
    if (this.#isBehind && !lastEventId) this.#host.miss();
    this.#isBehind = false;
    this.#line ||= `${Math.random()}`;
    this.#term = Math.max(this.#term + 1, Date.now());
    this.#setOpened(undefined);
    this.#tell({ kind: 'state', opened: undefined });

    let last: Event | undefined;
    const source = new EventSource(this.#url, {
      ...this.#init,
      ...{ lastEventId, whenHidden: undefined },
      // Called before `onEvent`, or alone for a block without data.
      store: {
        getItem: () => null,
        setItem: (_name, id) =>
          queueMicrotask(() => {
            if (source !== this.#source || id === log.lastEventId) return;
            log.lastEventId = id;
            this.#tell({ kind: 'id', lastEventId: id });
            this.#host.setId(id);
          }),
      },
      onEvent: (event) => {
        last = event;
        if (source === this.#source) this.#publish(event, false);
      },
    });
    this.#source = source;
    // Events of the server may have these types too.
    const listen = <E extends Event>(type: string, listener: (event: E) => void) =>
      source.addEventListener(type, (event) => {
        if (event !== last && source === this.#source) listener(event as unknown as E);
      });
    listen('open', (event: EventSourceOpenEvent) => {
      const opened = toOpened(event);
      this.#tell({ kind: 'state', opened });
      this.#setOpened(opened);
    });
    listen('error', (event: EventSourceErrorEvent) => {
      const failure = toFailure(event);
      this.#tell({ kind: 'error', failure });
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
  }

  ping(): void {
    this.#isAsking = false;
    this.#ask();
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

  /** Sends a message to the other tabs. */
  #tell(news: News): void {
    this.#post({ ...news, line: this.#line, term: this.#term, end: this.log.end });
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

  #ask(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#post({
      kind: 'join',
      from: this.#membership?.id ?? '',
      line: this.#line,
      end: this.log.end,
      // Not `log.lastEventId`: if the holder's line is another one, waiting events are dropped and have to be sent
      // again.
      lastEventId: this.log.takenId,
      replay: this.#line ? 0 : this.#replay,
    });
  }

  /** Answers a tab that joins or has missed events. */
  #welcome({ from, line, end, lastEventId, replay }: Message & { kind: 'join' }): void {
    const { log } = this;
    const isKnown = line === this.#line;
    const found = lastEventId ? log.find(lastEventId) : undefined;
    // The other tab may have received more, such as comments, than this one had when it took over. Its ID is decisive.
    const known = Math.min(end, log.end, found ?? end);
    const position = isKnown ? known : (found ?? log.end - replay);
    const isGap = isKnown ? position < log.start : found === undefined && line + lastEventId !== '';
    const entries = log.after(position);
    this.#tell({
      ...{ kind: 'welcome', to: from, entries, isGap, lastEventId: log.lastEventId },
      ...{ opened: this.#opened, options: this.#options },
    });
  }

  #follow(message: HolderMessage): void {
    const { log } = this;
    const { kind, line, term, end } = message;
    if (term < this.#term) return;
    this.#membership?.hear();
    if (kind === 'welcome' && message.to !== this.#membership?.id) return;
    // The position before this message.
    const base = kind === 'event' ? end - 1 : end;
    if (term > this.#term) {
      this.#term = term;
      this.#isAsking = false;
      this.lose();
      if (line === this.#line && base < log.end) log.rewind(base);
    }
    if (kind === 'welcome') {
      const { entries, isGap } = message;
      const start = end - entries.length;
      const name = findDifference(this.#options, message.options);
      if (name) {
        const text = `The option "${name}" differs between tabs; give all tabs the same`;
        this.#fail(toFailure(new EventSourceErrorEvent({ kind: 'request', message: text, attempt: 0 })));
        return;
      }
      this.#isAsking = this.#isBehind = false;
      if (line !== this.#line || isGap) log.reset(start, entries[0] ? '' : message.lastEventId);
      this.#line = line;
      this.#setOpened(message.opened);
      if (isGap) this.#host.miss();
      log.merge(start, entries);
      // Set even without entries, because this tab may be the next to connect.
      log.lastEventId = message.lastEventId;
    } else if (kind === 'error' && message.failure.delay === undefined) {
      // Also fails a tab that has just joined, because its own connection would fail in the same way.
      this.#fail(message.failure);
    } else if (line !== this.#line || base > log.end) {
      this.#isBehind = line === this.#line;
      this.#ask();
    } else if (kind === 'error') {
      this.#fail(message.failure);
    } else if (kind === 'state') {
      this.#setOpened(message.opened);
    } else if (kind === 'id') {
      log.lastEventId = message.lastEventId;
      this.#host.setId(message.lastEventId);
    } else if (end > log.end) {
      log.push(message.entry);
    }
    this.#host.receive();
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
