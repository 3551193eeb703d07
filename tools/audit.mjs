/**
 * `npm run audit`: what is known against the packages and crates that this repository uses. In: the lock files, and
 * the databases of advisories on the net. Out: a line for each question; exit code 1 if an answer is bad, or if nobody
 * could be asked. Brings cargo-deny where it can.
 */
// @ts-check
import { delimiter } from 'node:path';
import { setupNodeModules } from './setup.mjs';
import { ask, command, printError, root, run, StepError, step, UP_TO_DATE } from './steps.mjs';

const CARGO_DENY = '0.20.2';
const TOOLS = `${root}/target/tools`;
const MANIFESTS = ['Cargo.toml', 'fuzz/Cargo.toml', 'tests/integration/servers/axum/Cargo.toml'];

command(import.meta, { usage: 'npm run audit -- [--verbose]' }, async () => {
  const env = { PATH: `${TOOLS}/bin${delimiter}${process.env.PATH}` };
  await setupNodeModules();
  await step(`cargo-deny ${CARGO_DENY}`, async () => {
    if ((await ask('cargo-deny', ['--version'], env))?.endsWith(CARGO_DENY)) return UP_TO_DATE;
    const install = [
      'install',
      'cargo-deny',
      '--version',
      CARGO_DENY,
      '--locked',
      '--debug',
      '--root',
      TOOLS,
    ];
    return run('cargo', install, { timeout: 1_200_000 });
  });
  /** @type {string[]} */
  const failed = [];
  /** @param {string} name @param {string} program @param {string[]} args @param {string} mend */
  const question = async (name, program, args, mend) => {
    try {
      await step(name, () => run(program, args, { env, mend }));
    } catch (error) {
      printError(error);
      failed.push(name);
    }
  };
  for (const manifest of MANIFESTS) {
    const deny = ['--manifest-path', manifest, '--config', 'deny.toml', 'check'];
    const what = ['licenses', 'bans', 'sources'];
    await question(`${what.join(', ')}: ${manifest}`, 'cargo-deny', [...deny, ...what], 'see deny.toml');
    await question(`advisories: ${manifest}`, 'cargo-deny', [...deny, 'advisories'], 'cargo update');
  }
  await question('advisories: package-lock.json', 'npm', ['audit'], 'npm update');
  if (failed.length > 0) throw new StepError(`audit: ${failed.join(', ')}`);
});
