/** The last events of a shared connection, for tabs that join late, miss messages, are slow or take over. */

/** An event as it is sent between tabs. */
export type Entry = readonly [
  type: string,
  data: string,
  lastEventId: string,
  origin: string,
  isComment: boolean,
];

const isEqual = (a: Entry, b: Entry | undefined) => a.every((part, at) => part === b?.[at]);

/** The maximum number of events in the log, … */
const MAX_EVENTS = 1_000;
/** … and of characters of data, unless one event is larger. */
const MAX_CHARACTERS = 1 << 20;

/** The log. Events have positions, counted from 1, which are the same in all tabs that share a connection. */
export class EventLog {
  /** The position of the last event that was received. */
  end = 0;
  /** The ID of the event after which the stream resumes. */
  lastEventId = '';
  /** The position of the last event that was taken, to be fired in this tab. */
  taken = 0;
  #takenId = '';
  #entries: Entry[] = [];
  /** The last event ID before the first entry. Empty if it isn't known. */
  #startId = '';
  #size = 0;
  /** Events that were taken and will arrive again, because the tab that took over hadn't received them. */
  #repeated: Entry[] = [];

  /** The position after which the log is complete. */
  get start(): number {
    return this.end - this.#entries.length;
  }

  /** The last event ID when the last event was taken. */
  get takenId(): string {
    return this.taken < this.end ? this.#takenId : this.lastEventId;
  }

  /** Sets the ID of the event after which the stream begins. */
  begin(lastEventId: string): void {
    this.lastEventId = this.#startId = lastEventId;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.end++;
    this.#size += entry[1].length;
    this.lastEventId = entry[2];
    while (this.#entries.length > MAX_EVENTS || (this.#size > MAX_CHARACTERS && this.#entries.length > 1)) {
      const [, data, lastEventId] = this.#entries.shift() as Entry;
      this.#size -= data.length;
      this.#startId = lastEventId;
    }
  }

  /** Takes the next event. Returns `null` if events are missing before it, `undefined` if there is none. */
  take(): Entry | null | undefined {
    while (this.taken < this.end) {
      const { start } = this;
      if (this.taken < start) {
        this.taken = start;
        return null;
      }
      const index = this.taken++ - start;
      const entry = this.#entries[index] as Entry;
      const idBefore = this.#entries[index - 1]?.[2] ?? this.#startId;
      this.#takenId = entry[2];
      const repeated = this.#repeated.findIndex((other) => isEqual(other, entry));
      if (repeated < 0) {
        // More can follow an event without an ID of its own, such as a comment.
        if (entry[2] !== idBefore) this.#repeated = [];
        return entry;
      }
      this.#repeated.splice(repeated, 1);
    }
    return undefined;
  }

  /** Clears the log and continues after another position, whose last event ID may not be known. */
  reset(position: number, startId = ''): void {
    this.#entries = [];
    this.#size = 0;
    this.#startId = startId;
    this.end = this.taken = position;
  }

  /** Goes back to the position of the tab that took over. Events with IDs that arrive again aren't taken twice. */
  rewind(position: number): void {
    const { start, taken } = this;
    const entries = this.#entries;
    const kept = Math.max(position - start, 0);
    const again = entries.slice(kept, Math.max(taken - start, kept));
    // Events from an earlier takeover may not have arrived again yet, so they stay in the list.
    this.#repeated.unshift(...again.filter(([, , lastEventId]) => lastEventId !== ''));
    this.reset(Math.min(start, position), position < start ? '' : this.#startId);
    // If this tab is the next to connect, the others need the events from there on.
    this.lastEventId = this.#startId || this.lastEventId;
    for (const entry of entries.slice(0, kept)) this.push(entry);
    this.taken = Math.min(taken, position);
  }

  /** Adds the holder's events after a position. Those that were received already are the same, or are replaced. */
  merge(position: number, entries: readonly Entry[]): void {
    const received = position < this.start ? [] : this.after(position);
    const differs = received.findIndex((entry, at) => !isEqual(entry, entries[at]));
    const known = differs < 0 ? received.length : differs;
    if (position + known < this.end) this.rewind(position + known);
    for (const entry of entries.slice(known)) this.push(entry);
  }

  /** Returns the events after a position. */
  after(position: number): Entry[] {
    return this.#entries.slice(Math.max(position - this.start, 0));
  }

  /** Returns the position of the last event with this ID, if the log has all later ones. */
  find(lastEventId: string): number | undefined {
    const index = this.#entries.map((entry) => entry[2]).lastIndexOf(lastEventId);
    if (index >= 0) return this.start + index + 1;
    if (lastEventId === this.lastEventId) return this.end;
    return lastEventId === this.#startId ? this.start : undefined;
  }
}
