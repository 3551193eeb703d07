/**
 * The servers of tests/integration/servers, made ready. In: node_modules, Python, the Rust toolchain. Out: the program that starts
 * each, by name. What Python's and Rust's need is brought once, to build/ and to the toolchain's own folder.
 */
// @ts-check
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setupPython, setupToolchain } from './setup.mjs';
import { stampedStep } from './stamps.mjs';
import { root, run, step } from './steps.mjs';

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
  await stampedStep(
    'sse-starlette: pip install',
    { inputs: [requirements], also: python, outputs: [program] },
    async () => {
      rmSync(venv, { recursive: true, force: true });
      await run(python.program, ['-m', 'venv', venv]);
      const install = ['-m', 'pip', 'install', '--no-deps', '--only-binary=:all:', '--require-hashes'];
      await run(program, [...install, '--requirement', requirements], {
        env: { PIP_DISABLE_PIP_VERSION_CHECK: '1' },
        timeout: 300_000,
      });
    },
  );
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
