/** The last events of a shared connection, for tabs that join late, miss messages, are slow or take over. */

/** An event as it is sent between tabs. */
export type Entry = readonly [
  type: string,
  data: string,
  lastEventId: string,
  origin: string,
  isComment: boolean,
];

/** The maximum number of events in the log, … */
const MAX_EVENTS = 1_000;
/** … and of characters of data, unless one event is larger. */
const MAX_CHARACTERS = 1 << 20;

/** The log. Events have positions, counted from 1, which are the same in all tabs that are in sync. */
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
  /** Whether events are missing before the next one. */
  #isGap = false;

  /** The position after which the log is complete. */
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
      const [, data, lastEventId] = this.#entries.shift() as Entry;
      this.#size -= data.length;
      this.#startId = lastEventId;
    }
  }

  /** Takes the next event. Returns `null` if events are missing before it, `undefined` if there is none. */
  take(): Entry | null | undefined {
    while (true) {
      const { start } = this;
      if (this.taken < start) {
        this.taken = start;
        this.#isGap = true;
      }
      if (this.#isGap) {
        this.#isGap = false;
        return null;
      }
      const { taken } = this;
      if (taken >= this.end) return undefined;
      const entry = this.#entries[taken - start] as Entry;
      const [, , id] = entry;
      const hasOwnId = id !== this.#idAt(taken);
      this.taken++;
      this.#takenId = id;
      const repeated = this.#repeated.findIndex((other) => other.every((part, at) => part === entry[at]));
      if (repeated < 0) {
        // More can follow an event without an ID of its own, such as a comment.
        if (hasOwnId) this.#repeated = [];
        return entry;
      }
      this.#repeated.splice(repeated, 1);
    }
  }

  /**
   * Clears the log, and continues after a position of the holder. Events with IDs that were taken and arrive again aren't
   * taken twice. They arrive again if the tab that took over hadn't received them.
   *
   * @param lastEventId the last event ID at `position`
   * @param isContinued whether the holder continues this log
   * @param isGap whether events are missing before `position`
   * @param start where the log begins, if earlier events are pushed next, to be stored for other tabs
   * @param startId the last event ID at `start`
   */
  restart(
    position: number,
    lastEventId: string,
    isContinued = false,
    isGap = false,
    start = position,
    startId = lastEventId,
  ): void {
    const { taken } = this;
    // If the log doesn't have the ID, events from before the log may arrive again.
    this.#isGap ||= isGap || (isContinued && lastEventId !== '' && this.find(lastEventId) === undefined);
    // Events from an earlier takeover may not have arrived again yet, so they stay in the list.
    const again = this.#entries.slice(0, Math.max(taken - this.start, 0));
    this.#repeated.unshift(...again.filter((entry) => entry[2]));
    this.#entries = [];
    this.#size = 0;
    this.#startId = startId;
    this.lastEventId = this.#takenId = lastEventId;
    this.end = start;
    this.taken = position;
  }

  /** The events of the log, and the last event ID before them. */
  get contents(): { entries: Entry[]; startId: string } {
    return { entries: this.#entries, startId: this.#startId };
  }

  #idAt(position: number): string {
    return this.#entries[position - this.start - 1]?.[2] ?? this.#startId;
  }

  /** Returns the position of the last event with this ID, if the log has all later ones. */
  find(lastEventId: string): number | undefined {
    const index = this.#entries.map((entry) => entry[2]).lastIndexOf(lastEventId);
    if (index >= 0) return this.start + index + 1;
    if (lastEventId === this.lastEventId) return this.end;
    return lastEventId === this.#startId ? this.start : undefined;
  }
}
