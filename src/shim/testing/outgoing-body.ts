/** The body of a scripted response: a queue that the client reads as a stream. It uses timers only for chaos delays. */

import type { ConnectionChaos } from './chaos.js';

/**
 * An item of the queue. Tagged objects, because in Jest bytes may be of another realm, for which `instanceof` fails.
 */
type Item = { bytes: Uint8Array } | { end: true } | { error: unknown } | { stall: true };

/** A response body that the test writes and the client reads. */
export class OutgoingBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #chaos: ConnectionChaos;
  readonly #onOver: (by: 'client' | 'server') => void;
  readonly #queue: Item[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #wake: (() => void) | undefined;
  #delivered = 0;
  #isStalled = false;
  #isOver = false;

  /** `onOver` is called once, when the client has read the end or the error, or has cancelled the body. */
  constructor(chaos: ConnectionChaos, onOver: (by: 'client' | 'server') => void) {
    this.#chaos = chaos;
    this.#onOver = onOver;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#finish('client'),
      },
      // Deliver on demand: an error clears the stream's own queue, so bytes before it would be lost.
      { highWaterMark: 0 },
    );
  }

  push(item: Item): void {
    if (this.#isOver || ('bytes' in item && item.bytes.length === 0)) return;
    this.#queue.push(item);
    this.#wake?.();
  }

  /** Ends all stalls so far. */
  resume(): void {
    const rest = this.#queue.splice(0).filter((item) => !('stall' in item));
    this.#queue.push(...rest);
    this.#isStalled = false;
    this.#wake?.();
  }

  /** Call it when the client has aborted the request. */
  abort(reason: unknown): void {
    if (this.#isOver) return;
    this.#controller?.error(reason);
    this.#finish('client');
  }

  #finish(by: 'client' | 'server'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#queue.length = 0;
    this.#wake?.();
    this.#onOver(by);
  }

  async #pull(): Promise<void> {
    const delay = this.#chaos.nextDelay();
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    while (!this.#isOver && (this.#isStalled || this.#queue.length === 0)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const item = this.#queue.shift();
    if (!item || this.#isOver) return;
    if ('bytes' in item) {
      this.#deliver(item.bytes);
    } else if ('stall' in item) {
      this.#isStalled = true;
      await this.#pull();
    } else if ('error' in item) {
      this.#break(item.error);
    } else {
      this.#controller?.close();
      this.#finish('server');
    }
  }

  #deliver(bytes: Uint8Array): void {
    const rest = this.#chaos.cutAfter - this.#delivered;
    if (rest <= 0) {
      this.#break(new TypeError('The connection was cut (chaos)'));
      return;
    }
    const piece = bytes.subarray(0, Math.min(rest, this.#chaos.nextLength()));
    if (piece.length < bytes.length) this.#queue.unshift({ bytes: bytes.subarray(piece.length) });
    this.#delivered += piece.length;
    // A copy, because the client may transfer the buffer.
    this.#controller?.enqueue(piece.slice());
  }

  #break(error: unknown): void {
    this.#controller?.error(error);
    this.#finish('server');
  }
}
