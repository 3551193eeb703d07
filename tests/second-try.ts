/** Bundled into each file of tests: says which of them needed a second try. */

declare const afterEach: Mocha.HookFunction | undefined;

// The pages and workers of the conformance tests have no mocha.
if (typeof afterEach === 'function') {
  afterEach(function () {
    const { currentTest } = this;
    const { _currentRetry: tries } = currentTest as unknown as { _currentRetry?: number };
    if (tries) console.log(`a second try: ${currentTest?.fullTitle()}`);
  });
}
