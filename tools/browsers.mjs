/** Finds the browsers of the tests, and installs them on Debian. */
// @ts-check
import { existsSync } from 'node:fs';
import { command, printError, StepError, step } from './run.mjs';
import { aptInstall, onPath } from './system.mjs';

/**
 * @typedef {object} Browser
 * @property {string} name
 * @property {string} executable
 * @property {string} [driver] the WebDriver server that starts it
 * @property {string} [display] the X server that it needs
 */

/** @typedef {{ variable: string, executables: string[], drivers?: string[], display?: string, packages: string[] }} Places */

/** Where to find each browser: an environment variable, paths, and Debian packages. @type {Record<string, Places>} */
const BROWSERS = {
  chromium: {
    variable: 'CHROME_PATH',
    executables: [
      '/usr/bin/chromium',
      ...onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'),
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
    packages: ['chromium'],
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    executables: [
      '/usr/bin/firefox-esr',
      ...onPath('firefox-esr', 'firefox'),
      '/Applications/Firefox.app/Contents/MacOS/firefox',
    ],
    packages: ['firefox-esr'],
  },
  webkitgtk: {
    variable: 'MINIBROWSER_PATH',
    executables: ['4.1', '6.0', '4.0'].flatMap((version) => [
      `/usr/lib/x86_64-linux-gnu/webkit2gtk-${version}/MiniBrowser`,
      `/usr/lib/aarch64-linux-gnu/webkit2gtk-${version}/MiniBrowser`,
      `/usr/libexec/webkit2gtk-${version}/MiniBrowser`,
    ]),
    drivers: onPath('WebKitWebDriver'),
    display: 'Xvfb',
    packages: ['webkit2gtk-driver', 'xvfb'],
  },
  wpe: {
    variable: 'COG_PATH',
    executables: onPath('cog'),
    drivers: onPath('WPEWebDriver'),
    packages: ['wpewebkit-driver', 'cog', 'libwpebackend-fdo-1.0-1'],
  },
  'headless shell': {
    variable: 'CHROME_PATH',
    executables: onPath('chromium-headless-shell', 'chrome-headless-shell'),
    packages: ['chromium-headless-shell'],
  },
};

export const BROWSER_NAMES = ['chromium', 'firefox', 'webkitgtk', 'wpe'];

/** The Chromium for the tests: CHROME_PATH, an installed one, or Debian's package. */
export const setupChromium = async () => (await setupBrowser('chromium')).executable;

/**
 * Chromium's headless shell, for tests of pages: a page opens in an eighth of the time that it takes in Chromium.
 * Returns Chromium if the shell can't be installed.
 */
export async function setupHeadlessShell() {
  try {
    return (await setupBrowser('headless shell')).executable;
  } catch (error) {
    printError(error);
    console.log('--  browser: Chromium instead of its headless shell');
    return setupChromium();
  }
}

/** @type {Map<string, Promise<Browser>>} */
const browsers = new Map();

/**
 * A browser for the tests: the path in its variable, an installed one, or Debian's package.
 * @param {string} name
 */
export function setupBrowser(name) {
  const browser = browsers.get(name) ?? findBrowser(name);
  browsers.set(name, browser);
  return browser;
}

/** @param {string} name @returns {Promise<Browser>} */
async function findBrowser(name) {
  const known = BROWSERS[name];
  if (!known) throw new Error(`no browser is called ${name}`);
  const { variable, packages } = known;
  const set = process.env[variable];
  if (set && !existsSync(set)) {
    throw new StepError(`${variable} is ${set}, which doesn't exist`, { fix: `unset ${variable}` });
  }
  const found = installedBrowser(name, known);
  if (found) return found;
  await step(`browser: ${name}`, () => aptInstall(packages));
  const installed = installedBrowser(name, known);
  if (installed) return installed;
  throw new StepError(`${packages.join(', ')} were installed but ${name} is not where it is looked for`, {
    fix: `export ${variable}=<its path>`,
  });
}

/** @param {string} name @param {Places} places @returns {Browser | undefined} */
function installedBrowser(name, { variable, executables, drivers, display }) {
  const executable = process.env[variable] || executables.find(existsSync);
  const driver = drivers?.find(existsSync);
  const server = display && onPath(display).find(existsSync);
  if (!executable || (drivers && !driver) || (display && !server)) return undefined;
  return { name, executable, ...(driver && { driver }), ...(server && { display: server }) };
}

command(import.meta, { usage: 'node tools/browsers.mjs [--verbose]' }, async () => {
  for (const name of BROWSER_NAMES) console.log(`--  ${name}: ${(await setupBrowser(name)).executable}`);
});
