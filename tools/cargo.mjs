/**
 * Runs cargo with the toolchain of the build: `node tools/cargo.mjs fmt …`, `… --wasm clippy …` for the wasm32 target,
 * and `… --tool cargo-deny@0.20.2 deny …` with a tool that is installed first.
 */
// @ts-check
import { once } from 'node:events';
import { printError, StepError, start } from './run.mjs';
import { forWasm, setupCargoTool, setupLinters, setupToolchain } from './toolchain.mjs';

async function main() {
  const words = process.argv.slice(2);
  const isForWasm = words[0] === '--wasm' && words.shift() !== undefined;
  const tool = words[0] === '--tool' ? words.splice(0, 2)[1] : undefined;
  const [command = '', ...args] = words;
  const toolchain = await setupToolchain();
  let { cargo, env } = toolchain;
  if (['fmt', 'clippy'].includes(command)) await setupLinters(toolchain);
  if (tool) env = { ...env, ...(await setupCargoTool(.../** @type {[string, string]} */ (tool.split('@')))) };
  if (isForWasm) {
    const wasm = forWasm(toolchain);
    env = wasm.env;
    args.unshift(...wasm.flags);
  }
  const child = start(cargo, [command, ...args], { stdio: 'inherit', env: { ...process.env, ...env } });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new StepError(`cargo ${command} ended with ${code}`);
}

main().catch((error) => {
  printError(error);
  process.exitCode = 1;
});
