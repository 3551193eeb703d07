/** The events that tell more than the standard's. */

/**
 * What went wrong:
 *
 * - `network`: the request failed, or the connection broke while the stream was being read
 * - `end`: the server ended the stream
 * - `status`: the response's status isn't 200
 * - `content-type`: the response isn't a `text/event-stream`
 * - `too-large`: the server sent a line or an event above the limit
 * - `unreadable`: `fetch` came back with something that can't be read as a stream of bytes
 * - `webassembly`: this package's WebAssembly module couldn't be started
 */
export type ErrorKind =
  | 'network'
  | 'end'
  | 'status'
  | 'content-type'
  | 'too-large'
  | 'unreadable'
  | 'webassembly';

/** What an `EventSourceErrorEvent` is made of. */
export interface ErrorDetails {
  kind: ErrorKind;
  message: string;
  delay?: number | undefined;
  cause?: unknown;
  response?: Response | undefined;
  body?: string | undefined;
}

/** The `error` event of an `EventSource`. */
export class EventSourceErrorEvent extends Event {
  /** What went wrong, by name. */
  readonly kind: ErrorKind;
  /** What went wrong, in words: what was expected and what came. */
  readonly message: string;
  /** The status of the response that was refused, such as `401`. */
  readonly status: number | undefined;
  /** The status of the response that was refused in words. HTTP/2 has none: then it is empty. */
  readonly statusText: string | undefined;
  /** The headers of the response that was refused. */
  readonly headers: Headers | undefined;
  /** The URL of the response that was refused, after redirects. */
  readonly url: string | undefined;
  /** The beginning of the body of the response that was refused: at most 64 KiB, or what came in a second. */
  readonly body: string | undefined;
  /** What `fetch`, its body or WebAssembly was rejected with. */
  readonly cause: unknown;
  /** Whether the connection is being reestablished. If not, it has failed for good. */
  readonly willReconnect: boolean;
  /** In how many milliseconds the next request is sent, if one is. */
  readonly delay: number | undefined;

  /** @internal */
  constructor(details: ErrorDetails) {
    super('error');
    const { response } = details;
    this.kind = details.kind;
    this.message = details.message;
    this.status = response?.status;
    this.statusText = response?.statusText;
    this.headers = response?.headers;
    this.url = response?.url;
    this.body = details.body;
    this.cause = details.cause;
    this.willReconnect = details.delay !== undefined;
    this.delay = details.delay;
  }
}

/** The `open` event of an `EventSource`. */
export class EventSourceOpenEvent extends Event {
  /** The response's status: 200. */
  readonly status: number;
  /** The response's headers. */
  readonly headers: Headers;
  /** The response's URL, after redirects. */
  readonly url: string;

  /** @internal */
  constructor(response: Response) {
    super('open');
    this.status = response.status;
    this.headers = response.headers;
    this.url = response.url;
  }
}
