/** What mocha's build for browsers, and tests that take what isn't Node for a browser, look for. */

Object.assign(globalThis, { location: { search: '' } });
Reflect.deleteProperty(globalThis, 'process');
