/** Stream events for loops, with callbacks that only `completion` needs. */

import { type EventsInit, events } from '../message-iterator.js';
import type { EventSourceMessage } from '../message-parser.js';

export type { EventsInit } from '../message-iterator.js';
export type { EventSourceMessage } from '../message-parser.js';

/** Callbacks for `completion`. */
export interface EventsTap {
  /** A line that the standard ignores (unknown field), without its line end, in stream order. */
  onIgnoredLine?(line: string): void;
  /** The body ended cleanly inside an event: that event, as if a blank line had followed. */
  onUnfinished?(message: EventSourceMessage): void;
}

export function iterateEvents(
  source: string | URL | Request | Response,
  init: EventsInit,
  tap: EventsTap,
): AsyncIterableIterator<EventSourceMessage> {
  if (typeof source === 'object' && 'status' in source) return events(tapped(source, tap), init);
  const { fetch = globalThis.fetch } = init;
  return events(source, {
    ...init,
    fetch: async (url, requestInit) => tapped(await fetch(url, requestInit), tap),
  });
}

const FIELDS = ['data', 'event', 'id', 'retry'];

function tapped(response: Response, tap: EventsTap): Response {
  if (!response.body) return response;
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  let event: string | undefined;
  let id: string | undefined;
  const take = (line: string) => {
    if (line === '') {
      data = [];
      event = undefined;
      return;
    }
    if (line.startsWith(':')) return;
    const [, name = '', value = ''] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line) ?? [];
    if (!FIELDS.includes(name)) tap.onIgnoredLine?.(line);
    else if (name === 'data') data.push(value);
    else if (name === 'event') event = value;
    else if (name === 'id') id = value;
  };
  const body = response.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        controller.enqueue(chunk);
        rest += decoder.decode(chunk, { stream: true });
        const lines = rest.split(/\r\n|\n|\r(?!$)/);
        rest = lines.pop() ?? '';
        for (const line of lines) take(line);
      },
      flush() {
        rest = rest.replace(/\r$/, '');
        if (rest) take(rest);
        if (data.length > 0) tap.onUnfinished?.({ event, id, data: data.join('\n') });
      },
    }),
  );
  return new Proxy(response, {
    get(target, name) {
      if (name === 'body') return body;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
