/** A client that is measured from a server to a handler: all of them behind one interface. */

/** A client of event streams. */
export interface Client {
  name: string;
  /** What it is compared with: clients of one kind. */
  kind: 'class' | 'callback' | 'loop' | 'model';
  /** Opens a stream and calls back for each event, until the function is called that this gives. */
  open(url: string, onEvent: (data: string) => void): () => void;
}

/** A client with the interface of the native class. */
export function ofClass(name: string, Class: unknown): Client {
  type EventSourceClass = new (
    url: string,
  ) => { onmessage: ((event: MessageEvent) => unknown) | null; close(): void };
  return {
    name,
    kind: 'class',
    open(url, onEvent) {
      const source = new (Class as EventSourceClass)(url);
      source.onmessage = ({ data }) => onEvent(data);
      return () => source.close();
    },
  };
}

type FetchEventSource = (
  url: string,
  init: { signal: AbortSignal; onmessage: (event: { data: string }) => void; openWhenHidden: boolean },
) => Promise<void>;

/** A client with the interface of `fetchEventSource`. */
export function ofFunction(name: string, fetchEventSource: FetchEventSource): Client {
  return {
    name,
    kind: 'callback',
    open(url, onEvent) {
      const controller = new AbortController();
      const onmessage = ({ data }: { data: string }) => onEvent(data);
      fetchEventSource(url, { signal: controller.signal, onmessage, openWhenHidden: true });
      return () => controller.abort();
    },
  };
}

/** A client that is looped over. Its function ends the loop. */
export function ofLoop<T>(
  name: string,
  kind: 'loop' | 'model',
  items: (url: string, signal: AbortSignal) => AsyncIterable<T>,
  dataOf: (item: T) => string | undefined,
): Client {
  async function loop(url: string, controller: AbortController, onEvent: (data: string) => void) {
    try {
      for await (const item of items(url, controller.signal)) {
        const data = dataOf(item);
        if (data !== undefined) onEvent(data);
        if (controller.signal.aborted) break;
      }
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    }
  }
  return {
    name,
    kind,
    open(url, onEvent) {
      const controller = new AbortController();
      loop(url, controller, onEvent);
      return () => controller.abort();
    },
  };
}

/** Milliseconds from the constructor to the first event. */
export async function firstEvent(client: Client, origin: string): Promise<number> {
  const begin = performance.now();
  let close = () => {};
  const end = await new Promise<number>((resolve) => {
    close = client.open(`${origin}/burst?shape=small&events=1`, () => resolve(performance.now()));
  });
  close();
  return end - begin;
}
