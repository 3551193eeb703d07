/**
 * Installs and builds the example apps of www/examples with the packed package. Returns the folders of the built apps.
 * These are development builds, in which React's StrictMode mounts everything twice.
 */
// @ts-check
import { readdirSync } from 'node:fs';
import { step } from '../../../tools/run.mjs';
import { installApp, tool } from '../../packaging/install.mjs';

const EXAMPLES = 'www/examples';

export async function buildExamples() {
  /** @type {Record<string, string>} */
  const folders = {};
  for (const entry of readdirSync(EXAMPLES, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = await installApp(entry.name, `${EXAMPLES}/${entry.name}`);
    await step(`${entry.name}: build`, () =>
      tool(folder, 'vite', ['build', '--mode', 'development'], { NODE_ENV: 'development' }),
    );
    folders[entry.name] = `${folder}/dist`;
  }
  return folders;
}
