/** Vite: the build, the dev server, and the build with each policy. */
// @ts-check
import { rmSync } from 'node:fs';
import { step } from '../../../../tools/run.mjs';
import { chromiumVersion, inChromium, serving } from '../../chromium.mjs';
import { install, slimByVite, tool, versionOf, withServer } from '../../install.mjs';
import { TELLS, WELL, writePrograms } from '../../programs.mjs';

/** @typedef {import('../../table.mjs').Row} Row */

/** @returns {Promise<Row[]>} */
export async function check() {
  const folder = await install('vite');
  const version = versionOf(folder, 'vite');
  await step('vite: build', () => tool(folder, 'vite', ['build', '--base', './']));
  const built = await serving(`${folder}/dist`, (origin) => inChromium(() => origin));
  /** @param {string} policy */
  const underPolicy = (policy) =>
    serving(`${folder}/dist`, (origin) => inChromium(() => origin), {
      headers: { 'content-security-policy': policy },
    });
  const strict = await underPolicy("script-src 'self'");
  const wasm = await underPolicy("script-src 'self' 'wasm-unsafe-eval'");
  // `connect-src` is for the scenario server, which has another origin.
  const byDefault = await underPolicy("default-src 'self' 'wasm-unsafe-eval'; connect-src *");
  const strictByDefault = await underPolicy("default-src 'self'; connect-src *");
  writePrograms(`${folder}/src`, { init: slimByVite });
  rmSync(`${folder}/node_modules/.vite`, { recursive: true, force: true });
  const served = await withServer(folder, 'vite', ['--port', '0', '--host', '127.0.0.1'], (origin) =>
    inChromium(() => origin),
  );
  const chromium = await chromiumVersion();
  return [
    { tool: 'Vite, build', version, results: built },
    { tool: 'Vite, dev server', version, results: served, note: 'slim by `init`' },
    { tool: "page with `script-src 'self' 'wasm-unsafe-eval'`", version: chromium, results: wasm },
    {
      tool: "page with `script-src 'self'`",
      version: chromium,
      results: strict,
      expected: ({ variant }) => (variant === 'js' ? WELL : TELLS),
    },
    { tool: "page with `default-src 'self' 'wasm-unsafe-eval'`", version: chromium, results: byDefault },
    {
      tool: "page with `default-src 'self'`",
      version: chromium,
      results: strictByDefault,
      expected: ({ variant }) => (variant === 'js' ? WELL : TELLS),
    },
  ];
}
