/** Sets the globals that mocha's browser build and the tests expect outside of Node. */

Object.assign(globalThis, { location: { search: '' } });
Reflect.deleteProperty(globalThis, 'process');
