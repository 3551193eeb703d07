/** Real turns of the event loop, which fake timers do not hold back. */

/** How many tasks a client may need for the events and the end that it has read. */
const TURNS = 20;

/** Resolves when a client has had the time to react to what it has read. */
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
      // Where there are no ports, as in plain jsdom, promise reactions are the best there is.
      resolve();
    }
  });
}
