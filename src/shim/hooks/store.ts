/** A store: a state with subscribers. */

import { callSafely } from '../event-source/scheduler.js';

export class Store<State> {
  /** Replaced by each change, never mutated. */
  state: State;
  /** The arguments that the state is about. React renders with new ones before its effects run. */
  target: string | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(state: State) {
    this.state = state;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  readonly getState = (): State => this.state;

  protected setState(state: State): void {
    this.state = state;
    // The exception of one doesn't keep the others from being called.
    for (const listener of [...this.#listeners]) callSafely(listener, undefined);
  }
}
