/** Installs and builds the servers of this folder. Returns the program that starts each server. */
// @ts-check
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, root, run, StepError, step, UP_TO_DATE } from '../../../tools/run.mjs';
import { aptInstall, isOlder } from '../../../tools/system.mjs';
import { setupToolchain } from '../../../tools/toolchain.mjs';

const SOURCES = 'tests/integration/servers';

/** @typedef {{ program: string, args: string[] }} Program */

/** @returns {Promise<{ servers: Record<string, Program>, mcp: Program }>} */
export async function setupServers() {
  const python = await pythonServer();
  const rust = await rustServer();
  /** @param {string} name */
  const node = (name) => ({ program: process.execPath, args: [`${SOURCES}/${name}.mjs`] });
  return {
    servers: {
      'better-sse, on Express': node('better-sse'),
      '@fastify/sse': node('fastify-sse'),
      'streamSSE of hono': node('hono'),
      'sse-starlette, on uvicorn': python,
      'Sse of axum': rust,
    },
    mcp: node('mcp'),
  };
}

/** @returns {Promise<Program>} */
async function pythonServer() {
  const requirements = `${SOURCES}/sse-starlette/requirements.txt`;
  const venv = 'build/servers/python';
  const program = `${venv}/bin/python`;
  const python = await setupPython();
  // Stored in the environment, to detect changes.
  const wanted = `${python.version}\n${readFileSync(requirements, 'utf8')}`;
  const made = `${venv}/made-with.txt`;
  await step('sse-starlette: pip install', async () => {
    if (existsSync(made) && readFileSync(made, 'utf8') === wanted) return UP_TO_DATE;
    rmSync(venv, { recursive: true, force: true });
    await run(python.program, ['-m', 'venv', venv]);
    const install = ['-m', 'pip', 'install', '--no-deps', '--only-binary=:all:', '--require-hashes'];
    await run(program, [...install, '--requirement', requirements], {
      env: { PIP_DISABLE_PIP_VERSION_CHECK: '1' },
      timeout: 300_000,
    });
    writeFileSync(made, wanted);
  });
  return { program: join(root, program), args: [`${SOURCES}/sse-starlette/server.py`] };
}

/** @returns {Promise<Program>} */
async function rustServer() {
  const { cargo, env, targetDir } = await setupToolchain();
  const folder = join(root, targetDir, 'servers');
  await step('axum: cargo build', () =>
    run(
      cargo,
      ['build', '--locked', '--manifest-path', `${SOURCES}/axum/Cargo.toml`, '--target-dir', folder],
      { env },
    ),
  );
  const program = `${folder}/debug/axum-server`;
  if (!existsSync(program)) throw new Error(`cargo built no ${program}`);
  return { program, args: [] };
}

/** The oldest Python that requirements.txt of sse-starlette supports. */
const OLDEST_PYTHON = '3.11';
const DEBIAN_PYTHON = ['python3', 'python3-venv'];

/** A Python that can make virtual environments: PYTHON_PATH, the one on PATH, or Debian's. */
function setupPython() {
  return step('Python', async () => {
    const set = process.env.PYTHON_PATH;
    let reason = '';
    /** @param {string} program @returns {Promise<{ program: string, version: string } | undefined>} */
    const check = async (program) => {
      const version = (await ask(program, ['-V']))?.replace('Python ', '');
      if (!version) reason = `${program} doesn't run`;
      else if (isOlder(version, OLDEST_PYTHON)) reason = `${program} is Python ${version}`;
      // Debian's python3 package doesn't include these modules.
      else if ((await ask(program, ['-c', 'import ensurepip, venv'])) === undefined)
        reason = `${program} can't make virtual environments: it lacks ensurepip or venv`;
      else return { program, version };
      return undefined;
    };
    const found = await check(set || 'python3');
    if (found) return found;
    const wrong = `Python ${OLDEST_PYTHON} or newer is needed, and ${reason}`;
    if (set) throw new StepError(wrong, { fix: 'unset PYTHON_PATH' });
    await aptInstall(DEBIAN_PYTHON);
    const installed = await check('/usr/bin/python3');
    if (installed) return installed;
    throw new StepError(wrong, { fix: 'export PYTHON_PATH=<the path of a newer one>' });
  });
}
