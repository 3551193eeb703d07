import puppeteer from 'puppeteer-core'; import { readdirSync, readFileSync } from 'node:fs';
const [prefix, width, columns, from = '0', to = '99'] = process.argv.slice(2);
const files = readdirSync('/tmp/features/shots').filter((f) => f.startsWith(prefix) && !f.startsWith('sheet')).slice(from, to);
const browser = await puppeteer.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage(); await page.setViewport({ width: width * columns + 20, height: 600 });
await page.setContent(`<body style="margin:4px;display:grid;grid-template-columns:repeat(${columns},1fr);gap:6px;background:#888;font:11px sans-serif">` + files.map((f) => `<figure style="margin:0"><figcaption>${f}</figcaption><img style="width:100%" src="data:image/png;base64,${readFileSync('/tmp/features/shots/' + f).toString('base64')}"></figure>`).join(''));
await page.screenshot({ path: `/tmp/features/shots/sheet-${prefix}-${from}.png`, fullPage: true }); await browser.close();
