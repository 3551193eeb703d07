/** Bundled into each file of tests: says which of them needed a second try. */

// The pages and workers of the conformance tests have no mocha.
if ('afterEach' in globalThis) {
  afterEach(function () {
    const { _currentRetry: tries } = this.currentTest as unknown as { _currentRetry: number };
    if (tries > 0) console.log(`a second try: ${this.currentTest?.fullTitle()}`);
  });
}
