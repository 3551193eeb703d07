/**
 * Steps that are done once. In: the files that a step reads and those that it writes. Out: the step is skipped
 * while what it reads has the content it had last time (build/stamps.json) and what it writes is there.
 */
// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { step, UP_TO_DATE } from './steps.mjs';

const STAMPS = 'build/stamps.json';

/**
 * The files under a folder, sorted; none where the folder doesn't exist.
 * @param {string} folder
 * @param {RegExp} [name] what a file's path has to match
 */
export function filesUnder(folder, name = /./) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .filter((path) => name.test(path))
    .sort();
}

/**
 * @param {string} name
 * @param {{ inputs: string[], also?: unknown, outputs: string[] }} files `also` is what counts besides files
 * @param {() => unknown} action
 */
export async function stampedStep(name, { inputs, also, outputs }, action) {
  await step(name, async () => {
    const stamp = hash(inputs, also);
    if (readStamps()[name] === stamp && outputs.every((path) => existsSync(path))) return UP_TO_DATE;
    // While it runs there is no stamp: what a failed action left behind must not pass for the result.
    writeStamp(name, undefined);
    await action();
    writeStamp(name, stamp);
  });
}

/** @returns {Record<string, string>} */
const readStamps = () => (existsSync(STAMPS) ? JSON.parse(readFileSync(STAMPS, 'utf8')) : {});

/** @param {string} name @param {string | undefined} stamp */
function writeStamp(name, stamp) {
  mkdirSync('build', { recursive: true });
  writeFileSync(STAMPS, `${JSON.stringify({ ...readStamps(), [name]: stamp }, null, 2)}\n`);
}

/** @param {string[]} paths @param {unknown} also */
function hash(paths, also) {
  const sum = createHash('sha256').update(JSON.stringify(also ?? null));
  for (const path of paths) {
    const content = existsSync(path) ? readFileSync(path) : 'missing';
    sum.update(`\0${path}\0${content.length}\0`).update(content);
  }
  return sum.digest('hex');
}
