/** The Rust parser as a `TransformStream`. */

import { platformClass } from '../platform.js';
import { load, startError } from '../wasm/load.js';
import {
  type EventSourceMessage,
  MessageParser,
  type ParseError,
  type ParserConfig,
} from './message-parser.js';

/** The options of an `EventSourceParserStream`. */
export interface StreamOptions extends Omit<ParserConfig, 'onEvent' | 'onError'> {
  /**
   * How lines that the standard ignores are reported: with `'terminate'`, the stream fails at the first one; a function
   * is called with each. When the limit is exceeded, the stream always fails.
   * @default undefined: they aren't reported
   */
  onError?: 'terminate' | ((error: Error) => void) | undefined;
}

/**
 * A `TransformStream` that parses the bytes or text of an event stream into events. An unfinished event at the end of
 * the stream is dropped.
 *
 * @throws {TypeError} if the platform has no `TransformStream`
 * @example
 * const events = response.body.pipeThrough(new EventSourceParserStream());
 * for await (const { event, data } of events) show(event, data);
 */
export class EventSourceParserStream extends /* @__PURE__ */ platformClass('TransformStream')<
  string | Uint8Array,
  EventSourceMessage
> {
  constructor(options: StreamOptions = {}) {
    const { onError, ...config } = options;
    let isFailed = false;
    let controller: TransformStreamDefaultController<EventSourceMessage>;
    const onEvent = (event: EventSourceMessage) => {
      if (!isFailed) controller.enqueue(event);
    };
    const onParseError = (error: ParseError) => {
      if (typeof onError === 'function') onError(error);
      if (onError !== 'terminate' && error.type !== 'max-buffer-size-exceeded') return;
      isFailed = true;
      controller.error(error);
    };
    // Not in `start`, whose exceptions Cloudflare's constructor doesn't throw.
    const parser = new MessageParser({ ...config, onEvent, onError: onParseError }, onError !== undefined);
    super({
      start(started) {
        controller = started;
        return load().catch((cause) => {
          throw startError(cause);
        });
      },
      transform(chunk) {
        parser.feed(chunk);
        if (isFailed) parser.free();
      },
      flush() {
        parser.free();
      },
    });
  }
}
