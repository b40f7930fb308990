'use strict';
// mocha's own spec reporter for people, its counts in a file for scripts/test.ts, and the files
// that take the longest, because the whole run has a bound.
const { writeFileSync } = require('node:fs');
const { relative } = require('node:path');
const { Runner, reporters } = require('mocha');

/** Most files that are printed, and the least time that a printed one takes, milliseconds. */
const SLOWEST = 12;
const SLOW_MS = 10_000;

module.exports = class TestReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Runner.constants;
    const pending = [];
    const failures = [];
    /** Milliseconds by file. */
    const times = new Map();
    let begun = 0;
    runner.on(EVENT_TEST_PENDING, (test) => pending.push({ fullTitle: test.fullTitle() }));
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      const file = relative(process.cwd(), test.file ?? '');
      failures.push({ file, fullTitle: test.fullTitle(), error: String(error?.stack ?? error) });
    });
    runner.on(EVENT_SUITE_BEGIN, (suite) => {
      if (suite.parent?.root) begun = performance.now();
    });
    runner.on(EVENT_SUITE_END, (suite) => {
      if (!suite.parent?.root) return;
      const file = relative(process.cwd(), suite.file ?? '');
      times.set(file, (times.get(file) ?? 0) + performance.now() - begun);
    });
    runner.on(EVENT_RUN_END, () => {
      for (const line of slowest(times)) console.log(line);
      writeFileSync(options.reporterOption.output, JSON.stringify({ stats: this.stats, pending, failures }));
    });
  }
};

function slowest(times) {
  const slow = [...times].filter(([, ms]) => ms >= SLOW_MS).sort((a, b) => b[1] - a[1]);
  const sum = [...times.values()].reduce((all, ms) => all + ms, 0);
  return [
    `${(sum / 1000).toFixed(0)} s in ${times.size} files; the slowest:`,
    ...slow.slice(0, SLOWEST).map(([file, ms]) => `  ${(ms / 1000).toFixed(0).padStart(4)} s  ${file}`),
    '',
  ].slice(slow.length === 0 ? 3 : 0);
}
