/** Membership in a group of tabs: a place in the queue for the lock, and the channel. One member holds the lock. */

import type { Message } from './messages.js';

/** How long a visible tab hears nothing before it asks the holder, and then how long it waits for an answer. */
const SILENCE_MILLISECONDS = 5_000;

/** Callbacks of a member. */
export interface Member {
  /** The messages of others. */
  receive(message: Exclude<Message, { kind: 'echo' }>): void;
  /** This member holds the lock, and has received everything that was sent before. */
  hold(): void;
  /** Another member took the lock, because this one was silent for too long. */
  lose(): void;
  /** Asks the holder for a sign of life. */
  ping(): void;
  /** There are no locks here: an opaque origin. */
  fallBack(): void;
}

export class Membership {
  /** Identifies a member, also among those of one page. */
  readonly id = `${Math.random()}`;
  readonly #key: string;
  readonly #member: Member;
  readonly #channel: BroadcastChannel;
  #isOver = false;
  #request: AbortController | undefined;
  #release: (() => void) | undefined;
  #onEcho: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heardAt = Date.now();

  /** Joins. Throws where there are no channels or no locks. */
  constructor(key: string, member: Member) {
    this.#key = key;
    this.#member = member;
    if (!navigator.locks) throw new Error('no locks');
    this.#channel = new BroadcastChannel(key);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      // A message that was sent before the channel was closed.
      if (this.#isOver) return;
      if (data?.kind === 'echo') {
        if (data.from === this.id) this.#onEcho?.();
      } else if (data?.kind) {
        member.receive(data);
      }
    };
    this.#requestLock();
    this.#watch(false);
  }

  post(message: Message): void {
    this.#channel.postMessage(message);
  }

  /** Call this for each message of the holder. */
  hear(): void {
    this.#heardAt = Date.now();
  }

  /** Releases the lock, or the place in its queue. */
  leave(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#release?.();
    this.#release = undefined;
    this.#onEcho?.();
    this.#channel.close();
  }

  async #requestLock(steal = false): Promise<void> {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    try {
      const options = steal ? { steal } : { signal: request.signal };
      await navigator.locks.request(this.#key, options, () => this.#hold());
    } catch (error) {
      if (this.#isOver || request.signal.aborted) return;
      this.#release = undefined;
      if ((error as Error).name === 'AbortError') {
        this.#member.lose();
        this.#requestLock();
      } else {
        this.leave();
        this.#member.fallBack();
      }
    }
  }

  /** Waits for messages that others have sent: they are here when a message of our own has made the round trip. */
  #hold(): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    const echo = new BroadcastChannel(this.#key);
    this.#onEcho = () => {
      echo.close();
      this.#onEcho = undefined;
      if (this.#release) this.#member.hold();
    };
    echo.postMessage({ kind: 'echo', from: this.id } satisfies Message);
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /**
   * Browsers release the lock of a tab that ends, but not that of one that they suspend or that hangs. Hidden tabs
   * don't watch: their timers are late, and they catch up when they are shown.
   */
  #watch(isAsked: boolean): void {
    const begin = Date.now();
    this.#timer = setTimeout(
      () => {
        const isHidden = globalThis.document?.visibilityState === 'hidden';
        if (this.#release || isHidden || this.#heardAt >= begin) return this.#watch(false);
        if (isAsked) this.#requestLock(true);
        else this.#member.ping();
        this.#watch(!isAsked);
        // Not all tabs ask at once.
      },
      SILENCE_MILLISECONDS * (1 + Math.random()),
    );
  }
}
