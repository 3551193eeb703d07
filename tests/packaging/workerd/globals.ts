/** What mocha's build for browsers looks for in the page's address. */

Object.assign(globalThis, { location: { search: '' } });
