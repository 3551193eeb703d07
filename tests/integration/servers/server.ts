/** Starts and stops the servers of this folder, and asks them for the number of open streams. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Program {
  program: string;
  args: string[];
}

/** The programs from setup.mjs. */
export const { servers, mcp }: { servers: Record<string, Program>; mcp: Program } = JSON.parse(
  process.env.SERVERS ?? '',
);

export class Server {
  readonly origin: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, origin: string) {
    this.#child = child;
    this.origin = origin;
  }

  /** Starts a server, and reads its origin from its output. */
  static async start({ program, args }: Program): Promise<Server> {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const line = await Promise.race([
      once(lines, 'line', { signal: AbortSignal.timeout(15_000) }),
      once(child, 'close').then(([code]) => {
        throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
      }),
    ]);
    return new Server(child, JSON.parse(`${line[0]}`).origin);
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  /** Waits until the server's library reports this number of open streams. */
  async untilOpen(count: number): Promise<void> {
    let open: unknown;
    await until(
      async () => {
        open = await (await fetch(`${this.origin}/open`)).json();
        return open === count;
      },
      () => `open streams: ${count}, not ${open}`,
    );
  }
}

/** Waits for a condition, for at most 5 seconds. */
export async function until(holds: () => unknown, what: () => string): Promise<void> {
  const end = performance.now() + 5_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`timed out waiting for: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
