/** The result of a run of tests. */
export interface Counts {
  passed: number;
  failed: number;
  /** The title of each failed test, and the first lines of its error. */
  failures: string[];
  /** In words, what was not run and how to have it run. */
  skipped: string[];
}

/** Most lines of an error that are shown at the end of a run. */
const ERROR_LINES = 6;

/** A failed test in a few lines, as the end of a run shows it. */
export function failureText(title: string, error: string): string {
  return [title, ...error.split('\n').slice(0, ERROR_LINES)].join('\n    ');
}

/**
 * Prints the failed tests of a run once more, because they are far above in the output, and the
 * closing line `N passed, N failed[, N skipped]`. Sets the exit code. Where CI is set, a skipped
 * test is a failure.
 */
export function closeWith(parts: Counts[]): void {
  const skipped = parts.flatMap((part) => part.skipped);
  for (const one of skipped) console.log(`skipped: ${one}`);
  for (const one of parts.flatMap((part) => part.failures)) console.log(`failed: ${one}`);
  const inCi = process.env.CI === 'true';
  const passed = parts.reduce((sum, part) => sum + part.passed, 0);
  const failed = parts.reduce((sum, part) => sum + part.failed, 0) + (inCi ? skipped.length : 0);
  console.log(`${passed} passed, ${failed} failed${inCi || skipped.length === 0 ? '' : `, ${skipped.length} skipped`}`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
