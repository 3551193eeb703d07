/** A store: a state with subscribers. */

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
    for (const listener of [...this.#listeners]) listener();
  }
}
