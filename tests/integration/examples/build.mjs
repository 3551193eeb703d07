/**
 * Builds the example apps of www/examples. In: the packed package and what the apps' lock files name. Out: the folders
 * of the built apps, by name. They are built for development, where React's StrictMode mounts everything twice.
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
