/**
 * Runs programs and prints one line for each step. For a failed step, it also prints the output and the command that
 * fixes it. Imports only Node's own modules, because node_modules may not exist yet.
 */
// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/** @typedef {import('node:stream').Readable} Readable */

/** The repository's root. All paths in the tools are relative to it. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The result of an action that had nothing to do. */
export const UP_TO_DATE = Symbol('up to date');

/** A failed step. `fix` is the command to type, `output` is what the failed program printed. */
export class StepError extends Error {
  /**
   * @param {string} message
   * @param {{ fix?: string | undefined, output?: string | undefined }} [details]
   */
  constructor(message, { fix, output } = {}) {
    super(message);
    this.name = 'StepError';
    this.fix = fix;
    this.output = output;
  }
}

/** @param {unknown} error */
export function printError(error) {
  if (!(error instanceof StepError)) {
    console.error(error);
    return;
  }
  if (error.output?.trim() && !verbose) console.error(error.output.trimEnd());
  console.error(`error: ${error.message}`);
  if (error.fix) console.error(`fix: ${error.fix}`);
}

/** @param {number} since a value of performance.now() */
export const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);

/**
 * Runs an action and prints one line about it.
 * @template T
 * @param {string} name
 * @param {() => T | Promise<T>} action
 * @returns {Promise<T>}
 */
export async function step(name, action) {
  const start = performance.now();
  try {
    const result = await action();
    console.log(result === UP_TO_DATE ? `--  ${name}: up to date` : `ok  ${name} (${seconds(start)} s)`);
    return result;
  } catch (error) {
    console.log(`!!  ${name}: failed (${seconds(start)} s)`);
    throw error;
  }
}

let verbose = false;

/** The running programs, which are ended with this process. @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
process.once('exit', () => {
  for (const child of children) child.kill();
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
}

/**
 * Starts a program in the repository's root. It is ended with this process, at the latest.
 * @param {string} program @param {string[]} args @param {import('node:child_process').SpawnOptions} [options]
 */
export function start(program, args, options) {
  if (verbose) console.log(`$ ${[program, ...args].join(' ')}`);
  const child = spawn(program, args, { cwd: root, ...options });
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

/**
 * Runs a program to its end and returns its output. If it fails, throws a StepError with the output.
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: Record<string, string> | undefined, cwd?: string, timeout?: number, fix?: string }} [options] `timeout` in milliseconds
 * @returns {Promise<{ stdout: string, all: string }>}
 */
export async function run(program, args, { env = {}, cwd = root, timeout, fix } = {}) {
  const line = [program.replace(`${root}/`, ''), ...args].join(' ');
  const child = start(program, args, {
    env: { ...process.env, ...env },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
  });
  const output = [child.stdout, child.stderr].map((stream) => text(/** @type {Readable} */ (stream)));
  const closed = once(child, 'close').catch((/** @type {NodeJS.ErrnoException} */ { code, message }) => {
    throw new StepError(code === 'ENOENT' ? `${program} was not found` : `${line}: ${message}`, { fix });
  });
  const [[code, signal], stdout = '', stderr = ''] = await Promise.all([closed, ...output]);
  const all = stdout + stderr;
  if (verbose) process.stdout.write(all);
  if (code === 0) return { stdout, all };
  const how =
    child.killed && timeout ? `took longer than ${timeout / 1000} s` : `ended with ${code ?? signal}`;
  throw new StepError(`${line} ${how}`, { output: all, fix });
}

/**
 * Returns the output of a program, or undefined if the program is missing or fails.
 * @param {string} program @param {string[]} args @param {Record<string, string>} [env]
 */
export async function ask(program, args, env) {
  try {
    return (await run(program, args, { env })).stdout.trim();
  } catch (error) {
    if (error instanceof StepError) return undefined;
    throw error;
  }
}

/** Lists the files under a folder, sorted. Empty if it doesn't exist. @param {string} folder @param {RegExp} [name] */
export function filesUnder(folder, name = /./) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile() && name.test(path))
    .sort();
}

/** The path of a program of node_modules. @param {string} name */
export const npmBin = (name) => `${root}/node_modules/.bin/${name}`;

/**
 * Runs a module's command, if Node was started with that module: parses the flags, runs the action, and converts a
 * StepError to a message and an exit code.
 * @template {Record<string, import('node:util').ParseArgsOptionDescriptor>} Options
 * @param {ImportMeta} meta
 * @param {{ usage: string, options?: Options, positionals?: readonly string[] | RegExp }} shape `positionals` are the allowed words
 * @param {(flags: Record<keyof Options, any>, words: string[]) => Promise<void>} action
 */
export function command(meta, { usage, options, positionals = [] }, action) {
  if (!process.argv[1] || meta.url !== pathToFileURL(realpathSync(process.argv[1])).href) return;
  let flags;
  let words;
  try {
    const parsed = parseArgs({
      options: { ...options, verbose: { type: 'boolean' }, help: { type: 'boolean' } },
      allowPositionals: positionals instanceof RegExp || positionals.length > 0,
    });
    flags = /** @type {any} */ (parsed.values);
    words = parsed.positionals;
    if (!(positionals instanceof RegExp)) {
      const unknown = words.find((word) => !positionals.includes(word));
      if (unknown) throw new TypeError(`'${unknown}' is none of ${positionals.join(', ')}`);
    }
  } catch (error) {
    console.error(`error: ${/** @type {Error} */ (error).message}\nusage: ${usage}`);
    process.exitCode = 2;
    return;
  }
  if (flags.help) {
    console.log(`usage: ${usage}`);
    return;
  }
  verbose = flags.verbose ?? false;
  process.chdir(root);
  action(flags, words).catch((error) => {
    printError(error);
    process.exitCode = 1;
  });
}
