import { createServer } from 'node:http'; import { readFile } from 'node:fs/promises'; import { extname, join } from 'node:path';
import puppeteer from 'puppeteer-core';
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.txt': 'text/plain' };
const server = createServer(async (q, r) => { const p = new URL(q.url, 'http://x').pathname; const f = join('/work/features/www/dist', p.endsWith('/') ? p + 'index.html' : p); try { const b = await readFile(f); r.writeHead(200, { 'content-type': types[extname(f)] ?? 'application/octet-stream' }); r.end(b); } catch { r.writeHead(404).end(); } }).listen(0, '127.0.0.1');
await new Promise((r) => server.once('listening', r));
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await puppeteer.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const t = (n) => `[data-testid="${n}"]`;
const sizes = { desktop: [1280, 800], phone: [390, 844], landscape: [844, 390], tiny: [320, 568] };
const only = process.argv[2]?.split(',');
for (const theme of ['light', 'dark']) for (const [size, [width, height]] of Object.entries(sizes)) {
  if (only && !only.includes(size)) continue;
  if (theme === 'dark' && !['desktop', 'phone'].includes(size)) continue;
  const context = await browser.createBrowserContext(); const page = await context.newPage();
  await page.setViewport({ width, height, deviceScaleFactor: 1 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  const shot = (n) => page.screenshot({ path: `/tmp/features/shots/${size}-${theme}-${n}.png` });
  const wait = (ms) => new Promise((r) => setTimeout(r, ms));
  await page.goto(origin + '/'); await page.waitForSelector(t('sample-alice')); await wait(200); await shot('chat-idle');
  await page.click(t('sample-alice')).catch(() => {}); 
  if (await page.$eval(t('send'), (b) => !b.hidden && !b.disabled)) await page.click(t('send')).catch(() => {});
  await wait(1500); await shot('chat-streaming');
  await page.click(t('stop')).catch(() => {}); await wait(300); await shot('chat-stopped');
  if (width < 900) { await page.click('#chat ' + t('live-more')).catch(() => {}); await wait(200); await shot('chat-live'); await page.click('#chat ' + t('live-more')).catch(() => {}); await page.click(t('chat-options')).catch(() => {}); await wait(200); await shot('chat-options'); await page.click(t('chat-options')).catch(() => {}); }
  await page.select(t('fault'), 'cut').catch(() => {}); await page.type(t('prompt'), 'Tell me more'); await page.click(t('send')).catch(() => {}); await wait(1500); await shot('chat-cut');
  await page.select(t('fault'), '429').catch(() => {}); await page.type(t('prompt'), 'And more'); await page.click(t('send')).catch(() => {}); await wait(800); await shot('chat-429');
  await page.select(t('fault'), '').catch(() => {}); await page.select(t('model'), 'masnavi').catch(() => {}); await page.type(t('prompt'), 'Persian'); await page.click(t('send')).catch(() => {}); await wait(1500); await page.click(t('stop')).catch(() => {}); await shot('chat-rtl');
  await page.click(t('settings-open')).catch(() => {}); await wait(200); await shot('settings'); await page.keyboard.press('Escape');
  await page.click(t('tab-feed')); await wait(200); await shot('feed-idle');
  await page.click(t('feed-connect')); await wait(2500); await shot('feed-open');
  await page.click(t('feed-options')); await wait(200); await shot('feed-options'); await page.click(t('feed-options'));
  await page.click(t('feed-close')).catch(() => {}); await wait(200); await shot('feed-closed');
  if (process.argv[3]) { await context.close(); continue; } for (const ex of await page.$$eval('#feed-example option', (o) => o.map((x) => x.value))) { await page.select(t('feed-example'), ex); await page.click(t('feed-connect')).catch(() => {}); await wait(900); await shot('feed-ex-' + (ex || 'none')); await page.click(t('feed-close')).catch(() => {}); }
  await page.$eval(t('feed-url'), (e) => { e.value = 'htp:/nonsense'; e.dispatchEvent(new Event('input', { bubbles: true })); }); await page.click(t('feed-connect')).catch(() => {}); await wait(400); await shot('feed-nonsense');
  await page.click(t('tab-wire')); await wait(300); await shot('wire');
  await page.click(t('wire-expand')); await wait(200); await shot('wire-expanded');
  await page.type(t('wire-filter'), 'price'); await page.click(t('wire-pause')).catch(() => {}); await wait(300); await shot('wire-filtered');
  await page.click(t('wire-clear')).catch(() => {}); await wait(200); await shot('wire-empty');
  await context.close(); console.log(theme, size);
}
await browser.close(); server.close(); process.exit();
