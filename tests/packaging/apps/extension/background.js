/** The service worker. It can't use dynamic imports, so it is one file. */

import { programs } from './src/all.js';

globalThis.run = (name, url) => programs[name].run(url);
