/** Every link of the documents leads to a file, a page or a heading that exists. No network is asked. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';

const REPOSITORY = 'https://github.com/eventsource-wasm/eventsource-wasm';
const SITE = 'https://eventsource-wasm.github.io/eventsource-wasm/';

const documents = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Without code, where brackets mean something else. */
const proseOf = (path: string) =>
  readFileSync(path, 'utf8')
    .replace(/^```[\s\S]*?^```$/gm, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ' '));

/** The fragment of a heading, as GitHub and VitePress make it. */
const toFragment = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replace(/ /g, '-');

const fragmentsOf = (path: string) =>
  [
    ...readFileSync(path, 'utf8')
      .replace(/^```[\s\S]*?^```$/gm, '')
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, heading]) => toFragment(`${heading}`));

/** The file that a link leads to; `undefined` if it leads elsewhere. */
function fileOf(from: string, link: string): string | undefined {
  if (link === '') return from;
  if (link.startsWith(`${REPOSITORY}/`)) {
    return link.slice(REPOSITORY.length + 1).replace(/^(blob|tree|edit)\/main\//, '');
  }
  if (link.startsWith(SITE)) {
    const page = link.slice(SITE.length);
    // Made by TypeDoc, and by npm run build:www.
    if (page.startsWith('reference/')) return 'docs/typedoc.json';
    if (page === 'playground/') return 'www/app/index.html';
    return `docs/${page === '' ? 'index' : page}.md`;
  }
  if (/^[a-z]+:/.test(link)) return undefined;
  return normalize(join(dirname(from), link));
}

describe('links of the docs', () => {
  for (const path of documents) {
    it(`of ${path} lead somewhere`, () => {
      const dead: string[] = [];
      for (const [, target = ''] of proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)) {
        const [link = '', fragment] = target.split('#');
        const file = fileOf(path, link);
        if (file === undefined) continue;
        // The site has the pages of docs/ and nothing else of the repository.
        const leavesSite = path.startsWith('docs/') && !file.startsWith('docs/') && !/^https:/.test(link);
        const isDead =
          leavesSite ||
          !existsSync(file) ||
          (fragment !== undefined && file.endsWith('.md') && !fragmentsOf(file).includes(fragment));
        if (isDead) dead.push(target);
      }
      expect(dead).to.deep.equal([]);
    });
  }

  it('and the paths that they name exist', () => {
    const missing: string[] = [];
    for (const path of documents) {
      for (const [, named = ''] of readFileSync(path, 'utf8').matchAll(
        /`((?:src|tests|tools|bench|www|fuzz|docs|\.github)\/[\w./-]*)`/g,
      )) {
        const isOutput =
          /^(?:www\/dist|docs\/\.vitepress\/dist|bench\/report|src\/shim\/wasm\/generated)\b/.test(named);
        if (!isOutput && !existsSync(named)) missing.push(`${path}: ${named}`);
      }
    }
    expect(missing).to.deep.equal([]);
  });

  it('and the commands that they name exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const commands = documents.flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name),
    );
    expect(commands).to.have.length.above(20);
    expect(commands.filter((name) => !(name in scripts))).to.deep.equal([]);
  });

  it('of the README are absolute: npm shows it without the repository', () => {
    const links = [...proseOf('README.md').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links).to.have.length.above(15);
    expect(links.filter((link) => !/^(https:|#)/.test(link))).to.deep.equal([]);
  });
});
