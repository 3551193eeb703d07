// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const repository = 'https://github.com/eventsource-wasm/eventsource-wasm';

/** The path on GitHub Pages; DOCS_BASE=/ for a domain of its own. */
const base = process.env.DOCS_BASE ?? '/eventsource-wasm/';

/** The reference's pages, which TypeDoc has listed. */
const list = new URL('../reference/typedoc-sidebar.json', import.meta.url);
const reference = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
for (const item of reference) item.collapsed = false;

/** The words of a text, and of names such as `idleTimeout` also their parts. @param {string} text */
function tokenize(text) {
  const split = (/** @type {string} */ from) => from.split(/[\n\r\p{Z}\p{P}]+/u);
  const parted = text.replace(/([a-z])([A-Z])/g, '$1 $2');
  return parted === text ? split(text) : [...split(text), ...split(parted)];
}

export default defineConfig({
  title: 'eventsource-wasm',
  description: 'Server-sent events over fetch: EventSource with POST, headers, retries and errors',
  lang: 'en',
  base,
  head: [['link', { rel: 'icon', href: `${base}icon.svg` }]],
  cleanUrls: true,
  lastUpdated: false,
  srcExclude: ['node_modules/**', 'README.md'],
  markdown: { lineNumbers: false },
  transformPageData(page) {
    // Its sources are in src/shim.
    if (page.filePath.startsWith('reference/')) page.frontmatter.editLink = false;
  },
  themeConfig: {
    search: { provider: 'local', options: { miniSearch: { options: { tokenize } } } },
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: { pattern: `${repository}/edit/main/docs/:path` },
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'API', link: '/api' },
      { text: 'Reference', link: '/reference/' },
      { text: 'Playground', link: '/playground/', target: '_self' },
    ],
    sidebar: {
      '/reference/': reference,
      '/': [
        {
          text: 'Guide',
          items: [
            { text: 'Getting started', link: '/getting-started' },
            { text: 'API', link: '/api' },
            { text: 'Migrating', link: '/migrating' },
          ],
        },
        {
          text: 'Recipes',
          items: [
            { text: 'Streaming LLM responses', link: '/llm' },
            { text: 'React, Vue, Svelte, Angular', link: '/frameworks' },
            { text: 'Auth, resume, CSP and more', link: '/recipes' },
            { text: 'One connection for all tabs', link: '/shared' },
            { text: 'Testing', link: '/testing' },
          ],
        },
        {
          text: 'Facts',
          items: [
            { text: 'Compatibility', link: '/compatibility' },
            { text: 'Performance', link: '/performance' },
            { text: 'Reliability', link: '/reliability' },
            { text: 'Conformance', link: '/conformance' },
            { text: 'Problems of other clients', link: '/complaints' },
          ],
        },
        {
          text: 'Internals',
          items: [
            { text: 'One event, one task', link: '/tasks' },
            { text: 'Architecture', link: `${repository}/blob/main/ARCHITECTURE.md` },
          ],
        },
      ],
    },
  },
});
