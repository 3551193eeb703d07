/** What a test tells the scenario server, and what it hears from it. */

/**
 * A piece of a body, in order: text; bytes, one to a character; a wait; one text when the client says that it has heard
 * what came before, and another when it doesn't; or how the body ends otherwise.
 */
export type Step =
  | string
  | { bytes: string }
  | { wait: number }
  | { heard: string; unheard: string }
  | { end: 'reset' | 'hang' };

/** How a request is answered. With none of the members: an event stream that ends at once. */
export interface Answer {
  /** Default: 200. `reset` closes the connection without an answer. */
  status?: number | 'reset';
  /** Default: `text/event-stream`; `null` for none. */
  contentType?: string | null;
  headers?: Record<string, string>;
  /** Default: any origin, without credentials. */
  cors?: 'any' | 'none' | 'credentials';
  /** Default: none. The body ends after them. */
  steps?: Step[];
}

/** A request as it came. Header values are byte strings. */
export interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  /** Milliseconds. */
  at: number;
  isPreflight: boolean;
  /** The connection is still there. */
  isOpen: boolean;
  /** The connection went before the answer was complete. */
  wasAborted: boolean;
}

/** What `GET /scenarios/<id>` gives. */
export interface State {
  /** How many times something has changed. */
  version: number;
  seen: Seen[];
}

/** The scenario server's addresses, put in by the bundler. */
declare const __SERVER__: {
  /** Of the streams, and of the pages that it serves. */
  origin: string;
  /** Other streams. */
  otherOrigin: string;
  /** The origin of a port without a server. */
  nobody: string;
  /** The origin that makes scenarios. It is separate, because browsers open at most six connections to an origin. */
  control: string;
  /** The playground's server. */
  models: string;
};

/** The playground's server, and the key that it wants. */
export const models = { origin: __SERVER__.models, key: 'demo-key' };

/** A URL that is answered as a test wants it. */
export class Scenario {
  /** A URL without a server. */
  static readonly nobody = `${__SERVER__.nobody}/`;

  static readonly #made = new Set<Scenario>();
  static readonly #inline = new Set<Scenario>();

  readonly origin = __SERVER__.origin;
  /** On the origin of the pages and workers that the server serves, of another one elsewhere. */
  readonly url: string;
  /** The same, on another origin. */
  readonly otherUrl: string;
  readonly #id: string;

  private constructor(id: string, query = '') {
    this.#id = id;
    this.url = `${this.origin}/scenarios/${id}/stream${query}`;
    this.otherUrl = `${__SERVER__.otherOrigin}/scenarios/${id}/stream${query}`;
  }

  /** The first request gets the first answer, and so on; the last answer is given again and again. */
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

  /** As `of`, without a request of its own: the answers are in the URL. The caller closes what it opens. */
  static inline(...answers: Answer[]): Scenario {
    const query = new URLSearchParams({ answers: JSON.stringify(answers) });
    const scenario = new Scenario(`inline-${`${Math.random()}`.slice(2)}`, `?${query}`);
    Scenario.#inline.add(scenario);
    return scenario;
  }

  /**
   * Ends all that is open, and answers what still asks with a status that ends it. Inline ones are not open any more,
   * unless the test has failed.
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

  /** As it is, or once it is another than it was, at the latest in a second. */
  async #state(before?: State): Promise<State> {
    const query = before ? `?after=${before.version}` : '';
    const response = await fetch(`${__SERVER__.control}/scenarios/${this.#id}${query}`);
    return response.json() as Promise<State>;
  }

  /** The requests, once `condition` holds of them; at last, in 5 seconds, as they are. */
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
