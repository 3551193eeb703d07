/** Waits for turns of the event loop, even with fake timers. */

/** How many tasks a client may need to fire its events and handle the end of the body. */
const TURNS = 20;

/** Resolves when a client has had enough turns to react to the bytes that it has read. */
export async function clientTurns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await nextTurn();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    try {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    } catch {
      // Without ports, as in plain jsdom, promise reactions are the only alternative.
      resolve();
    }
  });
}
