/** Bundled into each test file: logs the tests that passed or failed on a retry. */

// The pages and workers of the conformance tests have no mocha.
if ('afterEach' in globalThis) {
  afterEach(function () {
    const { _currentRetry: tries } = this.currentTest as unknown as { _currentRetry: number };
    if (tries > 0) console.log(`a second try: ${this.currentTest?.fullTitle()}`);
  });
}
