/** The interface of all measured clients. */

/** A client to measure. */
export interface Client {
  name: string;
  /** Opens a stream and calls back for each event, until the returned function is called. */
  open(url: string, onEvent: (data: string) => void): () => void;
}

/** A client with the interface of the native class. `init` is its second argument. */
export function ofClass(name: string, Class: unknown, init?: object): Client {
  type EventSourceClass = new (
    url: string,
    init?: object,
  ) => { onmessage: ((event: MessageEvent) => unknown) | null; close(): void };
  return {
    name,
    open(url, onEvent) {
      const source = new (Class as EventSourceClass)(url, init);
      source.onmessage = ({ data }) => onEvent(data);
      return () => source.close();
    },
  };
}

/** Opens a stream, and closes it after `events` events. Returns the milliseconds from the call to the last event. */
export async function timeEvents({ open }: Client, url: string, events: number): Promise<number> {
  const begin = performance.now();
  let count = 0;
  let close = () => {};
  const end = await new Promise<number>((resolve) => {
    close = open(url, () => {
      if (++count === events) resolve(performance.now());
    });
  });
  close();
  return end - begin;
}
