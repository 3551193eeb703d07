/** Extracts the code samples of README.md and docs/*.md. */

import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

export interface Sample {
  /** The sample's location, such as `docs/llm.md:12`. */
  place: string;
  /** The sample's file name. */
  name: string;
  language: 'js' | 'jsx' | 'ts' | 'tsx';
  code: string;
  /** Why it can't run here: `no-run: …` in the fence, or a test file, which `npm run test:packaging` runs. */
  notRun: string | undefined;
}

/** The documents with code for users, relative to the repository. */
export const documents = (): string[] => [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const FENCE = /^```(\S+)([^\n]*)\n([\s\S]*?)^```$/gm;
const languages = ['js', 'jsx', 'ts', 'tsx'] as const;

export function samplesIn(path: string): Sample[] {
  const text = readFileSync(path, 'utf8');
  const samples: Sample[] = [];
  for (const { index, 1: fence = '', 2: info = '', 3: body = '' } of text.matchAll(FENCE)) {
    const line = text.slice(0, index).split('\n').length;
    // Only scripts of components are checked; tests/integration/examples compiles whole components.
    const script = /<script(?: setup)?>\n([\s\S]*?)<\/script>/.exec(body)?.[1];
    const isComponent = fence === 'vue' || fence === 'svelte';
    const language = languages.find((name) => name === (isComponent ? 'js' : fence));
    if (!language) continue;
    const isTest = /^\/\/ \S+\.test\.[jt]s\n/.test(body);
    samples.push({
      place: `${path}:${line}`,
      name: `${basename(path, '.md')}-${line}.${language}`,
      language,
      code: isComponent ? (script ?? '') : body,
      notRun:
        /no-run: (.+)/.exec(info)?.[1] ??
        (isComponent || /x$/.test(language) ? 'a component' : isTest ? 'a test file' : undefined),
    });
  }
  return samples;
}
