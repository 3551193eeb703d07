/** Tests the built entry points of the package. */

import { expect } from 'chai';
import { EventSource } from 'eventsource-wasm';
import { next, using } from '../../conformance/conformance-test.js';
import { Scenario } from '../../support/server/scenario.js';
import { globalScript, isWasm2js, runGlobalScript } from './global-script.js';

/** Web IDL's property attributes of interface objects. */
const propertyOfTheGlobal = { writable: true, enumerable: false, configurable: true };

describe('entries', () => {
  it('the classic script sets a working global EventSource synchronously', async () => {
    const { EventSource: Global, descriptor } = await runGlobalScript();
    expect(descriptor).to.deep.equal({ value: Global, ...propertyOfTheGlobal });
    expect(Global).not.to.equal(EventSource);
    expect(Global.name).to.equal('EventSource');
    const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
    await using(new Global(scenario.url), async (source) => {
      expect((await next(source, 'message')).data).to.equal('x');
    });
  });

  it('eventsource-wasm/polyfill sets the class that eventsource-wasm exports', async () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, 'EventSource');
    await import('eventsource-wasm/polyfill');
    try {
      const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'EventSource');
      expect(descriptor).to.deep.equal({ value: EventSource, ...propertyOfTheGlobal });
    } finally {
      if (before) Object.defineProperty(globalThis, 'EventSource', before);
    }
  });

  it('the module is compiled once, at first use, for all objects', async () => {
    const { WebAssembly } = globalThis;
    let compiled = 0;
    class Module extends WebAssembly.Module {
      constructor(bytes: BufferSource) {
        super(bytes);
        compiled++;
      }
    }
    globalThis.WebAssembly = Object.assign(Object.create(WebAssembly), { Module });
    try {
      const { EventSource: Fresh } = await runGlobalScript();
      expect(compiled).to.equal(0);
      const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
      const sources = Array.from({ length: 3 }, () => new Fresh(scenario.url));
      await Promise.all(sources.map((source) => next(source, 'message')));
      for (const source of sources) source.close();
      expect(compiled).to.equal(isWasm2js ? 0 : 1);
    } finally {
      globalThis.WebAssembly = WebAssembly;
    }
  });

  it('the module is compiled asynchronously if synchronous compilation is refused', async () => {
    const { WebAssembly } = globalThis;
    let refused = 0;
    class Module {
      constructor() {
        refused++;
        throw new RangeError('WebAssembly.Compile is disallowed on the main thread');
      }
    }
    globalThis.WebAssembly = Object.assign(Object.create(WebAssembly), { Module });
    try {
      const { EventSource: Fresh } = await runGlobalScript();
      const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
      const source = new Fresh(scenario.url);
      expect((await next(source, 'message')).data).to.equal('x');
      source.close();
      expect(refused).to.equal(isWasm2js ? 0 : 1);
    } finally {
      globalThis.WebAssembly = WebAssembly;
    }
  });

  // Other runtimes load the ES modules with `require`, or have no `require`.
  const { process, navigator } = globalThis as {
    process?: NodeJS.Process;
    navigator?: { userAgent?: string };
  };
  const isNode = process?.release?.name === 'node' && /^Node/.test(navigator?.userAgent ?? 'Node');
  if (isNode) {
    for (const form of ['', 'slim/', 'js/']) {
      it(`dist/cjs/${form}: the CommonJS entries share one class, and it works`, async () => {
        // In a variable, so that the bundler for browsers doesn't resolve it.
        const name = 'node:module';
        const { createRequire } = await import(name);
        const require = createRequire(`${process.cwd()}/`);
        const before = Object.getOwnPropertyDescriptor(globalThis, 'EventSource');
        const { EventSource: Class } = require(`./dist/cjs/${form}index.js`);
        require(`./dist/cjs/${form}polyfill.js`);
        try {
          expect(globalThis.EventSource).to.equal(Class);
        } finally {
          if (before) Object.defineProperty(globalThis, 'EventSource', before);
          else Reflect.deleteProperty(globalThis, 'EventSource');
        }
        const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
        await using(new Class(scenario.url) as EventSource, async (source) => {
          expect((await next(source, 'message')).data).to.equal('x');
        });
        const { events } = require(`./dist/cjs/${form}stream.js`);
        for await (const { data } of events(scenario.url)) {
          expect(data).to.equal('x');
          break;
        }
      });
    }
  }

  // Only browsers have classic workers.
  if ('document' in globalThis) {
    it('the classic script works in a worker with importScripts', async () => {
      const scenario = await Scenario.of({ steps: ['data: x\n\n', { end: 'hang' }] });
      const program = `
        importScripts(${JSON.stringify(new URL(`/${globalScript}`, location.href).href)});
        const source = new EventSource(${JSON.stringify(scenario.url)}, { method: 'POST', body: 'from a worker' });
        source.onmessage = ({ data }) => { source.close(); postMessage(data); };
        source.onerror = ({ message }) => postMessage(message);
      `;
      const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
      const worker = new Worker(url);
      try {
        expect((await next(worker, 'message')).data).to.equal('x');
        expect((await scenario.requests())[0]).to.include({ method: 'POST', body: 'from a worker' });
      } finally {
        worker.terminate();
        URL.revokeObjectURL(url);
      }
    });
  }
});
