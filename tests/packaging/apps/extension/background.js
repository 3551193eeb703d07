/** The service worker, which may not import while it runs: everything is in its one file. */

import { programs } from './src/all.js';

globalThis.run = (name, url) => programs[name].run(url);
