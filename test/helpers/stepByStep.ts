/**
 * Makes the tests of a suite steps of one way: after a step that failed, the others are not run,
 * and each is counted as skipped.
 *
 * Mocha's own `bail` would leave them out of every count, and also for a failure in another file.
 */
export function stepByStep(suite: Mocha.Suite): void {
  let failed: string | undefined;
  suite.beforeEach(function () {
    if (failed === undefined) return;
    if (this.currentTest) this.currentTest.title += ` (skipped: the step "${failed}" failed)`;
    this.skip();
  });
  suite.afterEach(function () {
    if (this.currentTest?.isFailed()) failed ??= this.currentTest.title;
  });
}
