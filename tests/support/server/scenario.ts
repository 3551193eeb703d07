/** The client and the types of the scenario server. */

/**
 * A part of a body: text; bytes, one per character; a wait; `heard` once the client confirms that it has received the
 * previous steps, or `unheard` if it doesn't; or an abnormal end.
 */
export type Step =
  | string
  | { bytes: string }
  | { wait: number }
  | { heard: string; unheard: string }
  | { end: 'reset' | 'hang' };

/** The answer to a request. The default is an event stream that ends at once. */
export interface Answer {
  /** Default: 200. `reset` resets the connection without an answer. */
  status?: number | 'reset';
  /** Default: `text/event-stream`; `null` for none. */
  contentType?: string | null;
  headers?: Record<string, string>;
  /** Default: any origin, without credentials. */
  cors?: 'any' | 'none' | 'credentials';
  /** Default: none. The body ends after the last step. */
  steps?: Step[];
}

/** A received request. Header values are byte strings. */
export interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  /** The time of arrival, in milliseconds. */
  at: number;
  isPreflight: boolean;
  /** The connection is still open. */
  isOpen: boolean;
  /** The connection closed before the answer was complete. */
  wasAborted: boolean;
}

/** The response to `GET /scenarios/<id>`. */
export interface State {
  /** The number of changes so far. */
  version: number;
  seen: Seen[];
}

/** The scenario server's addresses, injected by the bundler. */
declare const __SERVER__: {
  /** The origin of the streams and of the conformance pages. */
  origin: string;
  /** Another origin with the same streams. */
  otherOrigin: string;
  /** The origin of a port without a server. */
  nobody: string;
  /** The origin for creating scenarios. It is separate because browsers open at most six connections per origin. */
  control: string;
  /** The playground's server. */
  models: string;
};

/** The playground's server and its API key. */
export const models = { origin: __SERVER__.models, key: 'demo-key' };

/** A URL with scripted answers. */
export class Scenario {
  /** A URL without a server. */
  static readonly nobody = `${__SERVER__.nobody}/`;

  static readonly #made = new Set<Scenario>();
  static readonly #inline = new Set<Scenario>();

  readonly origin = __SERVER__.origin;
  /** Same-origin for the pages and workers that the server serves; cross-origin elsewhere. */
  readonly url: string;
  /** The same URL on another origin. */
  readonly otherUrl: string;
  readonly #id: string;

  private constructor(id: string, query = '') {
    this.#id = id;
    this.url = `${this.origin}/scenarios/${id}/stream${query}`;
    this.otherUrl = `${__SERVER__.otherOrigin}/scenarios/${id}/stream${query}`;
  }

  /** The first request gets the first answer, and so on. The last answer is repeated. */
  static async of(...answers: Answer[]): Promise<Scenario> {
    const response = await fetch(`${__SERVER__.control}/scenarios`, {
      method: 'POST',
      body: JSON.stringify(answers),
    });
    if (!response.ok) throw new Error(`the scenario server answered ${response.status}`);
    const { id } = (await response.json()) as { id: string };
    const scenario = new Scenario(id);
    Scenario.#made.add(scenario);
    return scenario;
  }

  /** As `of`, but synchronous: the answers are in the URL. The caller closes its connections. */
  static inline(...answers: Answer[]): Scenario {
    const query = new URLSearchParams({ answers: JSON.stringify(answers) });
    const scenario = new Scenario(`inline-${`${Math.random()}`.slice(2)}`, `?${query}`);
    Scenario.#inline.add(scenario);
    return scenario;
  }

  /**
   * Closes all connections of the scenarios, and answers later requests with 204, which stops reconnecting. Inline
   * scenarios are only ended if the test has failed: otherwise their connections are already closed.
   */
  static async endAll({ hasFailed = true } = {}): Promise<void> {
    const open = [...Scenario.#made, ...(hasFailed ? Scenario.#inline : [])];
    Scenario.#made.clear();
    Scenario.#inline.clear();
    if (open.length === 0) return;
    const ids = JSON.stringify(open.map((scenario) => scenario.#id));
    await fetch(`${__SERVER__.control}/scenarios/end`, { method: 'POST', body: ids });
  }

  /** The requests so far, without preflights. */
  async requests(): Promise<Seen[]> {
    return (await this.#seen()).filter((request) => !request.isPreflight);
  }

  /** The preflights so far. */
  async preflights(): Promise<Seen[]> {
    return (await this.#seen()).filter((request) => request.isPreflight);
  }

  async #seen(): Promise<Seen[]> {
    return (await this.#state()).seen;
  }

  /** The state, or with `before` the next state, at the latest after a second. */
  async #state(before?: State): Promise<State> {
    const query = before ? `?after=${before.version}` : '';
    const response = await fetch(`${__SERVER__.control}/scenarios/${this.#id}${query}`);
    return response.json() as Promise<State>;
  }

  /** The requests, once they meet `condition`. After 5 seconds, the requests so far. */
  async until(condition: (requests: Seen[]) => boolean): Promise<Seen[]> {
    const end = performance.now() + 5_000;
    let state: State | undefined;
    for (;;) {
      state = await this.#state(state);
      const requests = state.seen.filter((request) => !request.isPreflight);
      if (condition(requests) || performance.now() > end) return requests;
    }
  }
}
