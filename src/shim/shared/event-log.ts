/** The last events of a shared connection, for tabs that join late, fall behind, are slow or take over. */

/** An event as it is sent between tabs. */
export type Entry = readonly [
  type: string,
  data: string,
  lastEventId: string,
  origin: string,
  isComment: boolean,
];

/** How many events are kept, … */
const MAX_EVENTS = 1_000;
/** … and how many characters of data, unless one event is larger. */
const MAX_CHARACTERS = 1 << 20;

/** Events have positions, counted from 1, which are the same in all tabs that share a connection. */
export class EventLog {
  /** The position of the last event that was received. */
  end = 0;
  /** The ID to resume after. */
  lastEventId = '';
  /** The position of the last event that was taken. */
  taken = 0;
  #takenId = '';
  #entries: Entry[] = [];
  #size = 0;
  /** Events that were taken and will arrive again, because the tab that took over hadn't received them. */
  #repeated: Entry[] = [];

  /** The position after which all events are here. */
  get start(): number {
    return this.end - this.#entries.length;
  }

  /** The last event ID when the last event was taken. */
  get takenId(): string {
    return this.taken < this.end ? this.#takenId : this.lastEventId;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.end++;
    this.#size += entry[1].length;
    this.lastEventId = entry[2];
    while (this.#entries.length > MAX_EVENTS || (this.#size > MAX_CHARACTERS && this.#entries.length > 1)) {
      this.#size -= this.#entries.shift()?.[1].length ?? 0;
    }
  }

  /** The next event; `null` where events are missing; `undefined` if there is none. */
  take(): Entry | null | undefined {
    while (this.taken < this.end) {
      const { start } = this;
      if (this.taken < start) {
        this.taken = start;
        return null;
      }
      const entry = this.#entries[this.taken++ - start] as Entry;
      this.#takenId = entry[2];
      if (!this.#wasTaken(entry)) return entry;
    }
    return undefined;
  }

  /** Begins after another position. */
  reset(position: number): void {
    this.#entries = [];
    this.#size = 0;
    this.end = this.taken = position;
  }

  /** Goes back to the position of the tab that took over. Events that arrive again aren't taken twice, by their IDs. */
  rewind(position: number): void {
    const { start, taken } = this;
    const entries = this.#entries;
    const kept = Math.max(position - start, 0);
    const again = entries.slice(kept, Math.max(taken - start, kept));
    // What an earlier hand-over made come again may still be to come.
    this.#repeated.unshift(...again.filter(([, , lastEventId]) => lastEventId !== ''));
    this.reset(Math.min(start, position));
    for (const entry of entries.slice(0, kept)) this.push(entry);
    this.taken = Math.min(taken, position);
  }

  /** The events after a position. */
  after(position: number): Entry[] {
    return this.#entries.slice(Math.max(position - this.start, 0));
  }

  /** The position of the last event that has this ID; -1 if it isn't here. */
  find(lastEventId: string): number {
    const index = this.#entries.map((entry) => entry[2]).lastIndexOf(lastEventId);
    if (index >= 0) return this.start + index + 1;
    return lastEventId === this.lastEventId ? this.end : -1;
  }

  #wasTaken(entry: Entry): boolean {
    const index = this.#repeated.findIndex((other) => other.every((part, at) => part === entry[at]));
    if (index < 0) this.#repeated = [];
    else this.#repeated.splice(index, 1);
    return index >= 0;
  }
}
