/**
 * Fires each event in a task of its own (C12), at little cost.
 *
 * What has to hold between two events is that every promise reaction of the first one's handlers has run, however
 * deep the chain, and that timers, rendering and input get their turn in a long burst. A task for each event would
 * do, but costs more than the event. Microtasks also run to their end after each callback that the platform calls
 * with no script below it: so one message, to which a port has many listeners, gives many turns for one task.
 */

// Where there is no DOM.
declare const setImmediate: (callback: () => unknown) => unknown;

/** Something that has events to fire. */
export interface Firing {
  /** Fires the next event and says whether there are more. */
  fireNext(): boolean;
}

/** So many turns share a message at first, as they cost a while and most pages never see a burst; as many again … */
const FIRST_TURNS = 8;
/** … after each message that had too few, up to so many … */
const TURNS_PER_MESSAGE = 256;
/** … or a task that asks for the callbacks of its turns before it knows how many it needs … */
const TURNS_PER_TASK = 64;

/** … unless they take longer than this: a page that draws 60 frames a second has 16 ms for each. */
const TASK_MILLISECONDS = 4;

const waiting: Firing[] = [];
/** Something has been fired, and no task has begun since in which nothing was. */
let isTurnTaken = false;
let taskEnd = 0;
let requestTask: (() => void) | undefined;

/**
 * Fires the events of `firing`, taking turns with others: the first at once if the turn isn't taken. To be called
 * again when `fireNext` has said that there are no more and then there are.
 */
export function schedule(firing: Firing): void {
  waiting.push(firing);
  if (isTurnTaken) return;
  isTurnTaken = true;
  requestTask ??= findTasks();
  requestTask();
  fireOne();
}

function fireOne(): void {
  const firing = waiting.shift();
  try {
    if (firing?.fireNext()) waiting.push(firing);
  } catch (error) {
    // One that throws has its next turn all the same: what it has lost is this event.
    if (firing) waiting.push(firing);
    report(error);
  }
}

/** The first turn of a task. Says whether further ones are of use. */
function beginTask(): boolean {
  if (waiting.length === 0) {
    isTurnTaken = false;
    return false;
  }
  taskEnd = performance.now() + TASK_MILLISECONDS;
  requestTask?.();
  fireOne();
  return true;
}

function continueTask(): boolean {
  if (waiting.length === 0 || performance.now() > taskEnd) return false;
  fireOne();
  return true;
}

function findTasks(): () => void {
  if (works(() => setImmediate(() => {}))) {
    // Node, Deno, Bun: microtasks run after each of the callbacks, and no message port keeps the process alive.
    const task = () => {
      if (!beginTask()) return;
      for (let turn = 1; turn < TURNS_PER_TASK; turn++) setImmediate(continueTask);
    };
    return () => setImmediate(task);
  }
  if (!works(() => new MessageChannel())) return () => setTimeout(beginTask);
  const { port1, port2 } = new MessageChannel();
  let turns = 0;
  const addTurns = (count: number) => {
    for (const end = turns + count; turns < end; turns++) {
      const turn = turns;
      port1.addEventListener('message', (event) => {
        if (!(turn === 0 ? beginTask() : continueTask())) event.stopImmediatePropagation();
        else if (turn === turns - 1 && turns < TURNS_PER_MESSAGE) addTurns(turns);
      });
    }
  };
  addTurns(FIRST_TURNS);
  port1.start();
  return () => port2.postMessage(undefined);
}

/** Some are not there, as in jsdom, and some are there and throw, as in Next's edge runtime. */
function works(call: () => unknown): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}

/** Reports an exception as one that nobody has caught. */
export function report(error: unknown): void {
  if (typeof reportError === 'function') {
    reportError(error);
  } else {
    queueMicrotask(() => {
      throw error;
    });
  }
}
