'use strict';
// mocha's own spec reporter for people, and its counts in a file for scripts/test.ts.
const { writeFileSync } = require('node:fs');
const { Runner, reporters } = require('mocha');

module.exports = class TestReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const pending = [];
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => pending.push({ fullTitle: test.fullTitle() }));
    runner.on(Runner.constants.EVENT_RUN_END, () => {
      writeFileSync(options.reporterOption.output, JSON.stringify({ stats: this.stats, pending }));
    });
  }
};
