/** Membership in a group of tabs: a lock, which one member holds and the others wait for, and a channel. */

import { isHidden } from '../connection/page-lifecycle.js';
import type { Message } from './messages.js';

/**
 * A visible tab pings the holder after this time without a message, and takes over after the same time without an
 * answer.
 */
const SILENCE_MILLISECONDS = 5_000;

/** Callbacks of a member. */
export interface Member {
  /** Called with each message of another member. */
  receive(message: Exclude<Message, { kind: 'echo' }>): void;
  /** Called when this member holds the lock, and has received all messages that were sent before. */
  hold(): void;
  /** Called when another member took the lock, because this one was silent for too long. */
  lose(): void;
  /** Asks the holder for an answer, to check that it is alive. */
  ping(): void;
  /** Called if locks aren't available, as in an opaque origin. */
  fallBack(): void;
}

export class Membership {
  readonly #key: string;
  readonly #member: Member;
  readonly #channel: BroadcastChannel;
  #request: AbortController | undefined;
  #release: (() => void) | undefined;
  #echoId = '';
  #onEcho: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the holder has sent a message since the timer was set. */
  #hasHeard = false;

  /** Joins the group. Throws if the platform has no channels or no locks. */
  constructor(key: string, member: Member) {
    this.#key = key;
    this.#member = member;
    if (!navigator.locks) throw new Error('no locks');
    this.#channel = new BroadcastChannel(key);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data?.kind === 'echo') {
        if (data.from === this.#echoId) this.#onEcho?.();
      } else if (data?.kind) {
        member.receive(data);
      }
    };
    this.requestLock();
    this.#watch(false);
  }

  post(message: Message): void {
    this.#channel.postMessage(message);
  }

  /** Call this for each message of the holder. */
  hear(): void {
    this.#hasHeard = true;
  }

  /** Releases the lock, or stops waiting for it. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#release?.();
    this.#release = undefined;
    this.#onEcho?.();
    // Messages that were sent before may still arrive.
    this.#channel.onmessage = null;
    this.#channel.close();
  }

  /** Releases the lock, if this member holds it, and waits for it again, or takes it from its holder. */
  async requestLock(steal = false): Promise<void> {
    this.#release?.();
    this.#release = undefined;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    try {
      const options = steal ? { steal } : { signal: request.signal };
      await navigator.locks.request(this.#key, options, () => this.#hold(request.signal));
    } catch (error) {
      if (request.signal.aborted) return;
      this.#release = undefined;
      if ((error as Error).name === 'AbortError') {
        this.#member.lose();
        this.requestLock();
      } else {
        this.leave();
        this.#member.fallBack();
      }
    }
  }

  /** Waits for all messages that others have sent: they have arrived when a message of this member has come back. */
  #hold({ aborted }: AbortSignal): Promise<void> | undefined {
    // A request that takes the lock can't be aborted.
    if (aborted) return undefined;
    // Closes the channel of a lock that was lost before its message came back.
    this.#onEcho?.();
    const echo = new BroadcastChannel(this.#key);
    this.#onEcho = () => {
      echo.close();
      this.#onEcho = undefined;
      if (this.#release) this.#member.hold();
    };
    this.#echoId = `${Math.random()}`;
    echo.postMessage({ kind: 'echo', from: this.#echoId } satisfies Message);
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /**
   * Takes the lock from a silent holder. Browsers release the lock of a closed tab, but not of a tab that is suspended
   * or hangs. Hidden tabs don't watch, because their timers are late; they catch up when they are visible.
   */
  #watch(isAsked: boolean): void {
    this.#hasHeard = false;
    this.#timer = setTimeout(
      () => {
        if (this.#release || isHidden() || this.#hasHeard) return this.#watch(false);
        if (isAsked) this.requestLock(true);
        else this.#member.ping();
        this.#watch(!isAsked);
        // A random delay, so that not all tabs ask at once.
      },
      SILENCE_MILLISECONDS * (1 + Math.random()),
    );
  }
}
