/** The conformance tests against ours. */

import { EventSource } from 'eventsource-wasm';
import type { EventSourceClass } from '../conformance/conformance-test.js';
import { connectingTests } from '../conformance/connecting.js';
import { interfaceTests } from '../conformance/interface.js';
import { parsingTests } from '../conformance/parsing.js';

describe('the standard', () => {
  for (const { name, run } of [...interfaceTests, ...connectingTests, ...parsingTests]) {
    it(name, () => run(EventSource as unknown as EventSourceClass));
  }
});
