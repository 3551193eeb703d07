/**
 * A hook for React: `import { useEventSource } from 'eventsource-wasm/react'`.
 *
 * @module
 */

import { useEffect, useRef, useState } from 'react';
import { EventSource } from './event-source.js';
import type { EventSourceErrorEvent } from './events.js';
import type { EventSourceInit } from './types.js';

export type { CompletionState, UseCompletionInit } from './hooks/completion-store.js';
export { type UseCompletionResult, useCompletion } from './hooks/use-completion-react.js';

/** What {@link useEventSource} takes besides the URL. The handlers may be other functions at each render. */
export interface UseEventSourceInit extends EventSourceInit {
  /** A change of it opens a new connection, as a change of the URL does. Default: `undefined`. */
  key?: string | number | undefined;
  onOpen?: ((event: Event) => void) | undefined;
  /** Gets the events without a type of their own; `onEvent` gets all. */
  onMessage?: ((event: MessageEvent<string>) => void) | undefined;
  onError?: ((event: EventSourceErrorEvent) => void) | undefined;
  /** The stream is complete. */
  onClose?: ((event: Event) => void) | undefined;
}

/** What {@link useEventSource} gives. */
export interface EventSourceState {
  /** 0: connecting, 1: open, 2: closed, which it also is without a URL. */
  readyState: number;
  /** The last error, until the connection is open again. An `Error` where the arguments are wrong. */
  error: EventSourceErrorEvent | Error | undefined;
}

/**
 * Holds a connection while the component is mounted, and opens a new one when the URL or `key` changes; other options
 * are taken as they are then. Without a URL (`null`) there is none. A component that is mounted, unmounted and mounted
 * again at once, as StrictMode does it, sends one request.
 */
export function useEventSource(
  url: string | URL | null | undefined,
  init: UseEventSourceInit = {},
): EventSourceState {
  const latest = useRef(init);
  useEffect(() => {
    latest.current = init;
  });
  const address = url == null ? undefined : `${url}`;
  const [state, setState] = useState<EventSourceState>({
    readyState: address === undefined ? EventSource.CLOSED : EventSource.CONNECTING,
    error: undefined,
  });
  useEffect(() => {
    let source: EventSource | undefined;
    let isOver = false;
    const set = (readyState: number, error?: EventSourceState['error']) => setState({ readyState, error });
    set(address === undefined ? EventSource.CLOSED : EventSource.CONNECTING);
    const open = () => {
      if (isOver || address === undefined) return;
      const { key: _key, onOpen, onMessage, onError, onClose, onEvent, ...options } = latest.current;
      try {
        source = new EventSource(address, {
          ...options,
          ...(onEvent && { onEvent: (event) => latest.current.onEvent?.(event) }),
        });
      } catch (error) {
        set(EventSource.CLOSED, error as Error);
        return;
      }
      source.onopen = (event) => {
        set(EventSource.OPEN);
        latest.current.onOpen?.(event);
      };
      source.onmessage = (event) => latest.current.onMessage?.(event);
      source.onerror = (event) => {
        set(event.willReconnect ? EventSource.CONNECTING : EventSource.CLOSED, event);
        latest.current.onError?.(event);
      };
      source.addEventListener('close', (event) => {
        set(EventSource.CLOSED);
        latest.current.onClose?.(event);
      });
    };
    // After the effects that run now, among them the end of this one.
    queueMicrotask(open);
    return () => {
      isOver = true;
      source?.close();
    };
  }, [address, init.key]);
  return state;
}
